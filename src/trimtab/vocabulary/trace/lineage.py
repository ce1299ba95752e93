"""Which session and agent a span belongs to, when only some spans of its trace say so."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

Lineage = tuple[str, str]
UNSAID: Lineage = ("", "")


class Skeleton(NamedTuple):
    """What the other spans of a trace need to know of a span; the fields stand in the order in which `Step` has them."""

    span_id: int
    parent_id: int
    start_ns: int
    end_ns: int
    content_hash: int
    kind: str
    own_session: str
    own_agent: str
    tool: str
    error: bool
    error_type: str
    input_tokens: int | None
    output_tokens: int | None

    @property
    def order(self) -> tuple[int, int, int]:
        """By time, then content; never by arrival."""
        return self.start_ns, self.end_ns, self.content_hash

    @property
    def has_usage(self) -> bool:
        """Whether it tells of any tokens."""
        return self.input_tokens is not None or self.output_tokens is not None


def resolve_lineage(spans: Mapping[int, Skeleton]) -> dict[int, Lineage]:
    """Span id -> (session, agent) for the spans of one trace, by span id; "" where nothing in the trace says it.

    A span's own word wins, then its nearest ancestor's, then the trace's: the root's, else that of the
    first span in time that has one. A missing parent ends the walk; a cycle is cut at its first span in time.
    """
    found: dict[int, Lineage] = {}
    for span_id, span in spans.items():
        if span_id in found:
            continue
        above = found.get(span.parent_id)
        if above is None and span.parent_id in spans:
            for step in reversed(path_up(span, spans, found)):
                found[step.span_id] = inherit(step, found.get(step.parent_id, UNSAID))
        else:
            found[span_id] = inherit(span, above or UNSAID)
    if all(session and agent for session, agent in found.values()):
        return found
    of_session, of_agent = first_said(spans.values(), "own_session"), first_said(spans.values(), "own_agent")
    return {key: (session or of_session, agent or of_agent) for key, (session, agent) in found.items()}


def inherit(span: Skeleton, above: Lineage) -> Lineage:
    """A span's own word, else its parent's."""
    return span.own_session or above[0], span.own_agent or above[1]


def path_up(span: Skeleton, spans: Mapping[int, Skeleton], found: Mapping[int, Lineage]) -> list[Skeleton]:
    """The spans from this one up to the first that is resolved or has no parent here; a cycle ends at its cut."""
    path: list[Skeleton] = []
    seen: set[int] = set()
    at: Skeleton | None = span
    while at is not None and at.span_id not in found:
        if at.span_id in seen:
            return from_cut(path, path.index(at))
        seen.add(at.span_id)
        path.append(at)
        at = spans.get(at.parent_id)
    return path


def from_cut(path: list[Skeleton], start: int) -> list[Skeleton]:
    """A path that ran into the cycle `path[start:]`, turned so that the cycle's first span in time is its top."""
    cycle = path[start:]
    top = cycle.index(min(cycle, key=lambda span: (span.order, span.span_id)))
    return path[:start] + cycle[top + 1 :] + cycle[: top + 1]


def first_said(spans: Collection[Skeleton], field: str) -> str:
    """What the trace as a whole says: roots before others, then the first in time."""
    said = [span for span in spans if getattr(span, field)]
    if not said:
        return ""
    return str(getattr(min(said, key=lambda span: (span.parent_id != 0, *span.order)), field))
