"""pass@k and pass^k by their definition: over all ways to draw k trials."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.stores import DAY_S, kit

from trimtab.loop.evals import trials
from trimtab.loop.evals.repeat import pass_at, pass_hat
from trimtab.loop.store import Scope
from trimtab.vocabulary.kernel import Invalid


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.data())
def test_both_are_what_drawing_k_trials_gives(runs: list[bool], data: st.DataObject) -> None:
    k = data.draw(st.integers(1, len(runs)))
    drawn = list(combinations(runs, k))
    assert pass_at(len(runs), sum(runs), k) == pytest.approx(sum(map(any, drawn)) / len(drawn))
    assert pass_hat(len(runs), sum(runs), k) == pytest.approx(sum(map(all, drawn)) / len(drawn))


def test_tasks_without_enough_trials_say_nothing_of_k() -> None:
    with kit() as store:
        runs = {"a": "ss", "b": "sf", "c": "f", "d": "u"}
        for at, (task, outcomes) in enumerate(runs.items()):
            for trial, outcome in enumerate(outcomes):
                name = f"{task}{trial}"
                store.session(name, 100 * at + 10 * trial + 1, **{"trimtab.cohort.task": task})
                if outcome != "u":
                    store.fact(name, session=name, label="success" if outcome == "s" else "failure")
        store.clock.advance(DAY_S)
        found = trials(store.analytics, Scope(project="p"), "task", 3)
        assert {n: found[n] for n in ("tasks", "trials", "always", "never", "sometimes")} == {
            "tasks": 3,
            "trials": 5,
            "always": 1,
            "never": 1,
            "sometimes": 1,
        }
        shown = [(one["tasks"], one["pass_at"]["value"], one["pass_hat"]["value"]) for one in found["passes"]]
        assert shown == [(3, 0.5, 0.5), (2, 1.0, 0.5), (0, None, None)]
        with pytest.raises(Invalid):
            trials(store.analytics, Scope(project="p"), "task", 0)
