"""Traces decoded the plain way, span by span and attribute by attribute: what the quick way must equal in every field."""

import hashlib
import re
from types import ModuleType
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from trimtab.loop.ingest.decode import Prices, Usage
from trimtab.loop.ingest.decode.steps import facts_of
from trimtab.loop.ingest.decode.values import attributes_of
from trimtab.vocabulary.trace import EVALUATED, LEAF_KINDS, Event, Fact, Place, RawSpan, Step, error_class
from trimtab.vocabulary.trace.dialects import TABLE, Draft, gen_ai, named_by, speaking
from trimtab.vocabulary.trace.dialects.reading import text
from trimtab.vocabulary.trace.span import Attributes
from trimtab.vocabulary.trace.spoken import read_spoken, with_details

DEFAULTS: dict[str, Any] = {
    name: "" if kind is str else False if kind is bool else () if name == "dims" else None
    for name, kind in Step.__annotations__.items()
} | {"total_tokens": None}
FIELD = {name: place for place, name in enumerate((*Step._fields, "total_tokens"))}
"""Field of a draft -> its place in a row; the total of tokens is read, compared and left out."""
NAME, SKEWED, ORDINAL, OWN_AGENT = FIELD["name"], FIELD["skewed"], FIELD["ordinal"], FIELD["own_agent"]
HANDOFF = "transfer_to_"  # what OpenAI's Agents SDK names the tool that hands over
OPERATION = re.compile(r"^(?:execute_tool|tools/call)(?: |$)")
"""What OpenTelemetry's conventions put before the name of a tool in the name of a span."""
CALLED_BY_NAME = frozenset({"langfuse", "mlflow"})
NAMED_ERROR = re.compile(r"[A-Z]\w*(?:Error|Exception)\b")
FINISH_CLASSES = {
    "length": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
    "error": "other",
}
MAX_MESSAGE = 200
COST = Step._fields.index("cost_nusd")
"""Its place in a step, and `cost_status` behind it; `_replace` takes ten times as long."""


class Shared(NamedTuple):
    """What all spans of one resource in one body share: a row with its fields filled in."""

    place: Place
    row: list[Any]


def shared_by(resource: Attributes, place: Place) -> Shared:
    """Read the attributes of a resource once for all its spans."""
    fields = resource_fields(resource) | {"project": place.project, "body": place.body}
    return Shared(place, list((DEFAULTS | fields).values()))


def normalise(span: RawSpan, shared: Shared, ordinal: int) -> Step:
    """The step that a span tells of; cost is not known here."""
    attributes = with_details(span.attributes, span.events) if span.events else span.attributes
    dialects = speaking(attributes)
    draft = read_draft(attributes, dialects)
    draft["kind"] = kind_of(attributes, dialects)
    read_name(span.name, draft, shared)
    if span.events and draft["kind"] == "llm":
        read_spoken(span.events, draft)
    read_errors(span, draft)
    read_tokens(draft)
    tool = draft.get("tool", "")
    if tool.startswith(HANDOFF) and "handoff" not in draft and draft["kind"] == "tool":
        draft["handoff"] = tool[len(HANDOFF) :]
    if "model" not in draft and "model_requested" in draft:
        draft["model"] = draft["model_requested"]
    start_ns, end_ns, skewed = settle_times(span, shared.place)
    row = shared.row.copy()
    row[1:7] = span.trace_id, span.span_id, span.parent_id, start_ns, end_ns, span.content_hash
    for field, value in draft.items():
        row[FIELD[field]] = value
    row[NAME], row[SKEWED], row[ORDINAL] = span.name[:MAX_MESSAGE], skewed, ordinal
    return Step._make(row[: len(FIELD) - 1])


def read_draft(attributes: Attributes, dialects: tuple[ModuleType, ...] | None = None) -> Draft:
    """What attributes say by the tables of all dialects, and by what the tables cannot say, such as messages."""
    draft = read_fields(attributes)
    for dialect in speaking(attributes) if dialects is None else dialects:
        dialect.refine(attributes, draft)
    return draft


def read_fields(attributes: dict[str, Any]) -> Draft:
    """Fields from the tables of all dialects in one pass; of two that speak, the stronger one wins."""
    draft: Draft = {}
    ranks: dict[str, int] = {}
    for key, value in attributes.items():
        entry = TABLE.get(key)
        if entry is None:
            continue
        rank, field, convert = entry
        if rank > ranks.get(field, 1 << 30):
            continue
        converted = convert(value)
        if converted is None:
            continue
        draft[field] = converted
        ranks[field] = rank
    draft["dialect"] = named_by(ranks.values())
    return draft


def kind_of(attributes: Attributes, dialects: tuple[ModuleType, ...]) -> str:
    """The kind: named by a dialect in the order of precedence, else inferred, else other."""
    for dialect in dialects:
        found = dialect.kind(attributes)
        if found:
            return str(found)
    return gen_ai.inferred_kind(attributes) or "other"


