"""A file of the previous schema opens, keeps its rows and takes new ones."""

from pathlib import Path

import duckdb
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.loop.ingest import Rules, decode_entry
from trimtab.loop.ingest.decode import FixedPrices
from trimtab.loop.store import Batch, Entry
from trimtab.vocabulary.kernel import Invalid, VirtualClock

TO_VERSION_1 = """
alter table sessions drop column received_ns;
alter table steps alter column service drop default;
alter table steps alter column error drop default;
update meta set value = 1 where name = 'schema';
"""


def batch_of(position: int, span_id: int, clock: VirtualClock) -> Batch:
    """One span of one trace, received now."""
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id = b"\1" * 16, span_id.to_bytes(8, "big")
    span.start_time_unix_nano = span.end_time_unix_nano = clock.now_ns()
    entry = Entry(
        project="p",
        signal="traces",
        received_ns=clock.now_ns(),
        body=request.SerializeToString(),
        items=1,
        position=position,
    )
    steps, facts = decode_entry(entry, Rules(prices=FixedPrices()))
    return Batch(steps=steps, facts=facts, position=position, received_ns={position: clock.now_ns()})


def test_the_previous_schema_opens_and_goes_on(tmp_path: Path) -> None:
    path, clock = tmp_path / "analytics.duckdb", VirtualClock()
    first = DuckdbAnalytics(path, clock)
    first.apply(batch_of(1, 1, clock))
    first.close()
    with duckdb.connect(str(path)) as con:
        con.execute(TO_VERSION_1)
    again = DuckdbAnalytics(path, clock)
    again.apply(batch_of(2, 2, clock))
    assert again.rows("select steps, service, received_ns from sessions") == [
        {"steps": 2, "service": "", "received_ns": clock.now_ns()}
    ]
    assert again.rows("select count(*) filter (service = '' and not error) as n from steps") == [{"n": 2}]
    again.close()


def test_a_newer_schema_is_refused_in_words(tmp_path: Path) -> None:
    path, clock = tmp_path / "analytics.duckdb", VirtualClock()
    DuckdbAnalytics(path, clock).close()
    with duckdb.connect(str(path)) as con:
        con.execute("update meta set value = 99 where name = 'schema'")
    with pytest.raises(Invalid, match="schema 99"):
        DuckdbAnalytics(path, clock)
