"""Each stage alone: routes, inhibition, silences, muted times, turns on call, escalation, secrets."""

import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.routing import DOCUMENT, HOUR, MIN, T0, S, alert

from trimtab.loop.alert import Silence, matches, read_matcher
from trimtab.loop.alert.pipeline import (
    Climb,
    Rotation,
    Secrets,
    check_silence,
    climb,
    due_at,
    expire,
    find_routes,
    inhibited,
    muted,
    next_handover,
    on_call,
    phase,
    read_routing,
    silenced,
)
from trimtab.vocabulary.kernel import Conflict, Invalid, Refused, Unavailable

ROUTING = read_routing(DOCUMENT)


@pytest.mark.parametrize(
    ("written", "labels", "holds"),
    [
        ("a=b", {"a": "b"}, True),
        ('a="b c"', {"a": "b c"}, True),
        ("a!=b", {}, True),
        ('a=""', {}, True),
        ("a=~b|c", {"a": "c"}, True),
        ("a=~b", {"a": "bb"}, False),
        ("a!~b.*", {"a": "bb"}, False),
        ("a=~.+", {}, False),
        ("a=~.*", {}, True),
    ],
)
def test_a_condition_holds_on_the_whole_value(written: str, labels: dict[str, str], *, holds: bool) -> None:
    assert matches([read_matcher(written)], labels) is holds


def test_no_condition_takes_long() -> None:
    start = time.monotonic()
    assert not matches([read_matcher("a=~(a+)+b")], {"a": "a" * 50_000})
    assert time.monotonic() - start < 30  # by backtracking it would never end


@pytest.mark.parametrize(
    ("labels", "receivers"),
    [
        ({}, ["chat"]),
        ({"severity": "page"}, ["pager"]),
        ({"severity": "page", "team": "data"}, ["pager"]),
        ({"severity": "ticket", "team": "search"}, ["mail chat"]),
        ({"severity": "ticket", "team": "data"}, ["mail chat", "issues"]),
    ],
)
def test_the_first_route_takes_it_and_continue_goes_on(labels: dict[str, str], receivers: list[str]) -> None:
    assert [" ".join(route.receivers) for route in find_routes(ROUTING.route, labels)] == receivers


def test_a_page_silences_tickets_of_the_same_objective() -> None:
    page = alert("Fast", severity="page")
    assert inhibited(ROUTING.inhibitions, alert(), [page]) == page.fingerprint
    assert inhibited(ROUTING.inhibitions, alert(objective="other"), [page]) == ""
    assert inhibited(ROUTING.inhibitions, page, [page]) == ""


def test_a_missing_label_equals_an_empty_one() -> None:
    page = alert("Fast", severity="page", tenant="")
    assert inhibited(ROUTING.inhibitions, alert(), [page])
    assert inhibited(ROUTING.inhibitions, alert(tenant="x"), [page]) == ""


def test_another_project_silences_nothing() -> None:
    page = replace(alert("Fast", severity="page"), project="q")
    assert inhibited(ROUTING.inhibitions, alert(), [page]) == ""


def test_what_matches_both_sides_silences_neither_itself_nor_its_like() -> None:
    text = DOCUMENT.replace('source_matchers: [severity="page"]', "source_matchers: [alertname=~.+]")
    rules = read_routing(text).inhibitions
    one, other, page = alert("A"), alert("B"), alert("C", severity="page")
    assert inhibited(rules, one, [one, other]) == ""
    assert inhibited(rules, one, [one, page]) == page.fingerprint


def silence(**values: object) -> Silence:
    made = Silence(
        id="s", project="p", matchers=(read_matcher("alertname=Burn"),), starts_ns=T0, ends_ns=T0 + HOUR,
        author="ann", comment="a new index",
    )  # fmt: skip
    return replace(made, **values)


def test_a_silence_holds_between_its_times_for_its_project() -> None:
    held = silence()
    assert [silenced([held], alert(), T0 + at) for at in (-1, 0, HOUR - 1, HOUR)] == ["", "s", "s", ""]
    assert silenced([held], replace(alert(), project="q"), T0) == ""
    assert silenced([held], alert("Other"), T0) == ""
    assert [phase(held, T0 + at) for at in (-1, 0, HOUR)] == ["pending", "active", "expired"]


