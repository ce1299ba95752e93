"""Random bodies: the door refuses them with a reason, or everything that it took can be decoded."""

import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.support.bodies import any_value, gauge_of, good, log_of, pairs, span, traces_of
from tests.support.decoding import NOW_NS, SIGNALS, decoded, decoded_json

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.loop.ingest import Decoded
from trimtab.loop.store import Batch
from trimtab.vocabulary.kernel import VirtualClock
from trimtab.vocabulary.trace.dialects import TABLE

QUICK = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=4000, deadline=None, suppress_health_check=list(HealthCheck))

KEYS = st.one_of(
    st.sampled_from(sorted(TABLE)),
    st.sampled_from(
        [
            "gen_ai.operation.name",
            "gen_ai.input.messages",
            "gen_ai.output.messages",
            "openinference.span.kind",
            "llm.input_messages.0.message.role",
            "llm.output_messages.99999999999.message.tool_calls.0.tool_call.id",
            "llm.tools.0",
            "trimtab.step.kind",
            "trimtab.cohort.a",
            "event.name",
            "exception.type",
            "exception.message",
            "gen_ai.evaluation.name",
            "gen_ai.evaluation.score.value",
            "gen_ai.evaluation.score.label",
            "user.email",
            "mcp.method.name",
        ]
    ),
    st.text(max_size=8),
)
WORDS = st.one_of(
    st.sampled_from(
        [
            "",
            "\0",
            "chat",
            "execute_tool",
            "LLM",
            "TOOL",
            "success",
            "true",
            "transfer_to_x",
            "a@example.com",
            "[]",
            '[{"role": "system", "parts": [{"type": "tool_call"}]}]',
            '[{"role": 7, "parts": 7}, null]',
            '{"password": "x"}',
            "[" * 2000,
            "gen_ai.evaluation.result",
            "123",
        ]
    ),
    st.text(max_size=20),
)
SCALARS: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 63), (1 << 63) - 1),
    st.floats(),
    WORDS,
    st.binary(max_size=8),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(KEYS, inner, max_size=3)),
    max_leaves=6,
)
ATTRIBUTES = st.dictionaries(KEYS, VALUES, max_size=6)
U64 = st.one_of(
    st.sampled_from([0, 1, NOW_NS, NOW_NS * 2, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]),
    st.integers(0, (1 << 64) - 1),
)
TRACE_IDS = st.one_of(st.just(b"\1" * 16), st.binary(min_size=16, max_size=16), st.binary(max_size=20))
SPAN_IDS = st.one_of(st.just(b"\1" * 8), st.binary(min_size=8, max_size=8), st.binary(max_size=10))
ENUM = st.integers(-5, 100)
EVENT = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["exception", "gen_ai.evaluation.result", ""]),
        "time_unix_nano": U64,
        "attributes": ATTRIBUTES,
    }
)


