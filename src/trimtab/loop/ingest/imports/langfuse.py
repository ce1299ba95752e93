"""Traces of Langfuse as it exports them: `{trace, observations}`, or a trace that holds its observations.

An observation becomes a span with what Langfuse made of it (`langfuse.*`) beside the attributes that it came with, where
they were kept. Its cost is Langfuse's own and called reported. Scores are facts: an evaluator's of a judge, an annotation of a
person. https://langfuse.com/docs/api-and-data-platform/features/export-from-ui
"""

import contextlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from trimtab.loop.ingest.imports.conversation import Value, digest, put
from trimtab.loop.ingest.imports.piece import Piece, Tally, read_json
from trimtab.loop.ingest.imports.values import text_of, time_ns

Json = dict[str, Any]
USAGE = re.compile(r"usage|token", re.IGNORECASE)
HEX = re.compile(r"[0-9a-f]+")
OF_TRACE = {
    "sessionId": "langfuse.session.id",
    "userId": "langfuse.user.id",
    "release": "langfuse.release",
    "environment": "langfuse.environment",
}
OF_OBSERVATION = {
    "model": "langfuse.observation.model.name",
    "promptName": "langfuse.observation.prompt.name",
    "promptVersion": "langfuse.observation.prompt.version",
    "level": "langfuse.observation.level",
    "statusMessage": "langfuse.observation.status_message",
    "version": "langfuse.version",
}
SOURCES = {"EVAL": "judge", "ANNOTATION": "human", "API": "app"}


def langfuse(path: Path, tally: Tally) -> Iterator[Piece]:
    """The traces of a file: JSON, or one trace a line; one that is not whole is counted and skipped."""
    for record in read_json(path, tally):
        tally.records += 1
        yield from pieces_of(record, tally)


def pieces_of(record: object, tally: Tally) -> Iterator[Piece]:
    """One trace as a body of spans and its scores as facts."""
    try:
        trace, observations = parts_of(record)
        spans = spans_of(trace, observations)
        scores: list[Json] = trace.get("scores") or []
        facts = [fact_of(score, trace) for score in scores]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        tally.skipped[f"not a trace of Langfuse: {type(error).__name__} {error}"] += 1
        return
    request = ExportTraceServiceRequest()
    of_resource = request.resource_spans.add()
    put(of_resource.resource.attributes, {"service.name": "langfuse"})
    of_resource.scope_spans.add().spans.extend(spans)
    tally.sessions += 1
    tally.spans += len(spans)
    tally.facts += len(facts)
    yield Piece(signal="traces", body=request.SerializeToString())
    yield Piece(signal="facts", facts=facts)


def parts_of(record: object) -> tuple[Json, Sequence[Json]]:
    """A trace and its observations, in any of the shapes in which they come."""
    given = cast("Json", record)
    given = given.get("export") or given
    trace: Json = given.get("trace") or given
    observations: list[Json] = given.get("observations") or trace.get("observations") or []
    return trace, observations


def spans_of(trace: Json, observations: Sequence[Json]) -> list[Span]:
    """The spans of a trace; one without observations is a single step of its own."""
    if not observations:
        alone = {
            "id": trace["id"],
            "type": "SPAN",
            "name": trace.get("name"),
            "startTime": trace["timestamp"],
        }
        return [span_of(trace, alone | {"endTime": None}, named=True)]
    agents = any(one.get("type") == "AGENT" for one in observations)
    return [span_of(trace, one, named=not agents) for one in observations]


