"""The check at the door: what is wrong with a body is said before it is stored."""

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from trimtab.loop.ingest.decode.messages import REQUESTS, parse
from trimtab.loop.ingest.decode.steps import FACT_METRIC, point_fact
from trimtab.vocabulary.kernel import Invalid, TooLarge
from trimtab.vocabulary.trace import Place

END_NS = 7_258_118_400_000_000_000
"""The year 2200: the tables hold times until 2262, and a session closes a while after its last one."""
NOWHERE = Place(project="", body=0, received_ns=0, skew_bound_ns=0)
SEND = "send protobuf as application/x-protobuf or JSON as application/json"
ITEMS = {"traces": "spans", "logs": "log records", "metrics": "data points"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds on what one request may hold; a span over its bounds is rejected, the others are taken."""

    items: int = 50_000
    attributes: int = 1024
    span_bytes: int = 8_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A body that may be stored: what was rejected is no longer in it."""

    body: bytes
    items: int
    rejected: int = 0
    message: str = ""


Judge = Callable[[Any, Limits, int], str]
"""Says what is wrong with an item, none of which is larger than so many bytes; to ask for the size of one is to write it."""


def check_body(signal: str, body: bytes, limits: Limits) -> Checked:
    """Parse a body and drop what is wrong in it; raises `Invalid` or `TooLarge` for the whole."""
    message = parse(signal, body)
    total, reasons, points = 0, Counter[str](), 0
    # What is written anew may grow, but not to twice its size: a negative number of five bytes becomes one of ten.
    judge, largest = WRONG[signal], 2 * len(body)
    for items in lists_of(signal, message):
        total += len(items)
        wrong = [(i, why) for i, item in enumerate(items) if (why := judge(item, limits, largest))]
        for index, why in reversed(wrong):
            reasons[why] += 1
            points += rejected_points(signal, items[index])
            del items[index]
    if total > limits.items:
        raise TooLarge(f"{total} {ITEMS[signal]} in one request", hint=f"at most {limits.items}")
    if signal != "traces" and (other := misplaced(signal, message, body)):
        raise Invalid(
            f"these are {other}, not {signal}", hint=f"send them to /v1/{other}", code="otlp_malformed"
        )
    if reasons:
        return without(signal, message, total, points, reasons)
    if not total and body:
        message.DiscardUnknownFields()
        if not message.ByteSize():
            raise Invalid(f"the body is no OTLP {signal} request", hint=SEND, code="otlp_malformed")
        return Checked(body=body, items=0, message=f"the body holds no {ITEMS[signal]}: nothing to keep")
    return Checked(body=body, items=total)


def lists_of(signal: str, message: Any) -> Iterator[Any]:
    """The lists of items of a request."""
    if signal == "traces":
        return (scope.spans for group in message.resource_spans for scope in group.scope_spans)
    if signal == "logs":
        return (scope.log_records for group in message.resource_logs for scope in group.scope_logs)
    return (scope.metrics for group in message.resource_metrics for scope in group.scope_metrics)


def without(signal: str, message: Any, total: int, points: int, reasons: Counter[str]) -> Checked:
    """What is left of a body; raises `Invalid` where that is less than half."""
    rejected = reasons.total()
    said = "; ".join(f"{count} {ITEMS[signal]}: {why}" for why, count in sorted(reasons.items()))
    if rejected * 2 > total:
        raise Invalid(
            f"most of the body is malformed: {said}",
            hint="traces go to /v1/traces, logs to /v1/logs, metrics to /v1/metrics",
            code="otlp_malformed",
        )
    return Checked(
        body=message.SerializeToString(), items=total - rejected, rejected=points or rejected, message=said
    )


def misplaced(signal: str, message: Any, body: bytes) -> str:
    """The signal that a body really is of: protobuf alone cannot tell them apart; "" where it is of this one."""
    if signal == "logs":
        strange = any(
            not (r.time_unix_nano or r.observed_time_unix_nano) for r in first_items(signal, message)
        )
    else:
        strange = any(not m.name or m.WhichOneof("data") is None for m in first_items(signal, message))
    others = [other for other in REQUESTS if other != signal] if strange else []
    return next((other for other in others if reads_as(other, body)), "")


def first_items(signal: str, message: Any) -> Iterator[Any]:
    """The first item of each list: a sender does not mix signals."""
    return (items[0] for items in lists_of(signal, message) if items)


def reads_as(signal: str, body: bytes) -> bool:
    """Whether a body makes sense as a request of a signal."""
    try:
        found = list(first_items(signal, REQUESTS[signal].FromString(body)))
    except DecodeError:
        return False
    if signal == "traces":
        return any(len(item.trace_id) == 16 and len(item.span_id) == 8 for item in found)
    if signal == "logs":
        return any(item.time_unix_nano or item.observed_time_unix_nano for item in found)
    return any(item.name and item.WhichOneof("data") for item in found)


def wrong_with(span: Any, limits: Limits, largest: int) -> str:
    """Why a span cannot be stored, or "" where it can."""
    trace_id, span_id = span.trace_id, span.span_id
    if len(trace_id) != 16 or not any(trace_id):
        return "trace_id is not 16 bytes"
    if len(span_id) != 8 or not any(span_id):
        return "span_id is not 8 bytes"
    if len(span.parent_span_id) not in (0, 8):
        return "parent_span_id is not 8 bytes"
    if len(span.attributes) > limits.attributes:
        return f"more than {limits.attributes} attributes"
    if max(span.start_time_unix_nano, span.end_time_unix_nano) >= END_NS or late(span.events):
        return "a time beyond the year 2200"
    return too_large(span, limits, largest)


def too_large(item: Any, limits: Limits, largest: int) -> str:
    """Why an item is too large, or "" where it is not."""
    within = largest <= limits.span_bytes or item.ByteSize() <= limits.span_bytes
    return "" if within else f"more than {limits.span_bytes} bytes"


def late(events: Any) -> bool:
    """Whether one of the events lies beyond what can be stored; most spans have none."""
    return len(events) > 0 and max(event.time_unix_nano for event in events) >= END_NS


def wrong_record(record: Any, limits: Limits, largest: int) -> str:
    """Why a log record cannot be stored, or "" where it can."""
    if len(record.trace_id) not in (0, 16):
        return "trace_id is not 16 bytes"
    if len(record.span_id) not in (0, 8):
        return "span_id is not 8 bytes"
    if len(record.attributes) > limits.attributes:
        return f"more than {limits.attributes} attributes"
    if max(record.time_unix_nano, record.observed_time_unix_nano) >= END_NS:
        return "a time beyond the year 2200"
    return too_large(record, limits, largest)


def wrong_metric(metric: Any, limits: Limits, largest: int) -> str:
    """Why a metric cannot be stored, or "" where it can; one that states facts must state them well."""
    if not metric.name:
        return "a metric without a name"
    if why := too_large(metric, limits, largest):
        return why
    if not metric.name.startswith(FACT_METRIC):
        return ""
    if metric.WhichOneof("data") != "gauge":
        return f"{FACT_METRIC}* is not a gauge"
    return next((why for point in metric.gauge.data_points if (why := wrong_point(metric.name, point))), "")


def wrong_point(name: str, point: Any) -> str:
    """Why a point cannot be a fact, or "" where it can."""
    if point.time_unix_nano >= END_NS:
        return "a time beyond the year 2200"
    if not math.isfinite(point.as_double):
        return "a value that is no number"
    try:
        return "" if point_fact(name, point, NOWHERE) else f"{FACT_METRIC}* without a session.id"
    except Invalid as error:
        return f"{FACT_METRIC}*: {error.message[:200]}"


def rejected_points(signal: str, item: Any) -> int:
    """How many data points go with a metric; OTLP counts these, not metrics."""
    if signal != "metrics" or (kind := item.WhichOneof("data")) is None:
        return 0
    return len(getattr(item, kind).data_points)


WRONG: dict[str, Judge] = {"traces": wrong_with, "logs": wrong_record, "metrics": wrong_metric}
