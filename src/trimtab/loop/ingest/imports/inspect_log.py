"""Logs of Inspect AI, as `.eval` (a zip) or JSON: one session a sample, with its real times, tokens and scores.

Model and tool events become steps; a tool event stands for the span around it. Scores are facts, and so is the outcome:
of a sample that is correct (`C`) or incorrect (`I`, `N`) by its first scorer. What a log does not say stays unknown.
https://inspect.aisi.org.uk/eval-logs.html
"""

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from trimtab.loop.ingest.imports.conversation import Value, digest, put
from trimtab.loop.ingest.imports.piece import Piece, Tally, read_json, read_lines
from trimtab.loop.ingest.imports.values import text_of, time_ns
from trimtab.vocabulary.kernel import Invalid

Json = dict[str, Any]
MAX_MEMBER_BYTES = 512_000_000
ATTACHED = "attachment://"
KINDS = {"agent": "agent", "scorer": "evaluation"}
OUTCOMES = {"C": "success", "I": "failure", "N": "failure"}
USAGE = {
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "total_tokens": "gen_ai.usage.total_tokens",
    "input_tokens_cache_read": "gen_ai.usage.cache_read.input_tokens",
    "input_tokens_cache_write": "gen_ai.usage.cache_creation.input_tokens",
    "reasoning_tokens": "gen_ai.usage.reasoning.output_tokens",
}


def inspect(path: Path, tally: Tally) -> Iterator[Piece]:
    """The samples of a log; one that is not whole is counted and skipped."""
    for log, sample in samples(path, tally):
        tally.records += 1
        try:
            spans, facts = told(log, sample)
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            tally.skipped[f"not a sample of Inspect: {type(error).__name__} {error}"] += 1
            continue
        tally.sessions += 1
        tally.spans += len(spans)
        tally.facts += len(facts)
        request = ExportTraceServiceRequest()
        of_resource = request.resource_spans.add()
        put(of_resource.resource.attributes, {"service.name": "inspect"})
        of_resource.scope_spans.add().spans.extend(spans)
        yield Piece(signal="traces", body=request.SerializeToString())
        yield Piece(signal="facts", facts=facts)


def samples(path: Path, tally: Tally) -> Iterator[tuple[Json, Json]]:
    """Each sample with the head of its log; raises `Invalid` for a file that is no log."""
    if zipfile.is_zipfile(path):
        yield from packed(path)
        return
    if next(read_lines(path), b"").startswith(b"PK\x03\x04"):
        raise Invalid(f"{path} is an .eval file that is not whole", hint="copy it again")
    for found in read_json(path, tally):
        log = cast("Json", found) if isinstance(found, dict) else {}
        if "samples" not in log and "sample" not in log and "eval" not in log:
            raise Invalid(f"{path} is no log of Inspect", hint="an .eval file, or JSON with eval and samples")
        if "sample" in log:
            yield log["log"], log["sample"]
        for sample in log.get("samples") or ():
            yield log, sample


def packed(path: Path) -> Iterator[tuple[Json, Json]]:
    """The samples of an `.eval` file."""
    try:
        with zipfile.ZipFile(path) as file:
            names = file.namelist()
            head = next((name for name in ("header.json", "_journal/start.json") if name in names), None)
            if head is None:
                raise Invalid(f"{path} is no .eval file: it has no header", hint="was it cut off?")
            log = member(file, head, path)
            for name in names:
                if name.startswith("samples/") and name.endswith(".json"):
                    yield log, member(file, name, path)
    except (zipfile.BadZipFile, OSError, NotImplementedError) as error:
        raise Invalid(f"cannot read {path}: {error}", hint="is the file whole?") from error


def member(file: zipfile.ZipFile, name: str, path: Path) -> Json:
    """One JSON member of a zip, never more of it than is sane."""
    if file.getinfo(name).file_size > MAX_MEMBER_BYTES:
        raise Invalid(f"{path}: {name} is larger than {MAX_MEMBER_BYTES} bytes", hint="split the log")
    try:
        return cast("Json", orjson.loads(file.read(name)))
    except orjson.JSONDecodeError as error:
        raise Invalid(f"{path}: {name} is not JSON: {error}", hint="is the file whole?") from error