def read_name(name: str, draft: Draft, shared: Shared) -> None:
    """A tool or an agent that no attribute names is what its span is called.

    So Langfuse and MLflow name theirs; other emitters call their agents' spans by what happens there.
    https://langfuse.com/docs/observability/features/observation-types
    https://mlflow.org/docs/latest/genai/tracing/app-instrumentation/manual-tracing
    """
    kind = draft["kind"]
    if kind == "tool" and not draft.get("tool"):
        draft["tool"] = OPERATION.sub("", name[:MAX_MESSAGE])
    elif kind == "agent" and draft["dialect"] in CALLED_BY_NAME and not shared.row[OWN_AGENT]:
        draft.setdefault("own_agent", name[:MAX_MESSAGE])


def read_errors(span: RawSpan, draft: Draft) -> None:
    """Whether the step failed, and the type, class and message of the failure."""
    message = span.status_message
    kind = draft.get("error_type", "")
    failed = span.status == 2 or bool(kind)
    for event in span.events:
        if event.name == "exception":
            kind = kind or text(event.attributes.get("exception.type")) or ""
            message = message or str(event.attributes.get("exception.message", ""))
            failed = failed or span.status != 1
    if failed:
        if not kind and (found := NAMED_ERROR.match(message)):
            kind = found[0]
        message = message[:MAX_MESSAGE]
        draft |= {"error": True, "error_type": kind, "error_message": message}
        draft.setdefault("error_class", error_class(kind, message))
    elif draft.get("finish") in FINISH_CLASSES:
        draft.setdefault("error_class", FINISH_CLASSES[draft["finish"]])


def read_tokens(draft: Draft) -> None:
    """Make input tokens inclusive of cached ones; say whether that was reported, derived or assumed."""
    given, made = draft.get("input_tokens"), draft.get("output_tokens")
    if given is None and made is None:
        return
    cached = (draft.get("cache_read_tokens") or 0) + (draft.get("cache_write_tokens") or 0)
    total = draft.get("total_tokens")
    basis = "assumed"
    if given is not None and total is not None and total == given + (made or 0):
        basis = "reported"
    elif given is not None and cached:
        exclusive = total == given + (made or 0) + cached if total is not None else given < cached
        if exclusive:
            draft["input_tokens"], basis = given + cached, "derived"
    draft["usage_basis"] = basis


def settle_times(span: RawSpan, place: Place) -> tuple[int, int, bool]:
    """Start and end; what lies in the future beyond the bound, or has no time, counts at its receipt."""
    start_ns, end_ns = span.start_ns, max(span.end_ns, span.start_ns)
    latest = place.received_ns + place.skew_bound_ns
    if start_ns == 0 or start_ns > latest:
        lasted = end_ns - start_ns if start_ns else 0
        return max(place.received_ns - lasted, 0), place.received_ns, True
    if end_ns > latest:
        return start_ns, max(place.received_ns, start_ns), True
    return start_ns, end_ns, False


def resource_fields(resource: Attributes) -> Draft:
    """What the resource says of every step in it."""
    get = resource.get
    found = {
        "service": text(get("service.name")),
        "agent_version": text(get("service.version")),
        "environment": text(get("deployment.environment.name")) or text(get("deployment.environment")),
        "bundle": text(get("trimtab.bundle")),
        "tenant": text(get("trimtab.tenant")),
        "own_agent": text(get("trimtab.agent")) or text(get("gen_ai.agent.name")),
    }
    return {name: value for name, value in found.items() if value is not None}


def plainly_decoded(body: bytes, place: Place, prices: Prices) -> tuple[list[Step], list[Fact]]:
    """Steps of a traces body, and the facts that its spans carry."""
    steps: list[Step] = []
    facts: list[Fact] = []
    for of_resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        shared = shared_by(attributes_of(of_resource.resource.attributes), place)
        for of_scope in of_resource.scope_spans:
            for span in of_scope.spans:
                raw = raw_span(span)
                step = priced(normalise(raw, shared, len(steps)), prices)
                steps.append(step)
                if step.outcome or raw.events or EVALUATED in raw.attributes:
                    facts += facts_of(raw, step, place)
    return steps, facts


def raw_span(span: Any) -> RawSpan:
    """A protobuf span as the normaliser wants it."""
    events = [Event(e.name, e.time_unix_nano, attributes_of(e.attributes)) for e in span.events]
    status = span.status
    digest = hashlib.blake2b(span.SerializeToString(), digest_size=8).digest()
    return RawSpan(
        span.trace_id,
        int.from_bytes(span.span_id, "big"),
        int.from_bytes(span.parent_span_id, "big"),
        span.name,
        span.start_time_unix_nano,
        span.end_time_unix_nano,
        status.code,
        status.message,
        attributes_of(span.attributes),
        events,
        int.from_bytes(digest, "big"),
    )


def priced(step: Step, prices: Prices) -> Step:
    """The step with its cost: the reported one, else by its price, of leaves alone: a roll-up would count them twice."""
    if step.cost_nusd is not None:
        return Step._make((*step[: COST + 1], "reported", *step[COST + 2 :]))
    if step.kind not in LEAF_KINDS or step.kind == "tool":
        return step
    usage = Usage(step.input_tokens, step.output_tokens, step.cache_read_tokens, step.cache_write_tokens)
    cost, status = prices.price(step.provider, step.model, step.start_ns, usage)
    return Step._make((*step[:COST], cost, status, *step[COST + 2 :]))
