"""Counts by the minute are what a count of everything would give, whatever came in between, and when."""

from collections.abc import Generator, Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.items import ITEMS, POLICY, POSITIONS, SECOND, T, apply
from tests.support.stores import DAY_S, Kit, kit

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.loop.sli import Basis, Series, built_in, read_minutes, refresh, report, series_of
from trimtab.loop.sli.minutes import count
from trimtab.loop.store import Retention, Scope, Stretch
from trimtab.loop.store.erase import carry_out, request
from trimtab.vocabulary.kernel import Invalid, VirtualClock

BASIS = Basis()
COUNTED = (
    "select series, minute, method, good, bad, excluded, unknown, total, per from minutes"
    " where project = $p order by all"
)


def series() -> list[Series]:
    known = built_in()
    return [
        series_of(known["task_success"], {}),
        series_of(known["task_success"], {"agent": "shop"}),
        series_of(known["task_success"], {"agent": "desk"}, sources=("judge",)),
        series_of(known["tool_call_success"], {"agent": "shop"}),
        series_of(known["session_latency"], {}, op="lte", threshold=20),
        series_of(known["llm_latency"], {}, op="lt", threshold=10),
        series_of(known["cost_per_success"], {}, op="lte", threshold=1),
        series_of(known["without_retry"], {}),
    ]


SERIES = series()


@pytest.fixture
def store() -> Generator[Kit]:
    with kit() as found:
        yield found


@pytest.fixture(scope="module")
def shared() -> Iterator[DuckdbAnalytics]:
    analytics = DuckdbAnalytics(None, VirtualClock(T + 100_000 * SECOND), POLICY)
    yield analytics
    analytics.close()


def good_and_bad(store: Kit, one: Series) -> list[tuple[int, int, int]]:
    columns, _ = read_minutes(store.analytics, "p", one.key, 0)
    return list(zip(*(columns[name].tolist() for name in ("good", "bad", "unknown")), strict=True))


