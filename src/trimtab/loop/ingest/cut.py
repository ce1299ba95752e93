"""A body without what is to be erased: spans, log records, points of metrics, facts."""

from collections.abc import Callable, Iterable
from typing import Any, cast

import orjson

from trimtab.loop.ingest.decode import attributes_of, parse, records_of
from trimtab.loop.store import Entry, Remains, Target
from trimtab.vocabulary.trace import Place, RawSpan, normalise, shared_by

Stays = Callable[[Any], bool]
NOWHERE = Place("", 0, 0, 0)


def cut_out(entry: Entry, target: Target) -> Remains | None:
    """What stays of a body; None where nothing in it is to be erased."""
    if entry.signal == "facts":
        return cut_facts(entry.body, target)
    if entry.signal == "traces":
        return cut_traces(entry.body, target)
    if entry.signal == "logs":
        return cut_logs(entry.body, target)
    return cut_metrics(entry.body, target)


def cut_traces(body: bytes, target: Target) -> Remains | None:
    """Spans go by their trace and span id: which session they are of, only the rows know."""
    request = parse("traces", body)
    removed = 0

    def stays(span: Any) -> bool:
        if span.trace_id not in target.traces:
            return True
        return (span.trace_id, int.from_bytes(span.span_id, "big")) not in target.spans

    for of_resource in request.resource_spans:
        for of_scope in of_resource.scope_spans:
            removed += keep(of_scope.spans, stays)
        keep(of_resource.scope_spans, lambda of_scope: of_scope.spans)
    if not removed:
        return None
    keep(request.resource_spans, lambda of_resource: of_resource.scope_spans)
    spans = [
        (span.trace_id, int.from_bytes(span.span_id, "big"))
        for of_resource in request.resource_spans
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    ]
    return Remains(body=request.SerializeToString() if spans else None, spans=spans)


def cut_logs(body: bytes, target: Target) -> Remains | None:
    """Records go that stand at an erased span or trace, or name who is to be forgotten."""
    request = parse("logs", body)
    stays = stays_by_name(target)
    removed = 0

    def record_stays(record: Any) -> bool:
        return not hit(target, record.trace_id, record.span_id) and stays(record)

    for of_resource in request.resource_logs:
        whole = names(of_resource.resource.attributes, target)
        for of_scope in of_resource.scope_logs:
            removed += keep(of_scope.log_records, (lambda _: False) if whole else record_stays)
        keep(of_resource.scope_logs, lambda of_scope: of_scope.log_records)
    if not removed:
        return None
    keep(request.resource_logs, lambda of_resource: of_resource.scope_logs)
    return Remains(
        body=request.SerializeToString() if request.resource_logs else None,
        spans=[(record.trace_id, record.content_hash) for record in records_of(request)],
    )


def cut_metrics(body: bytes, target: Target) -> Remains | None:
    """Points go that name who is to be forgotten; an exemplar goes with its trace."""
    request = parse("metrics", body)
    stays = stays_by_name(target)
    removed = 0
    for of_resource in request.resource_metrics:
        whole = names(of_resource.resource.attributes, target)
        for of_scope in of_resource.scope_metrics:
            for metric in of_scope.metrics:
                kind = metric.WhichOneof("data")
                if kind is None:
                    continue
                points = getattr(metric, kind).data_points
                removed += keep(points, (lambda _: False) if whole else stays)
                removed += sum(cut_exemplars(point, target) for point in points)
            keep(of_scope.metrics, has_points)
        keep(of_resource.scope_metrics, lambda of_scope: of_scope.metrics)
    if not removed:
        return None
    keep(request.resource_metrics, lambda of_resource: of_resource.scope_metrics)
    return Remains(body=request.SerializeToString() if request.resource_metrics else None)


def has_points(metric: Any) -> bool:
    """Whether anything is left of a metric."""
    kind = metric.WhichOneof("data")
    return kind is None or bool(getattr(metric, kind).data_points)


def cut_exemplars(point: Any, target: Target) -> int:
    """Remove the exemplars of erased spans; summaries have none."""
    exemplars = getattr(point, "exemplars", None)
    return keep(exemplars, lambda e: not hit(target, e.trace_id, e.span_id)) if exemplars else 0


def cut_facts(body: bytes, target: Target) -> Remains | None:
    """Facts go with the session, trace or span that they are about."""
    rows = cast("list[dict[str, Any]]", orjson.loads(body))

    def stays(row: dict[str, Any]) -> bool:
        if row.get("session") in target.sessions:
            return False
        trace_id, span_id = (bytes.fromhex(str(row.get(key) or "")) for key in ("trace_id", "span_id"))
        return not hit(target, trace_id, span_id)

    left = [row for row in rows if stays(row)]
    if len(left) == len(rows):
        return None
    return Remains(body=orjson.dumps(left) if left else None)


def hit(target: Target, trace_id: bytes, span_id: bytes) -> bool:
    """Whether something stands at an erased span; or, without a span, at a trace that has one."""
    if not trace_id:
        return False
    found = int.from_bytes(span_id, "big")
    if found:
        return (trace_id, found) in target.spans
    return trace_id in target.traces


def stays_by_name(target: Target) -> Stays:
    """A test of what carries attributes."""
    return lambda item: not names(item.attributes, target)


def names(attributes: Iterable[Any], target: Target) -> bool:
    """Whether attributes, in any dialect, name an erased session, or the user or tenant who is to be forgotten."""
    found = attributes_of(attributes)
    if not found:
        return False
    step = normalise(RawSpan(b"", 0, 0, "", 0, 0, 0, "", found, [], 0), shared_by({}, NOWHERE), 0)
    if step.own_session in target.sessions:
        return True
    what, value = target.named
    return what != "session" and getattr(step, what) == value


def keep(items: Any, stays: Stays) -> int:
    """Keep the items of a repeated field that stay; gives how many went."""
    left = [item for item in items if stays(item)]
    gone = len(items) - len(left)
    if gone:
        del items[:]
        items.extend(left)
    return gone