def test_a_silence_ends_when_it_is_told_to_and_only_once() -> None:
    ended = expire(silence(), T0 + MIN)
    assert (ended.ends_ns, silenced([ended], alert(), T0 + MIN)) == (T0 + MIN, "")
    with pytest.raises(Conflict):
        expire(ended, T0 + MIN)
    assert expire(silence(), T0 - MIN).starts_ns == T0 - MIN


@pytest.mark.parametrize(
    "values",
    [
        {"matchers": ()},
        {"matchers": (read_matcher("a=~.*"),)},
        {"ends_ns": T0},
        {"author": " "},
        {"comment": ""},
    ],
)
def test_a_silence_over_everything_or_of_nobody_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(Invalid):
        check_silence(silence(**values))
    assert check_silence(silence()) == silence()


INTERVALS = """
time_intervals:
  - name: weekend
    time_intervals:
      - times: [{start_time: 17:00, end_time: '24:00'}, {start_time: '00:00', end_time: '09:00'}]
        weekdays: ["monday:friday"]
        location: America/New_York
      - {days_of_month: ["-1", "1:2"], months: ["january:march", "12"], years: ["2026:2027"]}
"""


@pytest.mark.parametrize(
    ("at", "silent"),
    [
        ("2026-01-05T22:00", True),  # 17:00 in New York
        ("2026-01-05T21:59", False),
        ("2026-07-06T21:00", True),  # 17:00 there in summer
        ("2026-07-06T20:59", False),
        ("2026-07-06T13:00", False),
        ("2026-07-11T23:00", False),  # a Saturday
        ("2026-02-28T12:00", True),  # the last of a short month
        ("2026-03-01T12:00", True),
        ("2026-04-01T18:00", False),
        ("2025-01-01T18:00", False),
    ],
)
def test_a_muted_time_follows_the_wall_clock(at: str, *, silent: bool) -> None:
    start = DOCUMENT.index("time_intervals:\n  - name: weekend")
    end = DOCUMENT.index("people:\n")
    routing = read_routing(DOCUMENT[:start] + INTERVALS.strip() + "\n" + DOCUMENT[end:])
    route = replace(routing.route, muted_in=("weekend",))
    assert muted(route, routing.intervals, nanos(at)) is silent
    active = replace(routing.route, active_in=("weekend",))
    assert muted(active, routing.intervals, nanos(at)) is not silent


def nanos(at: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(at).replace(tzinfo=ZoneInfo(zone)).timestamp()) * S


def rotation(**values: object) -> Rotation:
    made = Rotation(
        name="r", people=("Ann", "Bo", "Cy"), starts=datetime(2026, 3, 23, 9), shift_s=7 * 86_400.0,  # noqa: DTZ001 - on a wall
        zone="Europe/Berlin",
    )  # fmt: skip
    return replace(made, **values)


@pytest.mark.parametrize(
    ("at", "person"),
    [
        ("2026-03-23T08:59", None),
        ("2026-03-23T09:00", "Ann"),
        ("2026-03-30T08:59", "Ann"),  # the clocks went forward on the 29th
        ("2026-03-30T09:00", "Bo"),
        ("2026-04-13T09:00", "Ann"),
        ("2026-10-26T08:59", "Ann"),  # and back on the 25th of October
        ("2026-10-26T09:00", "Bo"),
    ],
)
def test_turns_change_at_the_same_hour_on_the_wall(at: str, person: str | None) -> None:
    assert on_call(rotation(), nanos(at, "Europe/Berlin")) == person


def test_the_hour_that_comes_twice_hands_over_once() -> None:
    daily = rotation(starts=datetime(2026, 10, 24, 2, 30), shift_s=86_400.0)  # noqa: DTZ001 - on a wall
    first = int(datetime(2026, 10, 25, 0, 30, tzinfo=UTC).timestamp()) * S  # 02:30 for the first time
    found = [on_call(daily, first + at) for at in (-1 * S, 0, 45 * MIN, HOUR, 23 * HOUR, 25 * HOUR)]
    assert found == ["Ann", "Bo", "Bo", "Bo", "Bo", "Cy"]


