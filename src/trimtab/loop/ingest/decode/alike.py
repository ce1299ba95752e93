"""Steps of spans that are like others: only what differs between them is read.

What each attribute means, and what all of a span together mean, is remembered; what is new, oddly written or told by
events is left to be read as a whole.
"""

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from trimtab.loop.ingest.decode.ports import Prices, Usage
from trimtab.loop.ingest.decode.shapes import Shapes
from trimtab.loop.ingest.decode.walk import Walked
from trimtab.loop.ingest.decode.wire import opened, text_behind
from trimtab.vocabulary.trace import (
    LEAF_KINDS,
    ROW,
    Place,
    RawSpan,
    Shared,
    Step,
    Template,
    settle_times,
    template_of,
)

MAX_TEMPLATES = 5_000
SKEWED, BODY, ORDINAL, COST = ROW["skewed"], ROW["body"], ROW["ordinal"], ROW["cost_nusd"]
KIND, PROVIDER, MODEL = ROW["kind"], ROW["provider"], ROW["model"]
TOKENS = slice(ROW["input_tokens"], ROW["cache_write_tokens"] + 1)
PRICED_KINDS = LEAF_KINDS - {"tool"}
Likeness = tuple[Any, ...]
"""Name, status and the shapes of all attributes."""
SHAPES = slice(2, None)
Known = dict[Likeness, Template | None]


class Alike:
    """What is remembered of spans, for all bodies: shapes of attributes, and templates by project and resource."""

    def __init__(self) -> None:
        """Remember nothing yet."""
        self.shapes = Shapes()
        self._known: dict[tuple[str, bytes], Known] = {}

    def of(self, project: str, resource: bytes) -> Known:
        """The templates of a resource; all are forgotten when they are too many."""
        self.shapes.trim()
        if len(self._known) + sum(map(len, self._known.values())) > MAX_TEMPLATES:
            self._known.clear()
        return self._known.setdefault((project, resource), {})

    def likeness(self, walked: Walked, span: int) -> Likeness | None:
        """What a span has in common with others; None where it has to be read as a whole."""
        shapes = self.shapes.of(walked, span) if walked.walked[span] else None
        return None if shapes is None else (walked.names[span], walked.statuses[span], *shapes)


def learn(known: Known, like: Likeness, span: RawSpan, shared: Shared) -> None:
    """Remember a span's template, or that it has none."""
    known[like] = template_of(span, like[SHAPES], shared)


class Filler:
    """Fills templates with what is a span's own."""

    def __init__(self, values: Mapping[bytes, Any], walked: Walked, place: Place, prices: Prices) -> None:
        """For the spans of one body; `values` are those of loose attributes."""
        self._values, self._walked, self._place, self._prices = values, walked, place, prices
        self._latest_ns = place.received_ns + place.skew_bound_ns

    def step(self, template: Template, content: bytes, span: int, ordinal: int) -> Step:
        """The step of a span."""
        walked, place, first = self._walked, self._place, self._walked.first[span]
        row = template.row.copy()
        start_ns, end_ns = walked.starts_ns[span], walked.ends_ns[span]
        if not 0 < start_ns <= end_ns <= self._latest_ns:
            start_ns, end_ns, row[SKEWED] = settle_times(start_ns, end_ns, place)
        row[1:7] = (
            walked.trace_ids[span],
            walked.span_ids[span],
            walked.parent_ids[span],
            start_ns,
            end_ns,
            hash_of(content),
        )
        row[BODY], row[ORDINAL] = place.body, ordinal
        for at, field in template.loose:
            row[field] = self._values[walked.attribute(first + at)]
        if template.usage:
            template.read_usage(
                row, {field: self._values[walked.attribute(first + at)] for at, field in template.usage[1]}
            )
        if template.texts:
            template.read_texts(row, {key: self._text(first + at) for at, key in template.texts})
        if row[COST] is not None:
            row[COST + 1] = "reported"
        elif row[KIND] in PRICED_KINDS:
            usage = Usage(*row[TOKENS])
            row[COST : COST + 2] = self._prices.price(row[PROVIDER], row[MODEL], start_ns, usage)
        return Step._make(row)

    def _text(self, at: int) -> object:
        raw, mark = self._walked.attribute(at), self._walked.marks[at]
        return opened(raw)[1] if len(mark) == len(raw) else text_behind(raw, len(mark))


def hash_of(content: bytes) -> int:
    """What tells a span from every other one: of its canonical form."""
    return int.from_bytes(blake2b(content, digest_size=8).digest(), "big")