def pair_up(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields of a message, with their attributes as pairs."""
    return fields | {"attributes": pairs(fields["attributes"])}


@st.composite
def traces(draw: st.DrawFn) -> bytes:
    """Traces of the real messages, with values that nobody expects."""
    request = ExportTraceServiceRequest()
    for _ in range(draw(st.integers(0, 2))):
        group = request.resource_spans.add()
        group.resource.attributes.extend(pairs(draw(ATTRIBUTES)))
        scope = group.scope_spans.add()
        for _ in range(draw(st.integers(0, 4))):
            made = scope.spans.add(
                trace_id=draw(TRACE_IDS),
                span_id=draw(SPAN_IDS),
                parent_span_id=draw(st.one_of(st.just(b""), SPAN_IDS)),
                name=draw(WORDS),
                kind=draw(ENUM),
                start_time_unix_nano=draw(U64),
                end_time_unix_nano=draw(U64),
                attributes=pairs(draw(ATTRIBUTES)),
                events=[pair_up(event) for event in draw(st.lists(EVENT, max_size=2))],
            )
            made.status.code = draw(ENUM)
            made.status.message = draw(WORDS)
    return request.SerializeToString()


@st.composite
def logs(draw: st.DrawFn) -> bytes:
    """Logs of the real messages, evaluations among them."""
    request = ExportLogsServiceRequest()
    scope = request.resource_logs.add().scope_logs.add()
    for _ in range(draw(st.integers(0, 4))):
        scope.log_records.add(
            trace_id=draw(TRACE_IDS),
            span_id=draw(SPAN_IDS),
            time_unix_nano=draw(U64),
            observed_time_unix_nano=draw(U64),
            severity_number=draw(ENUM),
            event_name=draw(st.sampled_from(["gen_ai.evaluation.result", ""])),
            body=any_value(draw(VALUES)),
            attributes=pairs(draw(ATTRIBUTES) | {"gen_ai.evaluation.name": draw(VALUES)}),
        )
    return request.SerializeToString()


@st.composite
def metrics(draw: st.DrawFn) -> bytes:
    """Metrics of the real messages, facts among them."""
    request = ExportMetricsServiceRequest()
    scope = request.resource_metrics.add().scope_metrics.add()
    for _ in range(draw(st.integers(0, 4))):
        metric = scope.metrics.add(
            name=draw(st.sampled_from(["trimtab.fact.csat", "trimtab.fact.", "x", ""]))
        )
        kind = draw(st.sampled_from(["gauge", "sum", "histogram"]))
        point = getattr(metric, kind).data_points.add(time_unix_nano=draw(U64))
        point.attributes.extend(pairs(draw(ATTRIBUTES) | {"session.id": draw(VALUES)}))
        if kind != "histogram":
            point.as_double = draw(st.floats())
    return request.SerializeToString()


BODIES = {"traces": traces(), "logs": logs(), "metrics": metrics()}
SEEDS = [
    good(1, 3),
    traces_of([span(1, {"a": [1, {"b": "c"}]}, status={"code": 2, "message": "m"})], {"service.name": "x"}),
    log_of({"event.name": "gen_ai.evaluation.result"}, {"k": 1}, time_unix_nano=NOW_NS, trace_id=b"\1" * 16),
    gauge_of("trimtab.fact.csat", {"session.id": "s"}, math.nan),
]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid body with some bytes changed, removed, or doubled."""
    body = bytearray(draw(st.sampled_from(SEEDS)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(body)))
        length = draw(st.integers(0, 4))
        body[at : at + length] = draw(st.one_of(st.binary(max_size=4), st.just(bytes(body[at : at + 9]))))
    return bytes(body)


JSON_KEYS = st.sampled_from(
    [
        *(
            "resourceSpans",
            "scopeSpans",
            "spans",
            "resource",
            "attributes",
            "key",
            "value",
            "name",
            "traceId",
            "spanId",
        ),
        *(
            "parentSpanId",
            "startTimeUnixNano",
            "endTimeUnixNano",
            "kind",
            "status",
            "code",
            "events",
            "stringValue",
        ),
        *(
            "intValue",
            "doubleValue",
            "boolValue",
            "arrayValue",
            "kvlistValue",
            "values",
            "trace_id",
            "unknown",
            "links",
        ),
    ]
)
JSON_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(1 << 65), 1 << 65),
    st.floats(),
    st.sampled_from(["01" * 16, "01" * 8, "zz", "NaN", "-1", "1e3", str(NOW_NS)]),
    st.text(max_size=6),
)
JSON_VALUES = st.recursive(
    JSON_SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(JSON_KEYS, inner, max_size=4)),
    max_leaves=20,
)
JSON_SPANS = st.fixed_dictionaries(
    {},
    optional={
        "traceId": st.one_of(st.just("01" * 16), JSON_SCALARS),
        "spanId": st.one_of(st.just("01" * 8), JSON_SCALARS),
        "name": JSON_SCALARS,
        "kind": st.one_of(ENUM, st.just("SPAN_KIND_CLIENT"), JSON_SCALARS),
        "startTimeUnixNano": JSON_SCALARS,
        "attributes": JSON_VALUES,
        "status": JSON_VALUES,
        "events": JSON_VALUES,
    },
)
DOCUMENTS = st.one_of(
    JSON_VALUES,
    st.lists(JSON_SPANS, max_size=3).map(
        lambda spans: {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
    ),
)


@pytest.mark.parametrize("signal", SIGNALS)
@QUICK
@given(data=st.data())
def test_odd_messages(signal: str, data: st.DataObject) -> None:
    decoded(signal, data.draw(BODIES[signal]))


@pytest.mark.parametrize("signal", SIGNALS)
@QUICK
@given(body=mutated())
def test_damaged_messages(signal: str, body: bytes) -> None:
    decoded(signal, body)


@QUICK
@given(signal=st.sampled_from(SIGNALS), body=st.binary(max_size=200))
def test_noise(signal: str, body: bytes) -> None:
    decoded(signal, body)
    decoded_json(signal, body)


@QUICK
@given(signal=st.sampled_from(SIGNALS), document=DOCUMENTS)
def test_odd_json(signal: str, document: object) -> None:
    decoded_json(signal, json.dumps(document).encode())


@pytest.mark.full
@pytest.mark.timeout(900)
@LONG
@given(signal=st.sampled_from(SIGNALS), data=st.data())
def test_odd_messages_at_length(signal: str, data: st.DataObject) -> None:
    decoded(signal, data.draw(BODIES[signal]))


@pytest.mark.full
@pytest.mark.timeout(900)
@LONG
@given(signal=st.sampled_from(SIGNALS), body=mutated(), document=DOCUMENTS)
def test_damaged_messages_at_length(signal: str, body: bytes, document: object) -> None:
    decoded(signal, body)
    decoded_json(signal, json.dumps(document).encode())


@pytest.mark.full
@pytest.mark.timeout(900)
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    bodies=st.lists(
        st.tuples(st.just("traces"), BODIES["traces"]) | st.tuples(st.just("logs"), BODIES["logs"])
    )
)
def test_odd_messages_are_applied(bodies: list[tuple[str, bytes]]) -> None:
    analytics = DuckdbAnalytics(None, VirtualClock(NOW_NS))
    for position, (signal, body) in enumerate(bodies, 1):
        rows = decoded(signal, body) or Decoded([], [], [])
        received = {position: NOW_NS, 1: NOW_NS}
        analytics.apply(Batch(**rows._asdict(), position=position, received_ns=received))
    analytics.close()


COUNTED = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "reasoning_tokens")
