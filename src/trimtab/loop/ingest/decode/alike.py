"""Steps of spans that are like others: only what differs between them is read.

A span is opened as far as its attributes, which stay bytes. What each of them means, and what all together
mean, is remembered; what is new, oddly written or told by events is left to be read as a whole.
"""

from collections.abc import Sequence
from typing import Any

from trimtab.loop.ingest.decode.ports import Prices, Usage
from trimtab.loop.ingest.decode.shapes import Shapes
from trimtab.loop.ingest.decode.wire import key_of, opened, text_in
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
"""Name, status code, status message and the shapes of all attributes."""
SHAPES = slice(3, None)
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

    def likeness(self, span: Any, attributes: Sequence[bytes]) -> Likeness | None:
        """What a span has in common with others; None where it has to be read as a whole."""
        shapes = None if len(span.events) else self.shapes.of(attributes)
        if shapes is None:
            return None
        status = span.status
        return (span.name, status.code, status.message, *shapes)


def learn(known: Known, like: Likeness, span: RawSpan, shared: Shared) -> None:
    """Remember a span's template, or that it has none."""
    known[like] = template_of(span, like[SHAPES], shared)


class Filler:
    """Fills templates with what is a span's own."""

    def __init__(self, shapes: Shapes, place: Place, prices: Prices) -> None:
        """For the spans of one body."""
        self._values, self._place, self._prices = shapes.values, place, prices

    def step(
        self, template: Template, span: Any, attributes: Sequence[bytes], content_hash: int, ordinal: int
    ) -> Step:
        """The step of a span."""
        row = template.row.copy()
        start_ns, end_ns, row[SKEWED] = settle_times(
            span.start_time_unix_nano, span.end_time_unix_nano, self._place
        )
        row[1:7] = (
            span.trace_id,
            int.from_bytes(span.span_id, "big"),
            int.from_bytes(span.parent_span_id, "big"),
            start_ns,
            end_ns,
            content_hash,
        )
        row[BODY], row[ORDINAL] = self._place.body, ordinal
        values = self._values
        for at, field in template.loose:
            row[field] = values[attributes[at]]
        if template.usage:
            template.read_usage(row, {field: values[attributes[at]] for at, field in template.usage[1]})
        if template.texts:
            template.read_texts(row, {key: text_of(attributes[at]) for at, key in template.texts})
        if row[COST] is not None:
            row[COST + 1] = "reported"
        elif row[KIND] in PRICED_KINDS:
            usage = Usage(*row[TOKENS])
            row[COST : COST + 2] = self._prices.price(row[PROVIDER], row[MODEL], start_ns, usage)
        return Step._make(row)


def text_of(raw: bytes) -> Any:
    """The value of an attribute that is text as a rule."""
    text = text_in(raw, key_of(raw))
    return opened(raw)[1] if text is None else text
