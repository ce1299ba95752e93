"""OTLP as JSON, with the standard library alone: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding."""

import json
import math
from collections.abc import Mapping
from typing import Any

from trimtab.edge.sdk.delivery.mask import mask
from trimtab.edge.sdk.ports import Fact
from trimtab.edge.sdk.span import Plain, Span, identity_of
from trimtab.edge.sdk.steps import name_of
from trimtab.edge.sdk.words import ERROR, KIND, OPERATIONS

INTERNAL, FAILED = 1, 2
MAX_INT = 1 << 63
MAX_MESSAGE = 2000


def to_json(value: object) -> bytes:
    """One line of JSON that every reader takes: no NaN, no half of a surrogate pair."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.encode("utf-8", "replace")


def any_value(value: Plain) -> dict[str, Any]:
    """A value as OTLP has it; whole numbers are texts there."""
    if isinstance(value, str):
        return {"stringValue": mask(value)}
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)} if -MAX_INT <= value < MAX_INT else {"stringValue": str(value)[:400]}
    return {"doubleValue": value} if math.isfinite(value) else {"stringValue": str(value)}


def pairs(attributes: Mapping[str, Plain]) -> list[dict[str, Any]]:
    """Attributes as OTLP has them."""
    return [{"key": key, "value": any_value(value)} for key, value in attributes.items()]


def attributes_of(span: Span) -> dict[str, Plain]:
    """All that a step says of itself."""
    found: dict[str, Plain] = {KIND: span.kind}
    if operation := OPERATIONS[span.kind]:
        found["gen_ai.operation.name"] = operation
    found |= identity_of(span.place.lineage)
    if span.error is not None:
        found[ERROR] = span.error[0]
    return found | span.attributes


def encode_span(span: Span) -> bytes:
    """A step as one OTLP span."""
    found: dict[str, Any] = {
        "traceId": span.place.trace_id,
        "spanId": span.place.span_id,
        "name": mask(name_of(span)),
        "kind": INTERNAL,
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": pairs(attributes_of(span)),
    }
    if span.parent_id:
        found["parentSpanId"] = span.parent_id
    if span.error is not None:
        found["status"] = {"code": FAILED, "message": mask(span.error[1][:MAX_MESSAGE])}
    return to_json(found)


def encode_fact(fact: Fact) -> bytes:
    """A fact as the API takes it."""
    return to_json({name: mask(value) if isinstance(value, str) else value for name, value in fact.items()})


def encode_resource(resource: Mapping[str, str]) -> bytes:
    """The process, as OTLP's resource."""
    return to_json({"attributes": pairs(resource)})


def traces_of(resource: bytes, spans: tuple[bytes, ...]) -> bytes:
    """An export request of encoded spans."""
    head = (
        b'{"resourceSpans":[{"resource":' + resource + b',"scopeSpans":[{"scope":{"name":"trimtab"},"spans":['
    )
    return head + b",".join(spans) + b"]}]}]}"


def facts_of(facts: tuple[bytes, ...]) -> bytes:
    """A list of encoded facts."""
    return b"[" + b",".join(facts) + b"]"
