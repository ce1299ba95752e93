"""One call that several nested spans tell of: which of them counts (decision 0009)."""

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from trimtab.vocabulary.trace.lineage import Skeleton
from trimtab.vocabulary.trace.step import LEAF_KINDS

NO_TYPE = "_OTHER"
"""What OpenTelemetry calls an error without a type: https://opentelemetry.io/docs/specs/semconv/attributes-registry/error/"""


class Told(NamedTuple):
    """What the other spans of a call make of a step.

    `repeated`: another step counts for the same call, so this one's call, tokens and cost are not added.
    `inner_error`: the type of the error that a repeated tool step within this one ended with, "" where none did.
    """

    repeated: bool = False
    inner_error: str = ""


ALONE, REPEATED = Told(), Told(repeated=True)


def resolve_calls(spans: Mapping[int, Skeleton]) -> dict[int, Told]:
    """Span id -> what nesting makes of it, for the spans of one trace, by span id; those not named stand alone.

    A tool step directly below one of the same tool is transport: the outermost counts, for it has the whole time.
    A model, embedding or rerank step directly above one of its kind is a roll-up: the innermost counts. What tells
    of no usage, where the roll-up does and nothing else within it, gives way to the roll-up.
    """
    above = nested(spans)
    if not above:
        return {}
    within: dict[int, list[int]] = {}
    for inner, outer in above.items():
        within.setdefault(outer, []).append(inner)
    told: dict[int, Told] = {}
    for outermost in within.keys() - above.keys():
        of_call = list(downwards(outermost, within))
        if spans[outermost].kind == "tool":
            told[outermost] = Told(inner_error=error_among(spans[inner] for inner in of_call[1:]))
            told |= dict.fromkeys(of_call[1:], REPEATED)
        else:
            told |= dict.fromkeys(rolled_up(of_call, within, spans), REPEATED)
    return told


def nested(spans: Mapping[int, Skeleton]) -> dict[int, int]:
    """Inner span -> outer span, where both tell of one call; a cycle is cut at its first span in time."""
    above: dict[int, int] = {}
    for span_id, span in spans.items():
        kind = span.kind
        if kind not in LEAF_KINDS:
            continue
        outer = spans.get(span.parent_id)
        if outer is None or outer.kind != kind or outer is span:
            continue
        if kind != "tool" or (span.tool and span.tool == outer.tool):
            above[span_id] = span.parent_id
    for cycle in cycles(above):
        del above[min(cycle, key=lambda span_id: (spans[span_id].order, span_id))]
    return above


def cycles(above: Mapping[int, int]) -> list[list[int]]:
    """The cycles among spans that each have at most one above them."""
    found: list[list[int]] = []
    done: set[int] = set()
    for start in above:
        path: dict[int, int] = {}
        at: int | None = start
        while at is not None and at not in done and at not in path:
            path[at] = len(path)
            at = above.get(at)
        if at is not None and at in path:
            found.append(list(path)[path[at] :])
        done |= path.keys()
    return found


def downwards(outermost: int, within: Mapping[int, Collection[int]]) -> Iterator[int]:
    """A span and all within it, outer ones first."""
    waiting = [outermost]
    while waiting:
        span_id = waiting.pop()
        yield span_id
        waiting += within.get(span_id, ())


def error_among(spans: Iterator[Skeleton]) -> str:
    """The type of the first error in time, of those that have one."""
    failed = [span for span in spans if span.error]
    first = min(failed, key=lambda span: (not span.error_type, span.order, span.span_id), default=None)
    return "" if first is None else first.error_type or NO_TYPE


def rolled_up(
    of_call: list[int], within: Mapping[int, Collection[int]], spans: Mapping[int, Skeleton]
) -> Iterator[int]:
    """Those of a call's spans, given outer ones first, that do not count."""
    tells: dict[int, bool] = {}
    for span_id in reversed(of_call):
        tells[span_id] = spans[span_id].has_usage or any(tells[inner] for inner in within.get(span_id, ()))
    covered: set[int] = set()
    for span_id in of_call:
        inner = within.get(span_id, ())
        # The usage that only the roll-up tells is that of everything within it.
        covers = span_id in covered or (tells[span_id] and not any(tells[i] for i in inner))
        if covers:
            covered.update(inner)
        if span_id in covered or (inner and not covers):
            yield span_id
