"""Spans, log records and facts that may arrive in any order, drawn; and how they are applied."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import orjson
from hypothesis import strategies as st
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from tests.support.bodies import log_of

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.loop.ingest import Decoded, FixedPrices, Rules, decode_entry
from trimtab.loop.store import Batch, ClosePolicy, Entry

T = 1_700_000_000_000_000_000
SECOND = 1_000_000_000
RULES = Rules(prices=FixedPrices({"m": (3, 7)}))
POLICY = ClosePolicy(idle_s=60, max_age_s=600, settle_s=10)
POSITIONS = itertools.count(1, 100)
ATTRIBUTES: list[dict[str, Any]] = [
    {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "shop"},
    {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "desk", "gen_ai.conversation.id": "s1"},
    {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 5},
    {"gen_ai.operation.name": "chat", "gen_ai.request.model": "?", "gen_ai.usage.output_tokens": 5},
    {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "find", "error.type": "TimeoutError"},
    {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "find"},
    {"mcp.method.name": "tools/call", "gen_ai.tool.name": "find", "error.type": "tool_error"},
    {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.conversation.id": "s2"},
    {"gen_ai.operation.name": "generate_content", "gen_ai.usage.input_tokens": 7},
    {"gen_ai.operation.name": "embeddings", "gen_ai.request.model": "m", "gen_ai.usage.input_tokens": 2},
    {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "transfer_to_human"},
    {"gen_ai.conversation.id": "s2", "trimtab.cohort.plan": "gold", "trimtab.tenant": "acme"},
    {"trimtab.session.end": True},
    {"trimtab.session.outcome": "success"},
]

FAMILIES = [
    [said for said in ATTRIBUTES if said.get("gen_ai.tool.name") == "find"],
    [said for said in ATTRIBUTES if said.get("gen_ai.operation.name") in {"chat", "generate_content"}],
]
"""What spans that tell of one call may say."""


@st.composite
def nestings(draw: st.DrawFn) -> list[Span]:
    """A line of spans, each below the one before, that tell of one call."""
    trace, first, family = draw(st.tuples(st.integers(1, 2), st.integers(1, 4), st.sampled_from(FAMILIES)))
    places = [(trace, span, span - 1) for span in range(first, first + draw(st.integers(2, 3)))]
    return [draw(spans(place, family)) for place in places]


@st.composite
def spans(
    draw: st.DrawFn, place: tuple[int, int, int] | None = None, family: list[dict[str, Any]] = ATTRIBUTES
) -> Span:
    """A span of one of two traces; two spans with one key and other content are a conflict."""
    anywhere = st.tuples(st.integers(1, 2), st.integers(1, 6), st.integers(0, 6))
    trace, span, parent = place or draw(anywhere)
    start = T + draw(st.integers(0, 200)) * SECOND
    found = Span(
        trace_id=bytes([trace]) * 16,
        span_id=bytes([span]) * 8,
        parent_span_id=bytes([parent]) * 8 if parent else b"",
        name="step",
        start_time_unix_nano=start,
        end_time_unix_nano=start + draw(st.integers(0, 30)) * SECOND,
    )
    for key, value in draw(st.sampled_from(family)).items():
        item = found.attributes.add(key=key)
        if isinstance(value, bool):
            item.value.bool_value = value
        elif isinstance(value, int):
            item.value.int_value = value
        else:
            item.value.string_value = value
    return found


@st.composite
def facts(draw: st.DrawFn) -> dict[str, Any]:
    """A fact about a session, a trace or a span; two contents under one id are a conflict."""
    target = draw(
        st.sampled_from(
            [{"session": "s1"}, {"trace_id": "01" * 16}, {"trace_id": "02" * 16, "span_id": "03" * 8}]
        )
    )
    return target | {
        "id": f"f{draw(st.integers(1, 3))}",
        "kind": "outcome",
        "source": draw(st.sampled_from(["human", "app", "judge"])),
        "label": draw(st.sampled_from(["success", "failure"])),
        "time": 1_700_000_000 + draw(st.integers(0, 300)),
    }


RECORDS: list[tuple[str, dict[str, Any]]] = [
    ("gen_ai.system.message", {"content": "Be brief."}),
    ("gen_ai.system.message", {"content": "Be kind."}),
    ("gen_ai.user.message", {"content": "Where is it?"}),
    ("gen_ai.tool.message", {"content": "Lyon"}),
    ("gen_ai.choice", {"finish_reason": "tool_calls", "message": {"tool_calls": [{"id": "1"}, {"id": "2"}]}}),
    ("gen_ai.choice", {"finish_reason": "length", "message": {"content": "In"}}),
    ("gen_ai.choice", {"finish_reason": "stop"}),
    (
        "gen_ai.client.inference.operation.details",
        {"gen_ai.input.messages": '[{"role": "user", "parts": []}]'},
    ),
    ("gen_ai.client.inference.operation.details", {"gen_ai.system_instructions": "Be brief."}),
]


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """A log record about a span of one of the traces."""
    name, said = draw(st.sampled_from(RECORDS))
    return log_of(
        {},
        said,
        event_name=name,
        trace_id=bytes([draw(st.integers(1, 2))]) * 16,
        span_id=bytes([draw(st.integers(1, 6))]) * 8,
        time_unix_nano=T + draw(st.integers(0, 20)) * SECOND,
    )


def apply(analytics: DuckdbAnalytics, items: Sequence[Any], project: str, at_ns: int) -> None:
    """Deliver items as one journal entry each, in one batch."""
    position = next(POSITIONS)
    rows = Decoded([], [], [])
    received: dict[int, int] = {}
    for offset, item in enumerate(items):
        body = position + offset
        received[body] = at_ns
        entry = replace(entry_of(item), project=project, received_ns=at_ns, position=body)
        for known, more in zip(rows, decode_entry(entry, RULES), strict=True):
            known.extend(more)
    analytics.apply(Batch(**rows._asdict(), position=position + len(items), received_ns=received))


def entry_of(item: Any) -> Entry:
    """An item as a journal entry."""
    if isinstance(item, dict):
        return Entry(project="", signal="facts", received_ns=0, body=orjson.dumps([item]), items=1)
    if isinstance(item, bytes):
        return Entry(project="", signal="logs", received_ns=0, body=item, items=1)
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.append(item)
    return Entry(project="", signal="traces", received_ns=0, body=request.SerializeToString(), items=1)


ITEMS = st.builds(
    lambda nested, others: nested + others,
    st.just([]) | nestings(),
    st.lists(spans() | facts() | records(), min_size=1, max_size=10),
)
