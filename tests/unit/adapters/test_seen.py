"""The filter of stored traces never forgets one, rarely takes a new one for known, and changes no number."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics, plan, seen
from trimtab.adapters.duckdb_analytics.seen import SeenDays, SeenTraces
from trimtab.loop.ingest import FixedPrices, Rules, decode_entry
from trimtab.loop.store import DAY_NS, Batch, Entry
from trimtab.vocabulary.kernel import VirtualClock


def hashes(seed: int, count: int) -> Any:
    return np.random.default_rng(seed).integers(0, 1 << 64, count, dtype=np.uint64)


@pytest.mark.parametrize("count", [0, 1, 1000, 40_000])
def test_what_was_added_is_held(count: int) -> None:
    found = SeenTraces(hashes(1, count))
    found.add(hashes(2, count))
    assert found.may_hold(hashes(1, count)).all()
    assert found.may_hold(hashes(2, count)).all()
    assert found.may_hold(hashes(3, 100_000)).mean() < 0.001


def test_it_says_when_it_is_full() -> None:
    found = SeenTraces(hashes(1, 0))
    assert not found.full
    found.add(hashes(2, 40_000))
    assert found.full


def test_each_day_has_a_filter_of_its_own() -> None:
    days = SeenDays()
    days.add(3, hashes(1, 100))
    days.add(7, hashes(2, 100))
    days.add(7, hashes(1, 50))
    found = {day: places.tolist() for day, places in days.may_hold(hashes(1, 100))}
    assert found == {3: list(range(100)), 7: list(range(50))}
    assert days.full() == []
    days.add(3, hashes(3, 10_000))
    assert days.full() == [3]
    days.forget(3)
    assert [day for day, _ in days.may_hold(hashes(1, 100))] == [7]


def span_entry(position: int, trace: int, span_id: int, session: str, day: int = 0) -> Entry:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id = trace.to_bytes(16, "big"), span_id.to_bytes(8, "big")
    span.parent_span_id = b"" if span_id == 1 else (1).to_bytes(8, "big")
    span.start_time_unix_nano = span.end_time_unix_nano = 1_700_000_000_000_000_000 - day * DAY_NS
    if session:
        item = span.attributes.add()
        item.key, item.value.string_value = "session.id", session
    raw = request.SerializeToString()
    return Entry(
        project="p",
        signal="traces",
        received_ns=1_700_000_100_000_000_000,
        body=raw,
        items=1,
        position=position,
    )


def apply(analytics: DuckdbAnalytics, entries: list[Entry]) -> None:
    for entry in entries:
        steps, facts, _ = decode_entry(entry, Rules(prices=FixedPrices()))
        received = {entry.position: entry.received_ns}
        analytics.apply(Batch(steps=steps, facts=facts, position=entry.position, received_ns=received))


def test_a_trace_that_left_the_memory_is_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "CACHED_SPANS", 5)
    children = [span_entry(n, n, 2, "") for n in range(1, 51)]
    roots = [span_entry(100 + n, n, 1, f"s{n % 7}") for n in range(1, 51)]
    path = tmp_path / "a.duckdb"
    first = DuckdbAnalytics(path, VirtualClock())
    apply(first, children[:40])
    first.close()
    again = DuckdbAnalytics(path, VirtualClock())
    apply(again, children[40:] + roots + children[:10])
    counted = again.rows("select count(*) as n, sum(steps)::int as steps from sessions")
    assert counted == [{"n": 7, "steps": 100}]
    again.close()


@pytest.mark.parametrize("cached", [0, 5, 200_000])
def test_a_trace_of_several_days_is_found_on_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cached: int
) -> None:
    monkeypatch.setattr(plan, "CACHED_SPANS", cached)
    monkeypatch.setattr(seen, "SMALLEST", 4)
    early = [span_entry(n, n, 2, "", day=n % 5) for n in range(1, 41)]
    later = [span_entry(100 + n, n, 3, "", day=7 + n % 3) for n in range(1, 41)]
    roots = [span_entry(200 + n, n, 1, f"s{n % 7}", day=20) for n in range(1, 41)]
    path = tmp_path / "a.duckdb"
    first = DuckdbAnalytics(path, VirtualClock())
    apply(first, early + later[:20])
    first.close()
    again = DuckdbAnalytics(path, VirtualClock())
    apply(again, later[20:] + roots + early + later)
    counted = again.rows("select count(*) as n, sum(steps)::int as steps from sessions")
    assert counted == [{"n": 7, "steps": 120}]
    assert again.rows("select count(*) as n from steps") == [{"n": 120}]
    again.close()
