"""Which session and agent a span belongs to, when only some spans of its trace say so."""

from collections.abc import Mapping, Sequence
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
    first span in time that has one. A missing parent ends the walk; a cycle is cut at its first span in time.
    """
    parents = {span.span_id: span.parent_id for span in spans}
    by_id = {span.span_id: span for span in spans}
    of_trace = first_said(spans, "own_session"), first_said(spans, "own_agent")
    found: dict[int, tuple[str, str]] = {}
    for span in spans:
        for step in reversed(path_up(span, by_id, parents, found)):
            session, agent = found.get(parents[step.span_id], ("", ""))
            found[step.span_id] = step.own_session or session, step.own_agent or agent
    return {key: (session or of_trace[0], agent or of_trace[1]) for key, (session, agent) in found.items()}


def path_up(
    span: Skeleton, by_id: Mapping[int, Skeleton], parents: dict[int, int], found: Mapping[int, object]
) -> list[Skeleton]:
    """The spans from this one up to the first that is resolved or has no parent; cuts a cycle it meets."""
    path: list[Skeleton] = []
    seen: set[int] = set()
    at: Skeleton | None = span
    while at is not None and at.span_id not in found:
        if at.span_id in seen:
            cycle = path[path.index(at) :]
            parents[min(cycle, key=lambda step: (step.order, step.span_id)).span_id] = 0
            return path_up(span, by_id, parents, found)
        seen.add(at.span_id)
        path.append(at)
        at = by_id.get(parents[at.span_id])
    return path


def first_said(spans: Sequence[Skeleton], field: str) -> str:
    """What the trace as a whole says: roots before others, then the first in time."""
    said = [span for span in spans if getattr(span, field)]
    if not said:
        return ""
    return str(getattr(min(said, key=lambda span: (span.parent_id != 0, *span.order)), field))
