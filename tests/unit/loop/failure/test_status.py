"""New, regressed, resolved, ongoing: the written rule, played on times that the test makes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.loop.failure.status import HOUR_NS, QUIET_NS, Hour, Traffic, status_of, traffic_of

DAY_NS = 24 * HOUR_NS
T0 = 1000 * DAY_NS


def steady(days: int, per_hour: int = 1, releases: dict[int, str] | None = None) -> Traffic:
    """So many sessions in every hour; `releases` by the day on which they come."""
    release, hours = "1", list[Hour]()
    for hour in range(days * 24):
        release = (releases or {}).get(hour // 24, release)
        hours.append(Hour(start_ns=T0 + hour * HOUR_NS, release=release, sessions=per_hour))
    return traffic_of([hours])


def day(number: float) -> int:
    return T0 + int(number * DAY_NS)


def status(seen: list[int], since: int, until: int, of: Traffic) -> str:
    return status_of(seen, since, until, of)[0]


TEN = steady(10)


def test_first_seen_in_the_window_is_new() -> None:
    assert status([day(9.5)], day(9), day(10), steady(10)) == "new"


def test_seen_before_and_still_there_is_ongoing() -> None:
    assert status([day(n + 0.5) for n in range(10)], day(9), day(10), steady(10)) == "ongoing"


def test_gone_for_a_week_of_traffic_is_resolved() -> None:
    seen = [day(n / 4) for n in range(8)]
    assert status(seen, day(1), day(8), steady(20)) == "ongoing"
    assert status(seen, day(1), day(10), steady(20)) == "resolved"


def test_without_traffic_nothing_is_resolved() -> None:
    seen = [day(n / 4) for n in range(8)]
    assert status(seen, day(1), day(100), steady(2)) == "ongoing"
    assert status(seen, day(1), day(100), traffic_of([])) == "ongoing"


def test_a_rare_failure_needs_more_sessions_to_be_resolved() -> None:
    seen = [day(1)]
    # One in 25 sessions before: 74 sessions without it leave 5 % of doubt.
    assert status(seen, day(1), day(8.5), steady(20)) == "resolved"
    assert status([day(9)], day(9.5), day(17), steady(20)) == "ongoing"


def test_a_release_resolves_sooner_than_a_week() -> None:
    seen = [day(n / 4) for n in range(8)]
    assert status(seen, day(1), day(4), steady(4)) == "ongoing"
    assert status(seen, day(1), day(4), steady(4, releases={2: "2"})) == "resolved"


def test_a_release_that_nobody_uses_yet_resolves_nothing() -> None:
    hours = [Hour(start_ns=day(n / 24), release="1", sessions=1) for n in range(48)]
    hours.append(Hour(start_ns=day(2), release="2", sessions=1))
    assert status([day(n / 4) for n in range(8)], day(1), day(3), traffic_of([hours])) == "ongoing"


def test_the_first_release_of_an_agent_is_no_change() -> None:
    assert steady(3).changes_ns == ()
    assert steady(3, releases={1: "2", 2: "1"}).changes_ns == (day(1),)


def test_seen_again_after_it_was_resolved_is_regressed() -> None:
    seen = [*(day(n / 4) for n in range(8)), day(19.5)]
    assert status(seen, day(19), day(20), steady(20)) == "regressed"
    assert status(seen, day(19.9), day(20), steady(20)) == "ongoing"


def test_what_regressed_began_when_it_came_back() -> None:
    seen = [*(day(n / 4) for n in range(8)), day(19.5), day(19.8)]
    assert status_of(seen, day(19), day(20), steady(20)) == ("regressed", day(19.5))
    assert status_of(seen[-2:], day(19), day(20), steady(20)) == ("new", day(19.5))


def test_regressed_and_gone_again_is_resolved() -> None:
    seen = [*(day(n / 4) for n in range(8)), day(19.5)]
    assert status(seen, day(19), day(60), steady(60)) == "resolved"


@given(st.lists(st.integers(0, 240), min_size=1, max_size=20, unique=True), st.integers(0, 9))
def test_more_silent_sessions_never_undo_a_resolution(hours: list[int], window: int) -> None:
    seen = sorted(T0 + hour * HOUR_NS for hour in hours)
    of = steady(60)
    found = [status(seen, day(window), until, of) for until in range(seen[-1], day(60), 12 * HOUR_NS)]
    first = found.index("resolved") if "resolved" in found else len(found)
    assert set(found[first:]) <= {"resolved"}
    assert first > 0


@given(st.integers(0, 400), st.integers(0, 400))
def test_sessions_are_counted_by_whole_hours(first: int, length: int) -> None:
    since, until = T0 + first * HOUR_NS // 2, T0 + (first + length) * HOUR_NS // 2
    wanted = sum(since <= T0 + h * HOUR_NS and T0 + (h + 1) * HOUR_NS <= until for h in range(240))
    assert TEN.sessions(since, until) == wanted


def test_agents_together_count_together() -> None:
    one = [Hour(start_ns=day(0), release="a", sessions=2)]
    two = [Hour(start_ns=day(0), release="b", sessions=3), Hour(start_ns=day(1), release="c", sessions=1)]
    both = traffic_of([one, two])
    assert (both.sessions(day(0), day(2)), both.changes_ns) == (6, (day(1),))


@pytest.mark.parametrize(("since", "until"), [(0.0, 0.0), (5.0, 1.0), (100.0, 200.0)])
def test_no_time_holds_no_sessions(since: float, until: float) -> None:
    assert steady(10).sessions(day(since), day(until)) == 0


def test_a_week_is_seven_days() -> None:
    assert QUIET_NS == 7 * DAY_NS
