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

TO_VERSION_4 = """
alter table steps drop column decision;
alter table steps drop column reasons;
alter table steps drop column suspected;
update meta set value = 4 where name = 'schema';
"""
TO_VERSION_3 = f"""
{TO_VERSION_4}
alter table steps drop column heard;
drop table logged;
update meta set value = 3 where name = 'schema';
"""
TO_VERSION_2 = f"""
{TO_VERSION_3}
alter table steps drop column repeated;
alter table steps drop column inner_error;
update meta set value = 2 where name = 'schema';
"""
TO_VERSION_1 = f"""
{TO_VERSION_2}
alter table sessions drop column received_ns;
alter table steps alter column service drop default;
alter table steps alter column error drop default;
update meta set value = 1 where name = 'schema';
"""


def batch_of(position: int, span_id: int, clock: VirtualClock) -> Batch:
    """One tool call of one trace, below the one before it, received now."""
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id = b"\1" * 16, span_id.to_bytes(8, "big")
    span.start_time_unix_nano = span.end_time_unix_nano = clock.now_ns()
    span.name, span.parent_span_id = "search", (span_id - 1).to_bytes(8, "big")
    span.attributes.add(key="gen_ai.operation.name").value.string_value = "execute_tool"
    if span_id == 2:
        span.attributes.add(key="trimtab.contract.verdict").value.string_value = "deny"
        span.attributes.add(key="trimtab.contract.reasons").value.string_value = "bounds"
    entry = Entry(
        project="p",
        signal="traces",
        received_ns=clock.now_ns(),
        body=request.SerializeToString(),
        items=1,
        position=position,
    )
    steps, facts, _ = decode_entry(entry, Rules(prices=FixedPrices()))
    return Batch(steps=steps, facts=facts, position=position, received_ns={position: clock.now_ns()})


@pytest.mark.parametrize("back", [TO_VERSION_1, TO_VERSION_2, TO_VERSION_3, TO_VERSION_4])
def test_an_earlier_schema_opens_and_goes_on(tmp_path: Path, back: str) -> None:
    path, clock = tmp_path / "analytics.duckdb", VirtualClock()
    first = DuckdbAnalytics(path, clock)
    first.apply(batch_of(1, 1, clock))
    first.close()
    with duckdb.connect(str(path)) as con:
        con.execute(back)
    again = DuckdbAnalytics(path, clock)
    again.apply(batch_of(2, 2, clock))
    assert again.rows("select steps, tool_calls, service, received_ns from sessions") == [
        {"steps": 2, "tool_calls": 1, "service": "", "received_ns": clock.now_ns()}
    ]
    assert again.rows("select repeated, inner_error from steps order by span_id") == [
        {"repeated": False, "inner_error": ""},
        {"repeated": True, "inner_error": ""},
    ]
    assert again.rows("select heard from steps") == [{"heard": 0}, {"heard": 0}]
    assert again.rows("select decision, reasons, suspected from steps order by span_id") == [
        {"decision": "", "reasons": "", "suspected": False},
        {"decision": "deny", "reasons": "bounds", "suspected": False},
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
