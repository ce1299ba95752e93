"""Structured logs, for those without traces: one step of an agent a line, as `steps.schema.json` says.

A line becomes a span with the same meaning. What it does not say stays unknown: a step without a duration has times that say
nothing about latency.
"""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs
import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from trimtab.loop.ingest.imports.conversation import SPANS_PER_BODY, Value, digest, put
from trimtab.loop.ingest.imports.piece import Piece, Tally, read_lines
from trimtab.loop.ingest.imports.values import text_of, time_ns

Json = dict[str, Any]
ATTRIBUTES = {
    "session": "gen_ai.conversation.id",
    "kind": "trimtab.step.kind",
    "agent": "gen_ai.agent.name",
    "agent_version": "gen_ai.agent.version",
    "tool": "gen_ai.tool.name",
    "provider": "gen_ai.provider.name",
    "model": "gen_ai.request.model",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "cache_read_tokens": "gen_ai.usage.cache_read.input_tokens",
    "cache_write_tokens": "gen_ai.usage.cache_creation.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
    "finish": "gen_ai.response.finish_reasons",
    "schema_ok": "trimtab.schema_ok",
    "user": "user.id",
    "tenant": "trimtab.tenant",
    "bundle": "trimtab.bundle",
    "end": "trimtab.session.end",
    "outcome": "trimtab.session.outcome",
    "outcome_reason": "trimtab.session.outcome_reason",
}
SAID = {
    "tool": ("gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
    "retrieve": ("gen_ai.retrieval.query.text", "gen_ai.retrieval.documents"),
}
MESSAGES = ("gen_ai.input.messages", "gen_ai.output.messages")
NO_TIME = "not a time as 2026-01-31T12:00:00Z, nor seconds since the Unix epoch"
RESOURCE = {"service": "service.name", "environment": "deployment.environment.name"}


@cache
def schema() -> Json:
    """The schema of a line (JSON Schema 2020-12)."""
    found: Json = orjson.loads(
        files("trimtab.loop.ingest.imports").joinpath("steps.schema.json").read_bytes()
    )
    return found


@cache
def validator() -> jsonschema_rs.Draft202012Validator:
    """The compiled schema."""
    return jsonschema_rs.Draft202012Validator(schema())


def steps(path: Path, tally: Tally) -> Iterator[Piece]:
    """The steps of a file; a line that is none is counted by what is wrong with it, and skipped."""
    request, waiting = ExportTraceServiceRequest(), 0
    sessions: set[str] = set()
    for line in map(bytes.strip, read_lines(path)):
        if not line:
            continue
        tally.records += 1
        if (row := row_of(line, tally)) is None:
            continue
        add(request, row, line)
        sessions.add(row["session"])
        waiting += 1
        if waiting == SPANS_PER_BODY:
            yield Piece(signal="traces", body=request.SerializeToString())
            request, waiting = ExportTraceServiceRequest(), 0
        tally.spans += 1
    tally.sessions += len(sessions)
    if waiting:
        yield Piece(signal="traces", body=request.SerializeToString())


def row_of(line: bytes, tally: Tally) -> Json | None:
    """A line that fits the schema, or None with a note of why not."""
    try:
        row: Json = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        tally.skipped[f"not JSON: {error.msg}"] += 1
        return None
    wrong = wrong_with(row)
    if wrong:
        tally.skipped[wrong] += 1
    return None if wrong else row


def wrong_with(row: Json) -> str:
    """What does not fit the schema, and where, or ""."""
    for error in validator().iter_errors(row):
        place = "/".join(map(str, error.instance_path))
        said = error.message if place != "time" else NO_TIME
        return f"{place}: {said}" if place else said
    try:
        time_ns(row["time"])
    except ValueError:
        return f"time: {NO_TIME}"
    return ""


def add(request: ExportTraceServiceRequest, row: Json, line: bytes) -> None:
    """Add the span of a line, beside the spans of the same resource before it."""
    about: dict[str, Value] = {RESOURCE[name]: row[name] for name in RESOURCE if name in row}
    last = request.resource_spans[-1] if request.resource_spans else None
    if last is None or {pair.key: pair.value.string_value for pair in last.resource.attributes} != about:
        last = request.resource_spans.add()
        put(last.resource.attributes, about)
        last.scope_spans.add()
    fill(last.scope_spans[0].spans.add(), row, line)


def fill(span: Span, row: Json, line: bytes) -> None:
    """Write a line into a span; its ids hang on its session and its own id, else on the whole line."""
    session = row["session"]
    span.trace_id = digest(f"step-log/{session}", 16)
    span.span_id = digest(f"{session}/{row['id']}" if "id" in row else f"{session}/{line.decode()}", 8)
    if "parent" in row:
        span.parent_span_id = digest(f"{session}/{row['parent']}", 8)
    span.name = row.get("name") or row.get("tool") or row["kind"]
    span.start_time_unix_nano = time_ns(row["time"])
    span.end_time_unix_nano = span.start_time_unix_nano + int(row.get("duration_ms", 0) * 1e6)
    put(span.attributes, attributes_of(row))
    if error := row.get("error"):
        span.status.code = Status.STATUS_CODE_ERROR
        span.status.message = error.get("message", "")


def attributes_of(row: Mapping[str, Any]) -> dict[str, Value]:
    """The attributes that say what a line says."""
    found: dict[str, Value] = {key: row[name] for name, key in ATTRIBUTES.items() if name in row}
    for name, key in zip(("input", "output"), SAID.get(row["kind"], MESSAGES), strict=True):
        if name in row:
            given = row[name]
            found[key] = text_of(given)
    if "first_token_ms" in row:
        found["gen_ai.response.time_to_first_chunk"] = row["first_token_ms"] / 1e3
    if "error" in row:
        found["error.type"] = row["error"]["type"]
    if "duration_ms" not in row:
        found["trimtab.replay.synthetic_time"] = True
    return found | {f"trimtab.cohort.{name}": value for name, value in row.get("cohort", {}).items()}
