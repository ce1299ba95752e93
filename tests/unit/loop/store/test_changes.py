"""Identity and its changes: first seen, changed, and swapped by the provider without a word."""

import random
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.loop.ingest import FixedPrices, Rules, decode_entry
from trimtab.loop.store import Batch, Entry, Scope, find_changes
from trimtab.vocabulary.kernel import VirtualClock

T = 1_700_000_000_000_000_000
HOUR = 3_600_000_000_000
CALL: dict[str, Any] = {
    "gen_ai.operation.name": "chat",
    "gen_ai.agent.name": "shop",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-05-13",
    "gen_ai.system_instructions": "be kind",
    "gen_ai.tool.definitions": '[{"name":"refund"}]',
    "openai.response.system_fingerprint": "fp_1",
}


def entry(hour: int, version: str, attributes: dict[str, Any]) -> Entry:
    """One model call at an hour, by a release."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    item = group.resource.attributes.add()
    item.key, item.value.string_value = "service.version", version
    span = group.scope_spans.add().spans.add()
    span.trace_id, span.span_id = (hour + 1).to_bytes(16, "big"), (hour + 1).to_bytes(8, "big")
    span.start_time_unix_nano = T + hour * HOUR
    span.end_time_unix_nano = span.start_time_unix_nano + 1
    for key, value in attributes.items():
        item = span.attributes.add()
        item.key, item.value.string_value = key, value
    return Entry(
        project="p",
        signal="traces",
        received_ns=T + 100 * HOUR,
        body=request.SerializeToString(),
        items=1,
        position=hour + 1,
    )


ENTRIES = [
    entry(0, "1", CALL),
    entry(1, "1", CALL | {"gen_ai.response.model": "gpt-4o-2024-08-06"}),
    entry(2, "1", CALL | {"openai.response.system_fingerprint": "fp_2"}),
    entry(3, "2", CALL | {"gen_ai.system_instructions": "be brief", "gen_ai.tool.definitions": "[]"}),
    entry(4, "2", CALL | {"gen_ai.request.model": "gpt-5"}),
    entry(5, "2", CALL | {"gen_ai.tool.definitions": '[{"name":"refund","strict":true}]'}),
]


def changes_of(entries: list[Entry], expired_after: int = 0) -> list[dict[str, Any]]:
    """The timeline after applying entries one by one; all steps expire after the first so many."""
    analytics = DuckdbAnalytics(None, VirtualClock(T + 200 * HOUR))
    for count, one in enumerate(entries, 1):
        steps, facts, _ = decode_entry(one, Rules(prices=FixedPrices()))
        analytics.apply(
            Batch(steps=steps, facts=facts, position=9, received_ns={one.position: one.received_ns})
        )
        if count <= expired_after:
            assert analytics.expire("p", "steps", T + 200 * HOUR, limit=100) == 1
    found = find_changes(analytics, Scope(project="p", cohort={"agent": "shop"}))
    analytics.close()
    return found


def test_the_timeline_names_what_changed_and_when() -> None:
    found = [
        ((row["first_ns"] - T) // HOUR, row["kind"], row["subject"], row["before"] is None)
        for row in reversed(changes_of(ENTRIES))
    ]
    assert [row for row in found if row[0] == 0] == [
        (0, kind, subject, True)
        for kind, subject in reversed(
            [
                ("answering model", "gpt-4o"),
                ("fingerprint", "gpt-4o-2024-05-13"),
                ("model", ""),
                ("prompt", ""),
                ("release", ""),
                ("tools", ""),
            ]
        )
    ]
    assert [row for row in found if row[0]] == [
        (1, "fingerprint", "gpt-4o-2024-08-06", True),
        (1, "answering model", "gpt-4o", False),
        (2, "fingerprint", "gpt-4o-2024-05-13", False),
        (3, "release", "", False),
        (3, "prompt", "", False),
        (4, "model", "", False),
        (4, "answering model", "gpt-5", True),
        (5, "tools", "", False),
    ]


def test_the_order_of_arrival_does_not_matter() -> None:
    shuffled = ENTRIES.copy()
    random.Random(1).shuffle(shuffled)
    assert changes_of(shuffled) == changes_of(ENTRIES)


def test_the_timeline_outlives_its_steps() -> None:
    for expired in (1, 3, len(ENTRIES)):
        assert changes_of(ENTRIES, expired_after=expired) == changes_of(ENTRIES)
