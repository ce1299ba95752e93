"""Journalled bodies as steps and facts: normalised, classified, priced."""

from itertools import count
from typing import Any, cast

import orjson
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from trimtab.loop.ingest.decode.alike import Alike, Filler, hash_of, learn
from trimtab.loop.ingest.decode.messages import parse, readable, unreadable
from trimtab.loop.ingest.decode.opening import Opened, open_traces
from trimtab.loop.ingest.decode.ports import Prices, Usage
from trimtab.loop.ingest.decode.values import attributes_of, known_attributes
from trimtab.vocabulary.kernel import Invalid, TooLarge
from trimtab.vocabulary.trace import (
    EVALUATED,
    EVALUATION,
    LEAF_KINDS,
    Event,
    Fact,
    Place,
    RawSpan,
    Step,
    evaluation,
    evaluation_on_span,
    fact_from_json,
    normalise,
    outcome_of_step,
    shared_by,
)

MAX_FACTS = 10_000
COST = Step._fields.index("cost_nusd")
"""Its place in a step, and `cost_status` behind it; `_replace` takes ten times as long."""
FACT_METRIC = "trimtab.fact."
ALIKE = Alike()


def decode_traces(
    body: bytes, place: Place, prices: Prices, opened: Opened | None = None
) -> tuple[list[Step], list[Fact]]:
    """Steps of a traces body, and the facts that its spans carry; `opened` where it was opened with others."""
    opened = opened or open_traces([body])[0]
    if opened is None:
        raise unreadable("traces")
    steps: list[Step] = []
    facts: list[Fact] = []
    groups, walked, first = opened
    places = count(first)
    filler = Filler(ALIKE.shapes.values, walked, place, prices)
    for resource, spans in groups:
        shared = shared_by(attributes_of(resource.attributes), place)
        known = ALIKE.of(place.project, resource.SerializeToString())
        for content, at in zip(spans, places, strict=False):
            like = ALIKE.likeness(walked, at)
            template = known.get(like) if like else None
            if template:
                steps.append(filler.step(template, content, at, len(steps)))
                continue
            raw, canonical = raw_span(content)
            if like and like not in known and canonical:
                learn(known, like, raw, shared)
            step = priced(normalise(raw, shared, len(steps)), prices)
            steps.append(step)
            if step.outcome or raw.events or EVALUATED in raw.attributes:
                facts += facts_of(raw, step, place)
    return steps, facts


def raw_span(content: bytes) -> tuple[RawSpan, bool]:
    """A serialised span, read as a whole, as the normaliser wants it; and whether it was in its canonical form."""
    with readable("traces"):
        span = Span.FromString(content)
    events = [Event(e.name, e.time_unix_nano, attributes_of(e.attributes)) for e in span.events]
    status = span.status
    canonical = span.SerializeToString()
    raw = RawSpan(
        span.trace_id,
        int.from_bytes(span.span_id, "big"),
        int.from_bytes(span.parent_span_id, "big"),
        span.name,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        status.code,
        status.message,
        known_attributes(span.attributes),
        events,
        hash_of(canonical),
    )
    return raw, canonical == content


def priced(step: Step, prices: Prices) -> Step:
    """The step with its cost: the reported one, else by its price, of leaves alone: a roll-up would count them twice."""
    if step.cost_nusd is not None:
        return Step._make((*step[: COST + 1], "reported", *step[COST + 2 :]))
    if step.kind not in LEAF_KINDS or step.kind == "tool":
        return step
    usage = Usage(step.input_tokens, step.output_tokens, step.cache_read_tokens, step.cache_write_tokens)
    cost, status = prices.price(step.provider, step.model, step.start_ns, usage)
    return Step._make((*step[:COST], cost, status, *step[COST + 2 :]))


def facts_of(raw: RawSpan, step: Step, place: Place) -> list[Fact]:
    """The outcome that a span states, and the evaluations among its events, else among its attributes."""
    found: list[Fact] = []
    if step.outcome:
        said = step.outcome, step.outcome_reason
        found.append(outcome_of_step(step.project, step.trace_id, step.span_id, step.end_ns, said))
    for event in raw.events:
        if event.name == EVALUATION:
            fact = evaluation(place, raw.trace_id, raw.span_id, event.time_ns, event.attributes)
            found += [fact] if fact else []
    if EVALUATED in raw.attributes:
        fact = evaluation_on_span(place, raw.trace_id, raw.span_id, step.end_ns, raw.attributes)
        if fact and all(fact.name != told.name for told in found):
            found.append(fact)
    return found


def decode_metrics(body: bytes, place: Place) -> list[Fact]:
    """Facts among metrics: gauges named `trimtab.fact.<name>` with a `session.id`; others are not ours."""
    found: list[Fact] = []
    for of_resource in parse("metrics", body).resource_metrics:
        for of_scope in of_resource.scope_metrics:
            for metric in of_scope.metrics:
                if metric.name.startswith(FACT_METRIC):
                    found += [
                        fact
                        for point in metric.gauge.data_points
                        for fact in point_fact(metric.name, point, place)
                    ]
    return found


def point_fact(name: str, point: Any, place: Place) -> list[Fact]:
    """A gauge point as a score of a session; one without a session says nothing."""
    session = attributes_of(point.attributes).get("session.id")
    if not isinstance(session, str) or not session:
        return []
    value = point.as_double if point.WhichOneof("value") == "as_double" else float(point.as_int)
    row: dict[str, object] = {
        "id": f"metric-{name}-{session}-{point.time_unix_nano}",
        "kind": "score",
        "source": "app",
        "session": session,
        "name": name.removeprefix(FACT_METRIC),
        "value": value,
        "time": point.time_unix_nano / 1e9,
    }
    return [fact_from_json(place.project, row, place.received_ns)]


def check_facts(project: str, rows: object, received_ns: int) -> list[dict[str, Any]]:
    """Facts as the API takes them, each with its time; raises `Invalid` that names the wrong one."""
    listed = cast("list[object]", rows) if isinstance(rows, list) else [rows]
    if len(listed) > MAX_FACTS:
        raise TooLarge(f"{len(listed)} facts at once", hint=f"at most {MAX_FACTS}")
    found: list[dict[str, Any]] = []
    for index, row in enumerate(listed):
        try:
            fact = fact_from_json(project, row, received_ns)
        except Invalid as error:
            raise Invalid(f"fact {index}: {error.message}", hint=error.hint, code="fact") from error
        given = cast("dict[str, Any]", row)
        found.append(given | {"time": given.get("time", fact.time_ns / 1e9)})
    return found


def decode_facts(body: bytes, place: Place) -> list[Fact]:
    """Facts of a journalled body."""
    return [fact_from_json(place.project, row, place.received_ns) for row in orjson.loads(body)]
