"""The catalogue is data: what comes with Trimtab is sound, what a user adds is checked before it is kept."""

from collections.abc import Generator

import pytest
from tests.support.stores import Kit, kit

from trimtab.loop.sli import add, built_in, catalogue, chosen, own, remove, report
from trimtab.loop.store import Scope
from trimtab.vocabulary.kernel import Conflict, Invalid, Missing, TrimtabError

OWN = "name: mine\nof: steps\nwhere: kind = 'tool'\ngood: not error\nbad: error\n"


@pytest.fixture
def store() -> Generator[Kit]:
    with kit() as found:
        yield found


def test_every_indicator_has_words_and_is_measured_or_says_what_it_needs(store: Kit) -> None:
    store.session("s", 1)
    listed = list(built_in().values())
    assert all(one.title and (one.shape != "none" or one.needs) for one in listed)
    found = report(store.analytics, Scope(project="p"), (), listed)["groups"][0]["indicators"]
    assert len(found) == sum(max(1, len(one.quantiles)) for one in listed)
    for shown in found:
        assert shown["health"] in {"complete", "degraded", "unavailable"}
        assert (shown["health"] == "complete") == (not shown["reasons"])
        if shown["health"] == "unavailable":
            assert shown["value"] is None


def test_what_is_slow_is_measured_only_when_it_is_named(store: Kit) -> None:
    assert {one.name for one in built_in().values() if one.slow} == {"without_retry", "without_loop"}
    assert not any(one.slow for one in chosen(built_in(), ()))
    assert [one.name for one in chosen(built_in(), ["without_loop"])] == ["without_loop"]
    with pytest.raises(Invalid, match="no indicator: nope"):
        chosen(built_in(), ["nope"])


def test_an_indicator_of_ones_own_comes_and_goes(store: Kit) -> None:
    store.session("s", 1, steps=3)
    assert add(store.state, store.analytics, "p", OWN) == ["mine"]
    add(store.state, store.analytics, "p", OWN.replace("not error", "tool <> ''"))
    assert own(store.state, "p")["mine"].good == "tool <> ''"
    assert own(store.state, "q") == {}
    found = report(store.analytics, Scope(project="p"), (), [catalogue(store.state, "p")["mine"]])
    assert found["groups"][0]["indicators"][0]["good"] == 3
    remove(store.state, "p", "mine")
    with pytest.raises(Missing):
        remove(store.state, "p", "mine")


WRONG = {
    "no YAML": ("name: [", "is not YAML"),
    "a list": ("- a", "an indicator is a mapping"),
    "nothing": ("", "holds no indicator"),
    "no name": ("of: steps\ngood: error\nbad: error", "name is missing"),
    "a bad name": ("name: Mine\nof: steps\ngood: error\nbad: error", "not a name"),
    "an unknown field": ("name: mine\nof: steps\ngut: error", "unknown field 'gut'"),
    "an unknown source": ("name: mine\nof: spans\ngood: error\nbad: error", "of is 'spans'"),
    "good alone": ("name: mine\nof: steps\ngood: error", "good and bad belong together"),
    "two ways": ("name: mine\nof: steps\ngood: error\nbad: error\nvalue: cost_nusd", "in one way"),
    "no way": ("name: mine\nof: steps", "say how it is measured"),
    "only a need": ("name: mine\nof: steps\nneeds: luck", "measures nothing"),
    "per alone": ("name: mine\nof: sessions\nper: closed", "sum and per belong together"),
    "a quantile": ("name: mine\nof: steps\nvalue: cost_nusd\nquantiles: [95]", "between 0 and 1"),
    "a number as text": ("name: mine\nof: steps\ngood: 1\nbad: error", "good is no text"),
    "a method of steps": (
        "name: mine\nof: steps\ngood: error\nbad: error\nmethod: outcome",
        "is for sessions",
    ),
    "an unknown column": ("name: mine\nof: steps\ngood: not eror\nbad: error", "eror"),
    "no condition": ("name: mine\nof: steps\ngood: error +\nbad: error", "syntax error"),
    "an open bracket": ("name: mine\nof: steps\ngood: (error\nbad: error", "not one expression"),
    "a closed bracket": ("name: mine\nof: steps\ngood: error) or (true\nbad: error", "not one expression"),
    "a comment": ("name: mine\nof: steps\ngood: error -- all\nbad: error", "not one expression"),
    "two statements": (
        "name: mine\nof: steps\ngood: error; drop table steps\nbad: error",
        "not one expression",
    ),
    "an open quote": ("name: mine\nof: steps\ngood: tool = 'x\nbad: error", "not one expression"),
    "a file": (
        "name: mine\nof: steps\ngood: exists (from read_csv('/etc/passwd'))\nbad: error",
        "read_csv is not allowed",
    ),
    "another table": ("name: mine\nof: steps\ngood: exists (from meta)\nbad: error", "no such view: meta"),
    "past the view": (
        "name: mine\nof: steps\ngood: exists (from main.steps)\nbad: error",
        "no such view: steps",
    ),
    "a setting": ("name: mine\nof: steps\ngood: current_setting('threads') = 1\nbad: error", "not allowed"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_said_and_nothing_is_kept(name: str, store: Kit) -> None:
    document, said = WRONG[name]
    with pytest.raises(TrimtabError) as error:
        add(store.state, store.analytics, "p", document)
    assert said in error.value.message
    assert error.value.hint
    assert own(store.state, "p") == {}


def test_all_of_a_file_or_nothing(store: Kit) -> None:
    with pytest.raises(Invalid):
        add(store.state, store.analytics, "p", f"{OWN}---\nname: other\nof: steps\ngood: eror\nbad: error\n")
    with pytest.raises(Conflict, match="comes with Trimtab"):
        add(store.state, store.analytics, "p", OWN.replace("mine", "task_success"))
    assert own(store.state, "p") == {}


def test_a_definition_sees_its_own_project_alone(store: Kit) -> None:
    store.session("s", 1, steps=2)
    other = store.take(store.journal.read(0, 1)[0].body, "q")
    assert other
    add(store.state, store.analytics, "p", "name: mine\nof: steps\nvalue: (select count(*) from steps)\n")
    found = report(store.analytics, Scope(project="p"), (), [own(store.state, "p")["mine"]])
    shown = found["groups"][0]["indicators"][0]
    assert (shown["n"], shown["value"]) == (2, 2.0)
