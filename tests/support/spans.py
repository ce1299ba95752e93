"""Steps of spans that a test spells out, and what they say beyond a span that says nothing."""

from typing import Any

from trimtab.vocabulary.trace import Event, Place, RawSpan, Step, normalise, shared_by

PLACE = Place("p", 1, 1_800_000_000_000_000_000, 300_000_000_000)


def step_of(
    attributes: dict[str, Any], status: int = 0, message: str = "", *events: Event, name: str = ""
) -> Step:
    """The step of one span of a service `shop`."""
    span = RawSpan(b"\1" * 16, 1, 0, name, 5, 9, status, message, attributes, list(events), 7)
    return normalise(span, shared_by({"service.name": "shop"}, PLACE), 0)


def told_by(step: Step) -> dict[str, Any]:
    """The fields in which a step differs from that of an empty span: all that its attributes told."""
    silent = step_of({})
    return {
        name: value
        for name, value, nothing in zip(Step._fields, step, silent, strict=True)
        if value != nothing
    }
