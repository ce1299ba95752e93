"""Whether rows are applied as quickly to a store of a month as to an empty one."""

import time
from collections.abc import Sequence

from bench.bodies import SPANS_PER_BODY, make_bodies
from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.adapters.genai_prices import GenaiPrices
from trimtab.loop.ingest.apply import Rules, decode_entry
from trimtab.loop.store import MINUTE_NS, Batch, Entry
from trimtab.vocabulary.kernel import VirtualClock

BODIES_PER_BATCH = 25


def batches(count: int, first_position: int, now_ns: int) -> list[Batch]:
    """Decoded batches of spans of the latest minutes, with positions above all that are applied."""
    rules = Rules(prices=GenaiPrices())
    found: list[Batch] = []
    bodies = enumerate(make_bodies(count * BODIES_PER_BATCH, base_ns=now_ns - 10 * MINUTE_NS), first_position)
    entries = [
        Entry(
            project="default",
            signal="traces",
            received_ns=now_ns,
            body=body,
            items=SPANS_PER_BODY,
            position=at,
        )
        for at, body in bodies
    ]
    for at in range(0, len(entries), BODIES_PER_BATCH):
        part = entries[at : at + BODIES_PER_BATCH]
        steps = [step for entry in part for step in decode_entry(entry, rules)[0]]
        received = {entry.position: entry.received_ns for entry in part}
        found.append(Batch(steps=steps, facts=[], position=part[-1].position, received_ns=received))
    return found


def apply_rate(analytics: DuckdbAnalytics, listed: Sequence[Batch]) -> dict[str, float]:
    """Spans per CPU second of applying batches, and the slowest of them; the first, which looks at what is stored, stands apart."""
    first, *rest = (applying(analytics, batch) for batch in listed)
    return {
        "spans_per_core_s": sum(len(batch.steps) for batch in listed[1:]) / sum(cpu for _, cpu in rest),
        "slowest_batch_ms": max(took for took, _ in rest) * 1e3,
        "first_batch_ms": first[0] * 1e3,
    }


def applying(analytics: DuckdbAnalytics, batch: Batch) -> tuple[float, float]:
    """Seconds by the clock and of CPU."""
    started, cpu = time.perf_counter(), time.process_time()
    analytics.apply(batch)
    return time.perf_counter() - started, time.process_time() - cpu


def compare(full: DuckdbAnalytics, now_ns: int, count: int) -> dict[str, dict[str, float]]:
    """The same batches into the given store and into an empty one in memory."""
    listed = batches(count, full.applied() + (1 << 60), now_ns)
    empty = DuckdbAnalytics(None, VirtualClock(now_ns))
    try:
        return {"empty": apply_rate(empty, listed), "full": apply_rate(full, listed)}
    finally:
        empty.close()
