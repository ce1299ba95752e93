"""What is tallied and what is counted from the rows give the same answers, whatever came in between."""

import math
from collections.abc import Generator, Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.support.items import ITEMS, POLICY, POSITIONS, SECOND, T, apply
from tests.support.stores import DAY_S, Kit, kit

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.loop.sli import Basis, Definition, Tallier, built_in, chosen, report, sum_up
from trimtab.loop.sli.tallies import count_all, usable
from trimtab.loop.store import PERIOD_NS, Retention, Scope
from trimtab.loop.store.erase import carry_out, request
from trimtab.vocabulary.kernel import VirtualClock

HOUR = 3600 * SECOND
NOW = T + 28 * HOUR
BASIS = Basis()
FRESH = Basis(maturity_s=30 * DAY_S)
PAID = Basis(maturity_s=13 * 3600, tools_usd={"find": 0.5}, session_usd=0.01)
OWN = Definition(name="own", of="steps", where="kind = 'tool'", good="not failed", bad="failed")
KEPT = "select period from tallied where project = $p and built_ns is not null order by period"
COHORTS: list[dict[str, str]] = [
    {},
    {},
    {"agent": "shop"},
    {"agent": "desk", "environment": ""},
    {"plan": "gold"},
    {"tenant": "acme"},
]
SPLITS: list[tuple[str, ...]] = [(), (), ("agent",), ("bundle", "agent"), ("tenant",)]
WHEN = st.none() | st.none() | st.integers(-2 * HOUR, 30 * HOUR).map(lambda at: T + at)


@pytest.fixture
def store() -> Generator[Kit]:
    with kit() as found:
        yield found


@pytest.fixture(scope="module")
def shared() -> Iterator[DuckdbAnalytics]:
    analytics = DuckdbAnalytics(None, VirtualClock(NOW), POLICY)
    yield analytics
    analytics.close()


@st.composite
def deliveries(draw: st.DrawFn) -> list[tuple[list[Any], int]]:
    """Items spread over a day, in some deliveries; the latest may be so fresh that nothing of them is closed."""
    found: list[Any] = []
    for item in draw(ITEMS):
        late_s = draw(st.sampled_from([0, 3, 6, 11, 17])) * 3600
        if isinstance(item, Span):
            item.start_time_unix_nano += late_s * SECOND
            item.end_time_unix_nano += late_s * SECOND
        elif isinstance(item, dict):
            kind = draw(st.sampled_from(["outcome", "outcome", "outcome", "ticket"]))
            item |= {"kind": kind, "time": item["time"] + late_s}
        found.append(item)
    size = draw(st.integers(1, 5))
    received = st.sampled_from([T + 20 * HOUR, T + 20 * HOUR, NOW - 5 * SECOND])
    return [(found[at : at + size], draw(received)) for at in range(0, len(found), size)]