def deliver(analytics: DuckdbAnalytics, deliveries: Sequence[Sequence[Any]], *, between: bool) -> Any:
    """What is counted after deliveries; with a count `between` them, or only at the end."""
    project = f"p{next(POSITIONS)}"
    wanted = {project: (SERIES, BASIS)}
    for index, items in enumerate(deliveries):
        apply(analytics, items, project, T + 1000 * SECOND + index * SECOND // 100)
        if between:
            refresh(analytics, wanted)
    refresh(analytics, wanted)
    return analytics.rows(COUNTED, {"p": project}), project


@settings(max_examples=25, deadline=None)
@given(ITEMS, st.randoms(use_true_random=False), st.integers(1, 4))
def test_counting_what_changed_is_counting_everything(
    shared: DuckdbAnalytics, items: list[Any], random: Any, size: int
) -> None:
    straight, project = deliver(shared, [items], between=False)
    doubled = items + random.sample(items, len(items) // 2)
    random.shuffle(doubled)
    split = [doubled[at : at + size] for at in range(0, len(doubled), size)]
    assert deliver(shared, split, between=True)[0] == straight
    count(shared, project, SERIES, BASIS, Stretch())
    assert shared.rows(COUNTED, {"p": project}) == straight


def test_minutes_add_up_to_the_report(store: Kit) -> None:
    for number in range(5):
        store.session(f"s{number}", 10 * (number + 1))
        store.clock.advance(120)
    store.fact("a", session="s0")
    store.fact("b", session="s1", label="failure")
    store.fact("c", session="s2", label="refused")
    store.clock.advance(DAY_S)
    refresh(store.analytics, {"p": (SERIES, BASIS)})
    assert [sum(column) for column in zip(*good_and_bad(store, SERIES[0]), strict=True)] == [1, 1, 2]
    shown = report(store.analytics, Scope(project="p"), (), [built_in()["task_success"]])
    row = shown["groups"][0]["indicators"][0]
    assert (row["good"], row["bad"], row["unknown"]) == (1, 1, 2)


def test_a_label_that_comes_two_days_late_restates_its_minute_and_no_other(store: Kit) -> None:
    one = SERIES[0]
    for number in range(3):
        store.session(f"s{number}", 10 * (number + 1))
        store.fact(f"f{number}", session=f"s{number}")
        store.clock.advance(3600)
    refresh(store.analytics, {"p": ([one], BASIS)})
    assert good_and_bad(store, one) == [(1, 0, 0)] * 3
    store.clock.advance(2 * DAY_S)
    store.fact("late", session="s1", label="failure")
    _, marked = store.analytics.marked_minutes()
    closes = store.analytics.rows("select close_ns // 60000000000 as at from sessions where session = 's1'")
    ends = store.analytics.rows("select end_ns // 60000000000 as at from steps where session = 's1'")
    assert set(marked["p"]) == {row["at"] for row in [*closes, *ends]}
    assert refresh(store.analytics, {"p": ([one], BASIS)}) == {"p": {one.key}}
    assert good_and_bad(store, one) == [(1, 0, 0), (0, 1, 0), (1, 0, 0)]
    assert refresh(store.analytics, {"p": ([one], BASIS)}) == {"p": set()}


def test_time_alone_closes_a_session(store: Kit) -> None:
    one = SERIES[0]
    store.session("s", 1)
    refresh(store.analytics, {"p": ([one], BASIS)})
    assert good_and_bad(store, one) == []
    store.clock.advance(3600)
    assert refresh(store.analytics, {"p": ([one], BASIS)}) == {"p": {one.key}}
    assert good_and_bad(store, one) == [(0, 0, 1)]


def test_of_two_judges_the_latest_counts_and_the_other_is_unknown(store: Kit) -> None:
    one = series_of(built_in()["task_success"], {}, sources=("judge",))
    for number, method in enumerate(("v1", "v1", "v2")):
        store.session(f"s{number}", 10 * (number + 1))
        store.fact(f"f{number}", session=f"s{number}", source="judge", method=method)
        store.clock.advance(3600)
    refresh(store.analytics, {"p": ([one], BASIS)})
    assert good_and_bad(store, one) == [(0, 0, 1), (0, 0, 1), (1, 0, 0)]
    assert read_minutes(store.analytics, "p", one.key, 0)[1] == 2


def test_what_was_counted_outlives_its_steps_and_sessions(store: Kit) -> None:
    store.session("s", 1)
    store.fact("f", session="s")
    store.clock.advance(3600)
    wanted = {"p": (SERIES, BASIS)}
    refresh(store.analytics, wanted)
    before = store.analytics.rows(COUNTED, {"p": "p"})
    store.state.set_retention("p", Retention(bodies=1, steps=2, sessions=3, facts=3))
    for _ in range(5):
        store.clock.advance(DAY_S)
        store.keeper.retain()
        refresh(store.analytics, wanted)
    assert store.analytics.rows("select count(*) as n from sessions") == [{"n": 0}]
    assert store.analytics.rows(COUNTED, {"p": "p"}) == before
    store.fact("late", session="s", label="failure")
    refresh(store.analytics, wanted)
    assert store.analytics.rows(COUNTED, {"p": "p"}) == before


def test_marks_of_a_project_that_waits_are_kept_and_nothing_grows_for_nobody(store: Kit) -> None:
    one = SERIES[0]
    store.session("s", 1)
    store.clock.advance(3600)
    refresh(store.analytics, {"p": ([one], BASIS)})
    store.fact("f", session="s")
    refresh(store.analytics, {"q": ([], BASIS)}, ["p"])
    assert good_and_bad(store, one) == [(0, 0, 1)]
    refresh(store.analytics, {"p": ([one], BASIS)})
    assert good_and_bad(store, one) == [(1, 0, 0)]
    store.analytics.ignore_minutes()
    store.session("t", 10)
    for table in ("marked", "counted", "minutes"):
        assert store.analytics.rows(f"select count(*) as n from {table}") == [{"n": 0}], table
    refresh(store.analytics, {"p": ([one], BASIS)})
    assert good_and_bad(store, one) == [(1, 0, 0)]


def test_whoever_is_erased_counts_no_more(store: Kit) -> None:
    one = SERIES[0]
    for number, name in enumerate(("kept", "gone")):
        store.session(name, 10 * (number + 1))
        store.fact(name, session=name)
    store.clock.advance(3600)
    refresh(store.analytics, {"p": ([one], BASIS)})
    assert good_and_bad(store, one) == [(2, 0, 0)]
    carry_out(store.sources, request(store.sources, "p", "session", "gone"))
    refresh(store.analytics, {"p": ([one], BASIS)})
    assert good_and_bad(store, one) == [(1, 0, 0)]


def test_what_is_declared_later_is_another_series(store: Kit) -> None:
    cost = built_in()["cost_per_success"]
    dear = Basis(session_usd=0.5)
    keys = {series_of(cost, {}, op="lte", threshold=1, basis=basis).key for basis in (BASIS, dear)}
    assert len(keys) == 2
    plain = built_in()["task_success"]
    assert series_of(plain, {}, basis=BASIS).key == series_of(plain, {}, basis=dear).key
    assert series_of(plain, {"agent": "a"}).key != series_of(plain, {"agent": "b"}).key


@pytest.mark.parametrize(
    ("name", "more", "says"),
    [
        ("session_latency", {}, "say which is good"),
        ("task_success", {"op": "lte", "threshold": 1.0}, "says itself"),
        ("availability", {}, "needs gateway"),
        ("task_success", {"sources": ("robot",)}, "robot"),
    ],
)
def test_what_cannot_be_counted_says_so(name: str, more: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid, match=says):
        series_of(built_in()[name], {}, **more)