def span_of(trace: Json, one: Json, *, named: bool) -> Span:
    """One observation; `named`: where no agent has a name, the trace's is its agent's."""
    start_ns, ended = time_ns(one["startTime"]), one.get("endTime")
    found = Span(
        trace_id=id_of(trace["id"], 16),
        span_id=id_of(one["id"], 8),
        name=str(one.get("name") or one["type"]),
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=start_ns,
        end_time_unix_nano=max(time_ns(ended), start_ns) if ended else start_ns,
    )
    if parent := one.get("parentObservationId"):
        found.parent_span_id = id_of(parent, 8)
    attributes = kept_attributes(one) | observation_attributes(one)
    attributes |= {key: str(trace[name]) for name, key in OF_TRACE.items() if trace.get(name)}
    if named and trace.get("name"):
        attributes["trimtab.agent"] = str(trace["name"])
    if not ended:
        attributes["trimtab.replay.synthetic_time"] = True
    put(found.attributes, attributes)
    if one.get("level") == "ERROR":
        found.status.code = Status.STATUS_CODE_ERROR
        found.status.message = str(one.get("statusMessage") or "")
    return found


def kept_attributes(one: Json) -> dict[str, Value]:
    """The attributes with which an observation came to Langfuse, where its metadata kept them.

    Where Langfuse has counted its tokens, its count stands for theirs.
    """
    kept = structure(structure(one.get("metadata")).get("attributes"))
    usage: Json = one.get("usageDetails") or {}
    counted = any(usage.values())
    return {
        key: value if isinstance(value, str | bool | int | float) else text_of(value)
        for key, value in kept.items()
        if value is not None and not (counted and USAGE.search(key))
    }


def observation_attributes(one: Json) -> dict[str, Value]:
    """What Langfuse made of an observation, in its own attributes."""
    found: dict[str, Value] = {"langfuse.observation.type": str(one["type"]).lower()}
    found |= {key: str(one[name]) for name, key in OF_OBSERVATION.items() if one.get(name)}
    for name, key in (("input", "input"), ("output", "output")):
        if one.get(name) is not None:
            found[f"langfuse.observation.{key}"] = text_of(one[name])
    usage: Json = one.get("usageDetails") or {}
    cost: Json = one.get("costDetails") or {"total": one.get("calculatedTotalCost")}
    if any(usage.values()):
        found["langfuse.observation.usage_details"] = text_of(usage)
    if cost.get("total"):
        found["langfuse.observation.cost_details"] = text_of(cost)
    if one.get("completionStartTime"):
        waited_ns = time_ns(one["completionStartTime"]) - time_ns(one["startTime"])
        found["gen_ai.response.time_to_first_chunk"] = waited_ns / 1e9
    return found


def fact_of(score: Mapping[str, Any], trace: Json) -> Json:
    """A score of a trace or an observation."""
    found: Json = {
        "id": f"langfuse/{score['id']}",
        "kind": "score",
        "name": str(score["name"]),
        "source": SOURCES.get(str(score.get("source")), "app"),
        "method": str(score["name"]),
        "time": time_ns(score.get("timestamp") or trace["timestamp"]) / 1e9,
        "trace_id": id_of(trace["id"], 16).hex(),
    }
    if score.get("observationId"):
        found["span_id"] = id_of(score["observationId"], 8).hex()
    if isinstance(score.get("value"), int | float):
        found["value"] = float(score["value"])
    if label := score.get("stringValue") or (score["value"] if isinstance(score.get("value"), str) else ""):
        found["label"] = str(label)
    return found


def id_of(name: object, size: int) -> bytes:
    """An id in bytes: hex and UUIDs as they are, any other name by its digest."""
    text = str(name)
    if len(text) == 2 * size and HEX.fullmatch(text) and int(text, 16):
        return bytes.fromhex(text)
    if size == 16 and len(text) == 36:
        with contextlib.suppress(ValueError):
            return UUID(text).bytes
    return digest(f"langfuse/{text}", size)


def structure(value: object) -> Json:
    """A mapping, given as such or as JSON text; empty where it is something else."""
    try:
        found: object = orjson.loads(value) if isinstance(value, str) else value
    except orjson.JSONDecodeError:
        return {}
    return cast("Json", found) if isinstance(found, dict) else {}
