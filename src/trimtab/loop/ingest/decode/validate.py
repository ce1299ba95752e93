"""The check at the door: what is wrong with a body is said before it is stored."""

from dataclasses import dataclass
from typing import Any

from trimtab.loop.ingest.decode.messages import parse
from trimtab.vocabulary.kernel import Invalid, TooLarge


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


def check_body(signal: str, body: bytes, limits: Limits) -> Checked:
    """Parse a body and drop what is wrong in it; raises `Invalid` or `TooLarge` for the whole."""
    message = parse(signal, body)
    if signal != "traces":
        items = sum(count_items(signal, r) for r in groups(signal, message))
        if items > limits.items:
            raise TooLarge(f"{items} items in one request", hint=f"at most {limits.items}")
        return Checked(body=body, items=items)
    return check_spans(message, body, limits)


def groups(signal: str, message: Any) -> Any:
    """The resource groups of a request."""
    return message.resource_logs if signal == "logs" else message.resource_metrics


def count_items(signal: str, group: Any) -> int:
    """Log records or metrics of a resource group."""
    if signal == "logs":
        return sum(len(scope.log_records) for scope in group.scope_logs)
    return sum(len(scope.metrics) for scope in group.scope_metrics)


def check_spans(message: Any, body: bytes, limits: Limits) -> Checked:
    """Drop spans that cannot be stored, and say why."""
    total, reasons = 0, dict[str, int]()
    for resource in message.resource_spans:
        for scope in resource.scope_spans:
            total += len(scope.spans)
            wrong = [(i, why) for i, span in enumerate(scope.spans) if (why := wrong_with(span, limits))]
            for index, why in reversed(wrong):
                reasons[why] = reasons.get(why, 0) + 1
                del scope.spans[index]
    if total > limits.items:
        raise TooLarge(f"{total} spans in one request", hint=f"at most {limits.items}")
    rejected = sum(reasons.values())
    if not rejected:
        return Checked(body=body, items=total)
    said = "; ".join(f"{count} spans: {why}" for why, count in sorted(reasons.items()))
    if rejected * 2 > total:
        raise Invalid(
            f"most of the body is malformed: {said}",
            hint="are these traces? logs go to /v1/logs, metrics to /v1/metrics",
            code="otlp_malformed",
        )
    return Checked(body=message.SerializeToString(), items=total - rejected, rejected=rejected, message=said)


def wrong_with(span: Any, limits: Limits) -> str:
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
    if max(span.start_time_unix_nano, span.end_time_unix_nano) >= 1 << 63:
        return "a time beyond the year 2262"
    return "" if span.ByteSize() <= limits.span_bytes else f"more than {limits.span_bytes} bytes"
