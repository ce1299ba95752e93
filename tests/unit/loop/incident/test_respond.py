"""What people may do about an incident, and what is said where they may not."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.routing import HOUR, MIN, T0

from trimtab.loop.incident import (
    POSSIBLE,
    By,
    Event,
    Incident,
    acknowledge,
    assign,
    date,
    declare,
    examine,
    fold,
    grade,
    measure,
    mitigate,
    note,
    pack_incident,
    reopen,
    resolve,
    suppose,
    unpack_incident,
    update,
)
from trimtab.vocabulary.kernel import Conflict, Invalid, Missing

ACTIONS: dict[str, Callable[[Incident, By, str], Event]] = {
    "acknowledge": acknowledge,
    "mitigate": mitigate,
    "resolve": resolve,
    "reopen": reopen,
}


def by(at: int = 0, happened: int | None = None, who: str = "ann") -> By:
    return By(who=who, at_ns=T0 + at, happened_ns=None if happened is None else T0 + happened)


def declared(happened: int | None = 0) -> Incident:
    return fold(None, [declare("p", by(MIN, happened), "tasks fail", "sev2", "tasks")])


def after(incident: Incident, *actions: str) -> Incident:
    for number, action in enumerate(actions):
        incident = fold(incident, [ACTIONS[action](incident, by((number + 2) * MIN), "why")])
    return incident


@pytest.mark.parametrize(
    ("steps", "status", "possible"),
    [
        ([], "open", "acknowledge, mitigate, resolve"),
        (["acknowledge"], "acknowledged", "mitigate, resolve"),
        (["acknowledge", "mitigate"], "mitigated", "resolve, reopen"),
        (["mitigate"], "mitigated", "resolve, reopen"),
        (["resolve"], "resolved", "reopen"),
        (["acknowledge", "mitigate", "resolve", "reopen"], "open", "acknowledge, mitigate, resolve"),
    ],
)
def test_each_status_allows_some_steps_and_names_them_otherwise(
    steps: list[str], status: str, possible: str
) -> None:
    incident = after(declared(), *steps)
    assert incident.status == status
    for action, act in ACTIONS.items():
        if action in possible.split(", "):
            act(incident, by(HOUR), "why")
            continue
        with pytest.raises(Conflict) as caught:
            act(incident, by(HOUR), "why")
        assert caught.value.hint == f"possible now: {possible}"
        assert status in caught.value.message


@given(st.lists(st.sampled_from(sorted(ACTIONS)), max_size=12))
def test_times_never_contradict_the_status(actions: list[str]) -> None:
    incident = declared()
    for number, action in enumerate(actions):
        if action in POSSIBLE[incident.status]:
            incident = fold(incident, [ACTIONS[action](incident, by((number + 2) * MIN), "why")])
    known = [incident.detected_ns, incident.acknowledged_ns, incident.mitigated_ns, incident.resolved_ns]
    assert (incident.resolved_ns is not None) == (incident.status == "resolved")
    assert (incident.mitigated_ns is not None) == (incident.status in {"mitigated", "resolved"})
    assert incident.status == "open" or incident.acknowledged_ns is not None
    held = [one for one in known if one is not None]
    assert held == sorted(held)
    assert unpack_incident(pack_incident(incident)) == incident


def test_the_first_acknowledgement_counts() -> None:
    incident = after(declared(), "acknowledge", "mitigate", "reopen", "acknowledge")
    assert incident.acknowledged_ns == T0 + 2 * MIN


def test_what_happened_earlier_is_recorded_as_such() -> None:
    incident = declared()
    event = mitigate(incident, by(HOUR, 30 * MIN), "rolled back")
    assert (event.at_ns, event.said) == (T0 + HOUR, {"why": "rolled back", "happened_ns": T0 + 30 * MIN})
    incident = fold(incident, [event])
    assert incident.mitigated_ns == T0 + 30 * MIN
    for wrong in (by(HOUR, 2 * HOUR), by(HOUR, 29 * MIN)):
        with pytest.raises(Invalid):
            resolve(incident, wrong)


@pytest.mark.parametrize(
    "act",
    [
        lambda at: acknowledge(at, by(HOUR, who=" ")),
        lambda at: grade(at, by(), "sev9"),
        lambda at: acknowledge(at, by(HOUR, 0)),
        lambda at: assign(at, by(), "king", "ann"),
        lambda at: update(at, by(), ""),
        lambda at: update(at, by(), "x", eta_ns=T0),
        lambda at: update(at, by(), "x", ["y"] * 51),
        lambda at: note(at, by(), " "),
        lambda at: note(at, by(), "x" * 10_001),
        lambda at: date(at, by()),
        lambda at: date(at, by(), impact_ns=T0 + 1),
        lambda at: reopen(after(at, "resolve"), by(HOUR), ""),
        lambda at: suppose(at, by(), ""),
        lambda at: declare("p", by(), "", "sev1"),
        lambda at: declare("p", by(), "x", "bad"),
        lambda at: declare("p", by(0, 1), "x", "sev1"),
        lambda at: declare("p", by(who=""), "x", "sev1"),
    ],
    ids=[f"{at}" for at in range(17)],
)
def test_what_makes_no_sense_is_refused_with_a_way_out(act: Callable[[Incident], object]) -> None:
    with pytest.raises(Invalid) as caught:
        act(declared())
    assert caught.value.hint


def test_roles_gravity_dates_and_updates_are_kept() -> None:
    incident = declared()
    for make in (
        lambda at: assign(at, by(), "commander", "Ann"),
        lambda at: assign(at, by(), "scribe", "Bo"),
        lambda at: assign(at, by(), "scribe", ""),
        lambda at: grade(at, by(), "sev1"),
        lambda at: date(at, by(), impact_ns=T0 - HOUR, first_bad_ns=T0 - 2 * HOUR),
        lambda at: update(at, by(), "1 of 8 tasks", [" roll back "], T0 + HOUR),
    ):
        incident = fold(incident, [make(incident)])
    assert (incident.roles, incident.gravity) == ({"commander": "Ann"}, "sev1")
    assert (incident.impact_ns, incident.first_bad_ns) == (T0 - HOUR, T0 - 2 * HOUR)
    told = incident.updates[0]
    assert (told.by, told.impact, told.actions, told.eta_ns) == (
        "ann",
        "1 of 8 tasks",
        ("roll back",),
        T0 + HOUR,
    )


def test_a_hypothesis_is_confirmed_or_refuted_by_evidence_only() -> None:
    incident = declared()
    incident = fold(incident, [suppose(incident, by(), "the new index")])
    with pytest.raises(Missing):
        examine(incident, by(), "h2", "refuted", "x")
    with pytest.raises(Invalid):
        examine(incident, by(), "h1", "refuted", " ")
    with pytest.raises(Invalid):
        examine(incident, by(), "h1", "sure", "x")
    with pytest.raises(Conflict) as caught:
        examine(incident, by(), "h1", "confirmed", "x")
    assert caught.value.hint == "possible now: investigating, refuted"
    for standing, evidence in (("investigating", ""), ("confirmed", "it fails on the new one only")):
        incident = fold(incident, [examine(incident, by(), "h1", standing, evidence)])
    assert incident.hypotheses[0].standing == "confirmed"
    assert incident.hypotheses[0].evidence == ("it fails on the new one only",)


def test_events_out_of_order_are_refused() -> None:
    incident = declared()
    for wrong in (replace(note(incident, by(), "x"), number=5), replace(note(incident, by(), "x"), number=1)):
        with pytest.raises(Invalid):
            fold(incident, [wrong])
    with pytest.raises(Invalid):
        fold(None, [])
    with pytest.raises(Invalid):
        fold(None, [replace(note(incident, by(), "x"), number=1)])


def test_without_incidents_there_are_no_times() -> None:
    found = measure([declared()])["mttr"]
    assert (found.n, found.without, found.median_s, found.p90_s) == (0, 1, None, None)


def test_times_are_medians_with_their_n() -> None:
    done = [
        replace(declared(), detected_ns=T0 + at * MIN, acknowledged_ns=T0 + at * MIN + 30 * 10**9,
                mitigated_ns=T0 + 2 * at * MIN, resolved_ns=T0 + 3 * at * MIN)
        for at in range(1, 11)
    ]  # fmt: skip
    backwards = replace(done[0], impact_ns=T0 + 5 * HOUR)
    found = measure([*done, declared(None), backwards])
    assert (found["mttd"].n, found["mttd"].without) == (10, 2)
    assert (found["mttd"].median_s, found["mttd"].p90_s) == (330.0, 540.0)
    assert (found["mtta"].n, found["mtta"].median_s, found["mtta"].p90_s) == (11, 30.0, 30.0)
    assert (found["mttm"].median_s, found["mttr"].p90_s) == (660.0, 1620.0)
    assert found["mttd"].low_s is not None
    assert found["mttd"].low_s < 330.0 < (found["mttd"].high_s or 0)
    assert measure(done[:3])["mttd"].low_s is None
