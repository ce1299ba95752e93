"""Makers of OTLP bodies: one span, many spans, logs, metrics; as protobuf, as OTLP/JSON, as gzip."""

import time
from collections.abc import Iterable, Mapping
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.trace.v1.trace_pb2 import Span

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
SECOND_NS = 1_000_000_000


def any_value(given: object) -> AnyValue:
    """A Python value as an attribute's value."""
    if isinstance(given, list):
        return AnyValue(array_value=ArrayValue(values=[any_value(item) for item in given]))
    if isinstance(given, dict):
        return AnyValue(kvlist_value=KeyValueList(values=pairs(given)))
    named = {
        bool: "bool_value",
        int: "int_value",
        float: "double_value",
        bytes: "bytes_value",
        str: "string_value",
    }
    return AnyValue() if given is None else AnyValue(**{named[type(given)]: given})


def pairs(given: Mapping[str, object]) -> list[KeyValue]:
    """Attributes."""
    return [KeyValue(key=key, value=any_value(value)) for key, value in given.items()]


def span(number: int, attributes: Mapping[str, object] | None = None, **fields: Any) -> Span:
    """A good span; its ids are made of `number` (above 0), its times are of now."""
    end_ns = time.time_ns()
    made: dict[str, Any] = {
        "trace_id": number.to_bytes(16, "big"),
        "span_id": number.to_bytes(8, "big"),
        "name": "step",
        "kind": 1,
        "start_time_unix_nano": end_ns - SECOND_NS,
        "end_time_unix_nano": end_ns,
    }
    return Span(**(made | fields), attributes=pairs(attributes or {}))


def traces_of(spans: Iterable[Span], resource: Mapping[str, object] | None = None) -> bytes:
    """An export request of spans."""
    request = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add()
    of_resource.resource.attributes.extend(pairs(resource or {"service.name": "test"}))
    of_resource.scope_spans.add().spans.extend(spans)
    return request.SerializeToString()


def good(first: int, count: int = 1) -> bytes:
    """A body of `count` good spans with the numbers from `first` on."""
    return traces_of(span(number) for number in range(first, first + count))


def log_of(attributes: Mapping[str, object], body: object = None, **fields: Any) -> bytes:
    """An export request of one log record."""
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    for name, value in fields.items():
        setattr(record, name, value)
    record.attributes.extend(pairs(attributes))
    record.body.CopyFrom(any_value(body))
    return request.SerializeToString()


def gauge_of(name: str, attributes: Mapping[str, object], value: float = 1.0, time_ns: int = 0) -> bytes:
    """An export request of one gauge with one point."""
    request = ExportMetricsServiceRequest()
    metric = request.resource_metrics.add().scope_metrics.add().metrics.add()
    metric.name = name
    point = metric.gauge.data_points.add()
    point.as_double = value
    point.time_unix_nano = time_ns or time.time_ns()
    point.attributes.extend(pairs(attributes))
    return request.SerializeToString()


def json_span(number: int, **fields: Any) -> dict[str, Any]:
    """A good span as OTLP/JSON writes it."""
    end_ns = time.time_ns()
    return {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "name": "step",
        "kind": 1,
        "startTimeUnixNano": str(end_ns - SECOND_NS),
        "endTimeUnixNano": str(end_ns),
    } | fields


def json_traces(spans: list[Any]) -> dict[str, Any]:
    """An export request of spans as OTLP/JSON writes it."""
    return {"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}
