"""A span, a log record or a fact arrives late, twice, split or before its parent: the same numbers come out."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.support.items import ITEMS, POLICY, POSITIONS, SECOND, T, apply

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.loop.sli import report
from trimtab.loop.store import Scope
from trimtab.vocabulary.kernel import VirtualClock

DERIVED = "select * exclude (project, body, ordinal, dims), dims::varchar from steps where project = $p order by all"
SESSIONS = "select * exclude (project, dims), dims::varchar from sessions where project = $p order by session"
PLACE = {"settle_ns", "pinned_ns", "close_ns"}


@pytest.fixture(scope="module")
def shared() -> Iterator[DuckdbAnalytics]:
    """One store for all examples, each in a project of its own."""
    analytics = DuckdbAnalytics(None, VirtualClock(T + 100_000 * SECOND), POLICY)
    yield analytics
    analytics.close()


def played(
    analytics: DuckdbAnalytics, deliveries: Sequence[Sequence[Any]], apart_ns: int
) -> tuple[Any, Any, Any]:
    """Steps, sessions and the report after deliveries that lie `apart_ns` from each other."""
    project = f"p{next(POSITIONS)}"
    for index, items in enumerate(deliveries):
        apply(analytics, items, project, T + 1000 * SECOND + index * apart_ns)
    steps = analytics.rows(DERIVED, {"p": project})
    sessions = analytics.rows(SESSIONS, {"p": project})
    for row in sessions:
        del row["settle_ns"], row["received_ns"]
    numbers = report(analytics, Scope(project=project), ["agent"])
    return steps, sessions, numbers | {"project": ""}


@settings(max_examples=60, deadline=None)
@given(ITEMS, st.randoms(use_true_random=False), st.integers(1, 5))
def test_order_doubles_and_splits_change_nothing(
    shared: DuckdbAnalytics, items: list[Any], random: Any, size: int
) -> None:
    straight = played(shared, [items], 0)
    doubled = items + random.sample(items, len(items) // 2)
    random.shuffle(doubled)
    split = [doubled[i : i + size] for i in range(0, len(doubled), size)]
    assert played(shared, split, SECOND // 100) == straight


@settings(max_examples=40, deadline=None)
@given(ITEMS, st.randoms(use_true_random=False))
def test_a_delay_moves_no_number_only_the_place_that_was_fixed_before(
    shared: DuckdbAnalytics, items: list[Any], random: Any
) -> None:
    straight = played(shared, [items], 0)
    shuffled = random.sample(items, len(items))
    late = played(shared, [shuffled[:4], shuffled[4:]], 3600 * SECOND)
    assert late[0] == straight[0]
    without_place = [
        [{k: v for k, v in row.items() if k not in PLACE} for row in found[1]] for found in (late, straight)
    ]
    assert without_place[0] == without_place[1]
    assert late[2] == straight[2]


def test_the_first_close_never_moves() -> None:
    def span(index: int, at_s: int) -> Span:
        return Span(
            trace_id=b"\1" * 16,
            span_id=bytes([index]) * 8,
            parent_span_id=b"\7" * 8,
            start_time_unix_nano=T + at_s * SECOND,
            end_time_unix_nano=T + at_s * SECOND,
        )

    clock = VirtualClock(T + 1000 * SECOND)
    analytics = DuckdbAnalytics(None, clock, POLICY)
    apply(analytics, [span(1, 0)], "p", clock.now_ns())
    clock.advance(11)
    closed = "select coalesce(pinned_ns, close_ns) as at, steps from sessions"
    assert analytics.rows(closed) == [{"at": T + 60 * SECOND, "steps": 1}]
    apply(analytics, [span(2, 50)], "p", clock.now_ns())
    assert analytics.rows(closed) == [{"at": T + 60 * SECOND, "steps": 2}]
