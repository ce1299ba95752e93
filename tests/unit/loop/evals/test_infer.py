"""What is inferred, from whose word, and when nothing is."""

from collections.abc import Generator

import orjson
import pytest
from tests.support.stores import DAY_S, Kit, kit

from trimtab.loop.evals import inference
from trimtab.loop.evals.infer import FEWEST, facts_of
from trimtab.loop.sli import built_in, report
from trimtab.loop.store import Scope


@pytest.fixture
def store() -> Generator[Kit]:
    with kit() as found:
        yield found


def sessions(store: Kit, count: int, labelled: int) -> None:
    """Sessions of which every second fails, with an error that tells so; the first have labels."""
    for number in range(count):
        failed = number % 2
        store.session(f"s{number:03}", 10 * (number + 1), **({"error.type": "Oops"} if failed else {}))
        if number < labelled:
            store.fact(f"f{number}", session=f"s{number:03}", label="failure" if failed else "success")
    store.clock.advance(DAY_S)


def test_few_labels_say_nothing_of_others(store: Kit) -> None:
    sessions(store, 10, 6)
    found = inference(store.analytics, Scope(project="p"))
    assert (found["sessions"], found["labelled"]["n"], found["labelled"]["value"]) == (10, 6, 0.5)
    assert (found["estimate"], found["quality"], found["method"]) == (None, None, "prior@1")
    assert f"needs {FEWEST}" in found["why"]
    assert (found["guess"]["n"], len(found["inferred"])) == (4, 4)
    assert "interval" not in found["guess"], "nothing of the project's own stands behind it"
    assert 0 < found["guess"]["value"] < 1
    nothing = inference(store.analytics, Scope(project="q"))
    assert (nothing["labelled"]["value"], nothing["guess"], nothing["method"]) == (None, None, "")


def test_what_shows_in_the_signals_is_inferred_and_a_judge_is_no_label(store: Kit) -> None:
    sessions(store, 70, 50)
    for number in range(50, 60):
        store.fact(f"j{number}", session=f"s{number:03}", source="judge", label="success", method="v1")
    found = inference(store.analytics, Scope(project="p"))
    assert found["labelled"]["n"] == 50
    assert found["quality"]["accuracy"] == 1.0
    assert len(found["inferred"]) == 20
    assert all((one["probability"] < 0.5) == bool(int(one["session"][1:]) % 2) for one in found["inferred"])
    assert found["estimate"]["value"] == pytest.approx(0.5, abs=0.05)
    assert found["estimate"]["weight"] > 0.2
    assert found["method"].startswith("logistic@1-")


def test_what_is_inferred_is_kept_beside_what_was_reported_and_never_over_it(store: Kit) -> None:
    sessions(store, 70, 50)
    store.session("open", 1000)
    found = inference(store.analytics, Scope(project="p"))
    facts = facts_of(found, store.clock.now_ns() / 1e9)
    assert len(found["inferred"]) == 21
    assert len(facts) == 20, "an open session is not done"
    store.take(orjson.dumps(facts), signal="facts")
    outcome = report(store.analytics, Scope(project="p"), (), [built_in()["task_success"]])["groups"][0]
    row = outcome["indicators"][0]
    assert row["value"] is None
    series = {part["method"]: part["n"] for part in row["series"]}
    assert series == {"reported": 50, f"inferred {found['method']}": 20}
    assert inference(store.analytics, Scope(project="p"))["labelled"]["n"] == 50
    store.fact("late", session=facts[0]["session"], source="app", label="success")
    assert store.analytics.rows(
        "select outcome_source from sessions where session = $s", {"s": facts[0]["session"]}
    ) == [{"outcome_source": "app"}]
