"""One trace with OpenTelemetry, where the agent uses it: found among the loaded modules, never imported by us.

A span of theirs that is current becomes the parent of our step, and our step the parent of their spans: we attach to their
context a span that records nothing and has our ids.
"""

import sys
from typing import Any

from trimtab.edge.sdk.lineage.context import NOBODY, Place
from trimtab.edge.sdk.warn import nothing, safe

TRACE, CONTEXT = "opentelemetry.trace", "opentelemetry.context"


def theirs() -> tuple[Any, Any] | None:
    """OpenTelemetry's trace and context, where the agent has loaded them."""
    trace = sys.modules.get(TRACE)
    if trace is None:
        return None
    context = sys.modules.get(CONTEXT)
    return None if context is None else (trace, context)


def current(ours: Place | None) -> Place | None:
    """The parent of a new step: their current span where it is another than ours, with the lineage of ours."""
    found = theirs()
    return ours if found is None else beside(found[0], ours) or ours


@safe(nothing)
def beside(trace: Any, ours: Place | None) -> Place | None:
    """Their current span, None where there is none."""
    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return None
    span_id = f"{span.span_id:016x}"
    if ours is not None and ours.span_id == span_id:
        return ours
    state = span.trace_state.to_header() if span.trace_state else ""
    lineage = NOBODY if ours is None else ours.lineage
    return Place(f"{span.trace_id:032x}", span_id, int(span.trace_flags), state, lineage)


@safe(nothing)
def attach(place: Place) -> Any:
    """Make a place of ours the parent of their spans; gives what `detach` wants, None where there is nobody."""
    found = theirs()
    if found is None:
        return None
    trace, context = found
    state = trace.TraceState.from_header([place.state]) if place.state else None
    span = trace.SpanContext(
        trace_id=int(place.trace_id, 16),
        span_id=int(place.span_id, 16),
        is_remote=False,
        trace_flags=trace.TraceFlags(place.flags),
        trace_state=state,
    )
    return context.attach(trace.set_span_in_context(trace.NonRecordingSpan(span)))


def detach(token: Any) -> None:
    """Go back to their context before `attach`; their `detach` would log an error where a generator changed contexts."""
    if token is None:
        return
    try:
        token.var.reset(token)
    except (AttributeError, ValueError):
        return
