"""The two sides of a span: what it was given, and what it gave; in any dialect, as text."""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from trimtab.loop.ingest.decode import Record, attributes_of, parse, records_of
from trimtab.loop.ingest.said import (
    FLAT_ENDS,
    FLAT_INPUT,
    FLAT_OUTPUT,
    GIVEN_EVENTS,
    WHOLE_EVENTS,
    bounded,
    leaves,
    newest,
    newest_flat,
    structure,
    without_rules,
    words_of_event,
)
from trimtab.loop.store import Analytics, Entry, Journal, Row, logged_bodies
from trimtab.vocabulary.trace import LOGGED

Attributes = dict[str, Any]
ASKED = (
    *("gen_ai.input.messages", "gen_ai.prompt", "ai.prompt.messages", "gcp.vertex.agent.llm_request"),
    *("mlflow.spanInputs", "langfuse.observation.input", "traceloop.entity.input"),
)
"""What may hold the whole conversation up to now."""
CALLED = (
    *("gen_ai.tool.call.arguments", "tool.parameters", "ai.toolCall.args"),
    *("gcp.vertex.agent.tool_call_args", "gen_ai.retrieval.query.text"),
)
RESULT = ("gen_ai.tool.call.result", "ai.toolCall.result", "gcp.vertex.agent.tool_response")
GAVE = (
    *("gen_ai.output.messages", "gen_ai.completion"),
    *("ai.response.text", "ai.response.object", "ai.response.toolCalls", "ai.value"),
    *("gcp.vertex.agent.llm_response",),
    *("output.value", "mlflow.spanOutputs", "langfuse.observation.output", "traceloop.entity.output"),
)
"""What may repeat itself: the first that says anything counts. Arguments and results stay as they are, with numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What a span was given: all of it, and of a conversation the last message; and what it gave. "" is not known."""

    whole: str
    given: str
    gave: str


NOTHING = Exchange(whole="", given="", gave="")


def exchanges_of(entry: Entry, ordinals: Container[int]) -> dict[int, Exchange]:
    """The exchanges of those spans of a traces body, by their ordinals."""
    if entry.signal != "traces":
        return {}
    spans = (
        span
        for of_resource in parse("traces", entry.body).resource_spans
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    )
    return {ordinal: exchange_of(span) for ordinal, span in enumerate(spans) if ordinal in ordinals}


def exchanges_in(
    journal: Journal, analytics: Analytics, project: str, steps: Sequence[Row]
) -> dict[tuple[int, int], Exchange]:
    """The exchanges of steps whose bodies are still kept, by body and ordinal; the log tells of a span that is silent."""
    wanted: dict[int, set[int]] = defaultdict(set)
    for step in steps:
        wanted[step["body"]].add(step["ordinal"])
    found = {
        (body, ordinal): exchange
        for body, ordinals in wanted.items()
        if (entry := journal.get(body)) is not None
        for ordinal, exchange in exchanges_of(entry, ordinals).items()
    }
    silent = {
        (step["trace_id"].bytes, int(step["span_id"])): place
        for step in steps
        if step["kind"] == "llm" and found.get(place := (step["body"], step["ordinal"]), NOTHING) == NOTHING
    }
    if silent and (bodies := logged_bodies(analytics, project, steps)):
        entries = [entry for body in bodies if (entry := journal.get(body)) is not None]
        found |= {silent[span]: told for span, told in logged_exchanges(entries, silent).items()}
    return found


def logged_exchanges(
    entries: Iterable[Entry], wanted: Container[tuple[bytes, int]]
) -> dict[tuple[bytes, int], Exchange]:
    """The exchanges of those spans, by trace and span id, as far as the records in logs bodies tell of them."""
    records: dict[tuple[bytes, int], list[Record]] = defaultdict(list)
    for entry in entries:
        for record in records_of(parse("logs", entry.body)):
            if record.name in LOGGED and (record.trace_id, record.span_id) in wanted:
                records[record.trace_id, record.span_id].append(record)
    return {
        span: exchange_in({}, [(one.name, one.attributes) for one in sorted(of, key=lambda one: one.time_ns)])
        for span, of in records.items()
    }


def exchange_of(span: Any) -> Exchange:
    """The exchange of one span."""
    events = [(event.name, attributes_of(event.attributes)) for event in span.events]
    return exchange_in(attributes_of(span.attributes), events)


def exchange_in(attributes: Attributes, events: Iterable[tuple[str, Attributes]]) -> Exchange:
    """The exchange that attributes and events tell of, events by their name."""
    told: list[str] = []
    chosen: list[str] = []
    for name, of_event in events:
        if name in WHOLE_EVENTS:
            attributes = of_event | attributes
        elif name in GIVEN_EVENTS:
            told += words_of_event(of_event)
        elif name == "gen_ai.choice":
            chosen += words_of_event(of_event)
    called = as_it_is(attributes, CALLED)
    return Exchange(
        whole=bounded(
            called
            or as_it_is(attributes, (*ASKED, "ai.prompt", "input.value"))
            or flat_of(attributes)
            or told
        ),
        given=bounded(called or newest_of(attributes) or told[-1:]),
        gave=bounded(as_it_is(attributes, RESULT) or gave_of(attributes) or chosen),
    )


def as_it_is(attributes: Attributes, keys: tuple[str, ...]) -> list[str]:
    """The first attribute that is there, as text."""
    value = next((attributes[key] for key in keys if attributes.get(key) not in (None, "")), None)
    if value is None:
        return []
    return [value if isinstance(value, str) else orjson.dumps(value, default=str).decode()]


def first_of(attributes: Attributes, keys: tuple[str, ...]) -> list[str]:
    """The text of the first attribute that has any."""
    for key in keys:
        if said := [*leaves(structure(attributes.get(key)))]:
            return said
    return []


def flat_of(attributes: Attributes) -> list[str]:
    """A conversation that lies flat, one attribute a part."""
    keys = [key for key in attributes if key.startswith(FLAT_INPUT) and key.endswith(FLAT_ENDS)]
    return [text for key in keys for text in leaves(structure(attributes[key]))]


def newest_of(attributes: Attributes) -> list[str]:
    """The last message that a span was given."""
    for key in ASKED:
        if said := [*leaves(newest(structure(attributes.get(key))))]:
            return said
    asked = newest(without_rules(structure(attributes.get("ai.prompt"))))
    value = newest(structure(attributes.get("input.value")))
    return [*leaves(asked)] or newest_flat(attributes) or [*leaves(value)]


def gave_of(attributes: Attributes) -> list[str]:
    """What a span gave."""
    flat = [
        text
        for key, value in attributes.items()
        if key.startswith(FLAT_OUTPUT) and key.endswith(FLAT_ENDS)
        for text in leaves(structure(value))
    ]
    return flat or first_of(attributes, GAVE)
