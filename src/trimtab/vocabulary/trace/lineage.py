"""Which session and agent a span belongs to, when only some spans of its trace say so."""

from collections.abc import Sequence
from typing import NamedTuple


class Skeleton(NamedTuple):
    """What lineage needs to know of a span."""

    span_id: int
    parent_id: int
    start_ns: int
    end_ns: int
    content_hash: int
    own_session: str
    own_agent: str

    @property
    def order(self) -> tuple[int, int, int]:
        """By time, then content; never by arrival."""
        return self.start_ns, self.end_ns, self.content_hash


def resolve_lineage(spans: Sequence[Skeleton]) -> dict[int, tuple[str, str]]:
    """Span id -> (session, agent) for the spans of one trace; "" where nothing in the trace says it.

    A span's own word wins, then its nearest ancestor's, then the trace's: the root's, else that of the
    first span in time that has one. A missing parent ends the walk, and so does a cycle.
    """
    by_id = {span.span_id: span for span in spans}
    of_trace = first_said(spans, "own_session"), first_said(spans, "own_agent")
    found: dict[int, tuple[str, str]] = {}
    for span in spans:
        path: list[Skeleton] = []
        at: Skeleton | None = span
        seen: set[int] = set()
        while at is not None and at.span_id not in found and at.span_id not in seen:
            seen.add(at.span_id)
            path.append(at)
            at = by_id.get(at.parent_id) if at.parent_id else None
        session, agent = found.get(at.span_id, ("", "")) if at is not None else ("", "")
        for step in reversed(path):
            session, agent = step.own_session or session, step.own_agent or agent
            found[step.span_id] = session, agent
    return {key: (session or of_trace[0], agent or of_trace[1]) for key, (session, agent) in found.items()}


def first_said(spans: Sequence[Skeleton], field: str) -> str:
    """What the trace as a whole says: roots before others, then the first in time."""
    said = [span for span in spans if getattr(span, field)]
    if not said:
        return ""
    return str(getattr(min(said, key=lambda span: (span.parent_id != 0, *span.order)), field))
