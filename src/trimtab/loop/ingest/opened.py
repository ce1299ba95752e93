"""What the spans of steps say in full: their exchange, what was decided about them, and one of them as it came."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.loop.ingest.decode import attributes_of, parse
from trimtab.loop.ingest.exchange import NOTHING, exchanges_in
from trimtab.loop.store import Analytics, Journal, Row
from trimtab.vocabulary.kernel import Missing

DECIDED = "trimtab.contract."
SCHEMA = "trimtab.schema_ok"
Places = Mapping[int, set[int]]


def spans_in(journal: Journal, wanted: Places) -> dict[tuple[int, int], Any]:
    """The spans at these places (body -> ordinals) whose bodies are still kept."""
    found: dict[tuple[int, int], Any] = {}
    for body, ordinals in wanted.items():
        entry = journal.get(body)
        if entry is None or entry.signal != "traces":
            continue
        spans = (
            span
            for of_resource in parse("traces", entry.body).resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        )
        found |= {(body, at): span for at, span in enumerate(spans) if at in ordinals}
    return found


def said_in_steps(journal: Journal, analytics: Analytics, project: str, steps: Sequence[Row]) -> list[Row]:
    """Of each step what it was given and gave, its schema's verdict and its contract's; `kept`: the body is still there."""
    wanted: dict[int, set[int]] = defaultdict(set)
    for step in steps:
        wanted[step["body"]].add(step["ordinal"])
    spans, exchanges = spans_in(journal, wanted), exchanges_in(journal, analytics, project, steps)
    rows: list[Row] = []
    for step in steps:
        place = (step["body"], step["ordinal"])
        exchange = exchanges.get(place, NOTHING)
        attributes = attributes_of(spans[place].attributes) if place in spans else {}
        rows.append(
            {
                "trace_id": step["trace_id"],
                "span_id": step["span_id"],
                "kept": place in spans,
                "given": exchange.given,
                "gave": exchange.gave,
                "schema_ok": attributes.get(SCHEMA),
                "contract": {
                    name.removeprefix(DECIDED): value
                    for name, value in attributes.items()
                    if name.startswith(DECIDED)
                },
            }
        )
    return rows


def raw_step(journal: Journal, analytics: Analytics, project: str, trace: str, span: int) -> Row:
    """One span as it was kept: name, attributes, events; raises `Missing`."""
    rows = analytics.rows(
        "select body, ordinal from steps where project = $project and trace_id = try_cast($trace as uuid)"
        " and span_id = $span",
        {"project": project, "trace": trace, "span": span},
    )
    places = {int(row["body"]): {int(row["ordinal"])} for row in rows}
    found = next(iter(spans_in(journal, places).values()), None)
    if found is None:
        raise Missing("no such step, or its body is no longer kept", hint="`trimtab retention` says how long")
    return {
        "name": found.name,
        "status": found.status.message,
        "attributes": attributes_of(found.attributes),
        "events": [
            {
                "name": event.name,
                "time_ns": event.time_unix_nano,
                "attributes": attributes_of(event.attributes),
            }
            for event in found.events
        ],
    }