def same(one: Any, other: Any) -> bool:
    """Whether two answers are the same, but for the last digits of sums of fractions."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-9)
    return bool(one == other)


def sum_all(analytics: Any, project: str = "p", basis: Basis = BASIS) -> None:
    while sum_up(analytics, project, basis):
        pass


@settings(max_examples=25, deadline=None)
@given(
    deliveries(),
    st.sets(st.integers(0, 3), min_size=1),
    st.tuples(WHEN, WHEN),
    st.sampled_from(COHORTS),
    st.sampled_from(SPLITS),
    st.sampled_from([BASIS, PAID]),
)
def test_tallies_give_what_the_rows_give(
    shared: DuckdbAnalytics,
    given_: list[tuple[list[Any], int]],
    summed: set[int],
    window: tuple[int | None, int | None],
    cohort: dict[str, str],
    by: tuple[str, ...],
    basis: Basis,
) -> None:
    tallied, straight = f"p{next(POSITIONS)}", f"p{next(POSITIONS)}"
    for number, (items, at_ns) in enumerate(given_):
        for project in (tallied, straight):
            apply(shared, items, project, at_ns)
        if number in summed:
            sum_all(shared, tallied, basis)
    definitions = [*chosen(built_in(), ()), OWN]
    since_ns, until_ns = window
    scopes = [
        Scope(project=project, cohort=cohort, since_ns=since_ns, until_ns=until_ns)
        for project in (tallied, straight)
    ]
    first, second = (report(shared, scope, by, definitions, basis)["groups"] for scope in scopes)
    assert same(first, second), (first, second)


def test_in_the_background_nothing_is_tallied_while_rows_wait(store: Kit) -> None:
    month(store)
    waiting = [True, False]
    tallier = Tallier(store.analytics, store.state, store.clock, lambda: not waiting[0])
    tallier.tick()
    assert periods(store) == []
    waiting.pop(0)
    tallier.tick()
    assert len(periods(store)) == 12
    store.fact("late", session="s4", label="failure")
    assert len(periods(store)) == 11
    tallier.tick()
    assert len(periods(store)) == 12


def month(store: Kit, days: int = 4) -> None:
    """A session every eight hours, with an outcome."""
    for number in range(days * 3):
        store.session(f"s{number}", 10 * (number + 1))
        store.fact(f"f{number}", session=f"s{number}")
        store.clock.advance(8 * 3600)


def periods(store: Kit) -> list[int]:
    return [row["period"] for row in store.rows(KEPT)]


def test_a_question_that_holds_a_period_whole_uses_its_tallies_and_one_that_cuts_it_does_not(
    store: Kit,
) -> None:
    month(store)
    sum_all(store.analytics)
    kept = periods(store)
    assert len(kept) == 12
    cut = Scope(project="p", since_ns=kept[3] * PERIOD_NS + 1, until_ns=kept[9] * PERIOD_NS - 1)
    with store.analytics.snapshot() as rows:
        assert sorted(usable(rows, Scope(project="p"), (), FRESH).built) == kept
        assert sorted(usable(rows, cut, ("agent",), FRESH).built) == kept[4:9]
        assert not usable(rows, Scope(project="p"), ("tenant",), FRESH).built
        assert not usable(rows, Scope(project="p"), (), Basis(session_usd=1)).built
        found, sessions = count_all(rows, Scope(project="p"), (), [built_in()["task_success"]], BASIS)
    assert sessions[0]["sessions"] == 12
    assert found.by_name["task_success"][()]["reported"].good == 12


def test_a_period_that_maturity_cuts_is_counted_from_the_rows(store: Kit) -> None:
    month(store)
    sum_all(store.analytics)
    within_s = (store.clock.now_ns() - periods(store)[5] * PERIOD_NS) / 1e9 - 1
    with store.analytics.snapshot() as rows:
        built = usable(rows, Scope(project="p"), (), Basis(maturity_s=within_s)).built
    assert sorted(built) == [period for period in periods(store) if period != periods(store)[5]]


def test_what_comes_late_ends_the_tallies_of_its_period_and_no_other(store: Kit) -> None:
    month(store)
    sum_all(store.analytics)
    before = periods(store)
    store.fact("late", session="s4", label="failure")
    assert sorted(set(before) - set(periods(store))) == [before[4]]
    shown = report(store.analytics, Scope(project="p"), (), [built_in()["task_success"]])
    assert [shown["groups"][0]["indicators"][0][name] for name in ("good", "bad")] == [11, 1]
    assert sum_up(store.analytics, "p", BASIS) == 1
    assert sum_up(store.analytics, "p", BASIS) == 0
    assert periods(store) == before


def test_the_first_ticket_makes_sessions_without_one_good(store: Kit) -> None:
    month(store, days=2)
    sum_all(store.analytics)
    tickets = [built_in()["without_ticket"]]
    shown = report(store.analytics, Scope(project="p"), (), tickets)["groups"][0]["indicators"][0]
    assert (shown["good"], shown["unknown"]) == (0, 6)
    store.fact("t", kind="ticket", session="s0", label="")
    shown = report(store.analytics, Scope(project="p"), (), tickets)["groups"][0]["indicators"][0]
    assert (shown["good"], shown["bad"]) == (5, 1)
    sum_all(store.analytics)
    assert len(periods(store)) == 6


def test_a_change_while_a_period_is_counted_is_not_overwritten(store: Kit) -> None:
    month(store, days=1)
    sum_all(store.analytics)
    kept = periods(store)
    claim = store.analytics.claim_tallies("p", "form", kept)
    store.fact("late", session="s1", label="failure")
    store.analytics.put_tallies(claim, "p", store.clock.now_ns(), [])
    assert periods(store) == [kept[0], kept[2]]


def test_what_is_forgotten_counts_no_more(store: Kit) -> None:
    month(store)
    sum_all(store.analytics)
    carry_out(store.sources, request(store.sources, "p", "session", "s4"))
    assert len(periods(store)) == 11
    shown = report(store.analytics, Scope(project="p"))["groups"][0]["counts"]
    assert shown["sessions"] == 11
    sum_all(store.analytics)
    store.state.set_retention("p", Retention(bodies=1, steps=2, sessions=30, facts=30))
    store.clock.advance(2 * DAY_S)
    store.keeper.retain()
    calls = [built_in()["tool_call_success"]]
    held = report(store.analytics, Scope(project="p"), (), calls)
    sum_all(store.analytics)
    assert report(store.analytics, Scope(project="p"), (), calls) == held
    store.rebuild()
    assert periods(store) == []