def told(log: Json, sample: Json) -> tuple[list[Span], list[Json]]:
    """The spans and facts of one sample."""
    run, task = log["eval"].get("run_id") or log["eval"]["created"], str(log["eval"]["task"])
    session = f"inspect/{task}/{run}/{sample['id']}/{sample['epoch']}"
    events = cast("list[Json]", resolved(sample["events"], sample.get("attachments") or {}))
    timed = [time_ns(event["timestamp"]) for event in events]
    ended = [time_ns(event["completed"]) for event in events if event.get("completed")]
    root = span_of(session, "sample", min(timed), max([*timed, *ended]), task)
    about: dict[str, Value] = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": task,
        "trimtab.session.end": True,
        "trimtab.cohort.sample": str(sample["id"]),
        "trimtab.cohort.status": str(log.get("status", "")),
    }
    put(root.attributes, about)
    if sample.get("error"):
        fail(root, "sample_error", str(sample["error"].get("message", "")))
    spans = [root, *steps_of(session, events, root.span_id)]
    return spans, facts_of(session, sample, root.end_time_unix_nano / 1e9)


def resolved(value: object, attachments: Mapping[str, str]) -> object:
    """A value with the texts in place that the log keeps apart."""
    if isinstance(value, str):
        return attachments.get(value.removeprefix(ATTACHED), value) if value.startswith(ATTACHED) else value
    if isinstance(value, list):
        return [resolved(item, attachments) for item in cast("list[object]", value)]
    if isinstance(value, dict):
        return {key: resolved(item, attachments) for key, item in cast("Json", value).items()}
    return value


def steps_of(session: str, events: list[Json], above: bytes) -> Iterator[Span]:
    """The steps below one span; a tool's own span is the tool event's, and shows as that."""
    tools = {
        event["id"] for event in events if event["event"] == "span_begin" and event.get("type") == "tool"
    }
    parents = {event["id"]: event.get("parent_id") for event in events if event["event"] == "span_begin"}
    ends = {event["id"]: event["timestamp"] for event in events if event["event"] == "span_end"}

    def parent(name: str | None) -> bytes:
        while name in tools:
            name = parents.get(name)
        return digest(f"{session}/{name}", 8) if name in parents else above

    for place, event in enumerate(events):
        kind = event["event"]
        if kind == "span_begin" and event["id"] not in tools:
            found = around(session, event, ends)
            found.parent_span_id = parent(event.get("parent_id"))
            yield found
        elif kind in MAKERS:
            name = event.get("uuid") or f"{place}/{event['timestamp']}"
            found = MAKERS[kind](session, f"{kind}/{name}", event)
            found.parent_span_id = parent(event.get("span_id"))
            yield found
            yield from steps_of(session, event.get("events") or [], found.span_id)


def around(session: str, event: Json, ends: Mapping[str, str]) -> Span:
    """A span of a solver, an agent or a scorer."""
    start_ns = time_ns(event["timestamp"])
    end_ns = time_ns(ends.get(event["id"], event["timestamp"]))
    found = span_of(session, event["id"], start_ns, end_ns, event["name"])
    kind = KINDS.get(str(event.get("type")), "workflow")
    about: dict[str, Value] = {"trimtab.step.kind": kind}
    if kind == "agent":
        about["gen_ai.agent.name"] = event["name"]
    put(found.attributes, about)
    return found


def call_of_model(session: str, name: str, event: Json) -> Span:
    """A model call."""
    found = lasting(session, name, event, f"chat {event['model']}")
    output: Json = event.get("output") or {}
    choices: list[Json] = output.get("choices") or [{}]
    choice = choices[0]
    provider, _, model = str(event["model"]).rpartition("/")
    values: dict[str, Value] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": model,
        "gen_ai.response.model": str(output.get("model") or model),
        "gen_ai.response.finish_reasons": str(choice.get("stop_reason") or ""),
        "gen_ai.input.messages": text_of([message_of(one) for one in event.get("input") or ()]),
        "gen_ai.tool.definitions": text_of(event.get("tools") or []),
    }
    if provider:
        values["gen_ai.provider.name"] = provider
    if "message" in choice:
        values["gen_ai.output.messages"] = text_of([message_of(choice["message"])])
    usage: Json = output.get("usage") or {}
    values |= {key: int(usage[name]) for name, key in USAGE.items() if usage.get(name) is not None}
    put(found.attributes, {key: value for key, value in values.items() if value not in ("", "[]")})
    if error := event.get("error") or output.get("error"):
        fail(found, "model_error", str(error))
    return found