def test_a_hand_over_in_the_hour_that_a_clock_skips_comes_that_much_later() -> None:
    daily = rotation(starts=datetime(2026, 3, 28, 2, 30), shift_s=86_400.0)  # noqa: DTZ001 - on a wall
    at = {
        minute: int(datetime(2026, 3, 29, 1, minute, tzinfo=UTC).timestamp()) * S for minute in (10, 29, 30)
    }
    assert [on_call(daily, at[minute]) for minute in (10, 29, 30)] == [
        "Ann",
        "Ann",
        "Bo",
    ]  # 03:10, 03:29, 03:30
    assert next_handover(daily, at[10]) == at[30]


@given(st.integers(min_value=nanos("2026-03-24T00:00"), max_value=nanos("2028-01-01T00:00")))
def test_the_next_hand_over_is_the_next_change(now_ns: int) -> None:
    turns = rotation(shift_s=12 * 3600.0)
    change = next_handover(turns, now_ns)
    assert now_ns < change <= now_ns + 14 * HOUR
    assert on_call(turns, change - 1) == on_call(turns, now_ns) != on_call(turns, change)


def test_whoever_stands_in_is_on_call() -> None:
    text = DOCUMENT.replace(
        "    people: [Ann, Bo]\n",
        "    people: [Ann, Bo]\n    overrides:\n"
        "      - {person: Bo, starts: 2026-01-05T12:00, ends: 2026-01-06T12:00}\n"
        "      - {person: Ann, starts: 2026-01-05T13:00, ends: 2026-01-05T14:00}\n",
    )
    turns = read_routing(text).rotations["primary"]
    hours = ("11:59", "12:00", "13:00", "14:00")
    found = [on_call(turns, nanos(f"2026-01-05T{hour}", "Europe/Berlin")) for hour in hours]
    assert found == ["Ann", "Bo", "Ann", "Bo"]


def test_an_escalation_takes_its_steps_and_its_rounds() -> None:
    at = Climb(policy="standard", since_ns=T0)
    at, told = climb(ROUTING, at, T0)
    assert told == [(1, "ann")]
    assert due_at(ROUTING, at) == T0 + 15 * MIN
    assert climb(ROUTING, at, T0 + 15 * MIN - 1) == (at, [])
    at, told = climb(ROUTING, at, T0 + 16 * MIN)
    assert told == [(2, "chat"), (2, "ann")]
    assert at.since_ns == T0 + 15 * MIN
    assert climb(ROUTING, at, T0 + 30 * MIN - 1) == (at, [])
    at, told = climb(ROUTING, at, T0 + 45 * MIN)  # late: both steps of the second round
    assert told == [(3, "ann"), (4, "chat"), (4, "ann")]
    assert due_at(ROUTING, at) is None
    assert climb(ROUTING, at, T0 + 99 * HOUR) == (at, [])


def test_a_step_that_reaches_nobody_delays_nothing() -> None:
    before = nanos("2026-01-01T00:00")
    _, told = climb(ROUTING, Climb(policy="standard", since_ns=before), before)
    assert told == [(2, "chat")]


def test_a_secret_is_read_anew_and_struck_out(tmp_path: Path) -> None:
    env = {"KEY": " abcd-1 "}
    secrets = Secrets(env)
    assert secrets.reveal("env:KEY") == "abcd-1"
    env["KEY"] = "efgh-2"
    assert secrets.reveal("env:KEY") == "efgh-2"
    (tmp_path / "k").write_text("ijkl-3\n")
    assert secrets.reveal(f"file:{tmp_path / 'k'}") == "ijkl-3"
    assert secrets.hide("abcd-1 efgh-2 ijkl-3 x") == "*** *** *** x"
    mine = Secrets({"TRIMTAB_A": "aaaa", "OTHER": "bbbb"}, allowed=lambda ref: ref.startswith("env:TRIMTAB_"))
    assert mine.reveal("env:TRIMTAB_A") == "aaaa"
    for foreign in ("env:OTHER", "file:/etc/hostname"):
        with pytest.raises(Refused):
            mine.reveal(foreign)
    for missing in ("env:NONE", "file:/nowhere/at/all", "plain"):
        with pytest.raises(Unavailable):
            secrets.reveal(missing)
