"""A span as it came, before it is ours: the input of the normaliser."""

from typing import Any, NamedTuple

Attributes = dict[str, Any]


class Event(NamedTuple):
    """Something noted during a span."""

    name: str
    time_ns: int
    attributes: Attributes


class RawSpan(NamedTuple):
    """One OTLP span; `status` is 0 unset, 1 ok, 2 error. Times are ns since the Unix epoch."""

    trace_id: bytes
    span_id: int
    parent_id: int
    name: str
    start_ns: int
    end_ns: int
    status: int
    status_message: str
    attributes: Attributes
    events: list[Event]
    content_hash: int


class Place(NamedTuple):
    """Where a body lies and when it came."""

    project: str
    body: int
    received_ns: int
    skew_bound_ns: int