def call_of_tool(session: str, name: str, event: Json) -> Span:
    """A tool call."""
    found = lasting(session, name, event, f"execute_tool {event['function']}")
    values: dict[str, Value] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": event["function"],
        "gen_ai.tool.call.id": str(event.get("id", "")),
        "gen_ai.tool.call.arguments": text_of(event.get("arguments")),
        "gen_ai.tool.call.result": text_of(event.get("result")),
    }
    put(found.attributes, values)
    if error := event.get("error"):
        fail(found, str(error.get("type") or "tool_error"), str(error.get("message", "")))
    return found


MAKERS = {"model": call_of_model, "tool": call_of_tool}


def message_of(message: Json) -> Json:
    """A message in the schema of the GenAI conventions."""
    content, calls = message.get("content"), message.get("tool_calls") or ()
    parts: list[Json] = []
    if content:
        parts.append({"type": "text", "content": content if isinstance(content, str) else text_of(content)})
    parts += [
        {"type": "tool_call", "id": call["id"], "name": call["function"], "arguments": call["arguments"]}
        for call in calls
    ]
    if message["role"] == "tool":
        parts = [{"type": "tool_call_response", "id": message.get("tool_call_id"), "response": content}]
    return {"role": message["role"], "parts": parts}


def facts_of(session: str, sample: Json, time_s: float) -> list[Json]:
    """The scores of a sample, its outcome by the first of them, and the times that Inspect took for it."""
    found: list[Json] = []
    scores: Json = sample.get("scores") or {}
    for name, score in scores.items():
        graded = name.startswith("model_graded")
        about: Json = {"session": session, "time": time_s, "method": f"inspect {name}"}
        about["source"] = "judge" if graded else "app"
        value = score["value"]
        if not found and (outcome := outcome_of(value)):
            found.append({"id": f"{session}/outcome", "kind": "outcome", "label": outcome} | about)
        given = {"value": float(value)} if isinstance(value, int | float) else {"label": text_of(value)}
        found.append({"id": f"{session}/score/{name}", "kind": "score", "name": name} | given | about)
    for name in ("total_time", "working_time"):
        if sample.get(name) is not None:
            about = {"session": session, "time": time_s, "source": "app", "method": "inspect"}
            fact = {"id": f"{session}/{name}", "kind": "score", "name": f"{name}_s", "value": sample[name]}
            found.append(fact | about)
    return found


def outcome_of(value: object) -> str:
    """What a score says of the task; partly right is neither success nor failure."""
    if isinstance(value, bool | int | float):
        return {1: "success", 0: "failure"}.get(int(value), "") if value in (0, 1) else ""
    return OUTCOMES.get(str(value), "")


def span_of(session: str, name: str, start_ns: int, end_ns: int, title: str) -> Span:
    """A span of a session, with ids that its names alone decide."""
    found = Span(
        trace_id=digest(session, 16),
        span_id=digest(f"{session}/{name}", 8),
        name=title,
        kind=Span.SPAN_KIND_INTERNAL,
        start_time_unix_nano=start_ns,
        end_time_unix_nano=end_ns,
    )
    put(found.attributes, {"gen_ai.conversation.id": session})
    return found


def lasting(session: str, name: str, event: Json, title: str) -> Span:
    """The span of an event; one whose end is not known says nothing about latency."""
    start_ns, ended = time_ns(event["timestamp"]), event.get("completed")
    found = span_of(session, name, start_ns, time_ns(ended) if ended else start_ns, title)
    if not ended:
        put(found.attributes, {"trimtab.replay.synthetic_time": True})
    return found


def fail(span: Span, kind: str, message: str) -> None:
    """Say that a step failed."""
    span.status.code = Status.STATUS_CODE_ERROR
    span.status.message = message
    put(span.attributes, {"error.type": kind})
