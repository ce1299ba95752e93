"""The lines of a file of recorded calls as spans.

A line is `{request, response}`, the bodies as they went over the wire, with what else is known: `id`, `time`, `duration_ms`,
`session`, `agent`, `user`, `provider`, `status`. Recordings of HTTP (VCR cassettes) are read as they are. Results of tools stand in the
request that follows a call: they become tool steps, without times of their own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlparse

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from trimtab.loop.ingest.imports.chat.apis import Call, Json, call_of
from trimtab.loop.ingest.imports.chat.threads import Threads
from trimtab.loop.ingest.imports.conversation import SPANS_PER_BODY, Value, digest, put, start_ns
from trimtab.loop.ingest.imports.piece import Piece, Tally, read_lines
from trimtab.loop.ingest.imports.values import text_of, time_ns

PROVIDERS = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure.ai.openai",
    "api.anthropic.com": "anthropic",
    "api.groq.com": "groq",
    "api.mistral.ai": "mistral_ai",
    "api.deepseek.com": "deepseek",
    "openrouter.ai": "openrouter",
    "api.cerebras.ai": "cerebras",
    "huggingface.co": "huggingface",
    "api.z.ai": "zai",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """A request and its response, with what the line says about them."""

    request: Json
    response: Json
    about: Json
    status: int = 200


def chat(path: Path, tally: Tally) -> Iterator[Piece]:
    """The calls of a file; what is none is counted by what it is, and skipped."""
    threads, sessions = Threads(), set[str]()
    spans: list[Span] = []
    for place, exchange in enumerate(exchanges(path, tally)):
        try:
            session, found = told(exchange, threads, place)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            tally.skipped[f"not a recorded call: {type(error).__name__} {error}"] += 1
            continue
        if not found:
            tally.skipped["neither OpenAI's chat or responses nor Anthropic's messages, or a stream"] += 1
            continue
        sessions.add(session)
        spans += found
        tally.spans += len(found)
        if len(spans) >= SPANS_PER_BODY:
            yield body_of(spans)
            spans = []
    tally.sessions += len(sessions)
    if spans:
        yield body_of(spans)


def body_of(spans: list[Span]) -> Piece:
    """A body of spans."""
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.extend(spans)
    return Piece(signal="traces", body=request.SerializeToString())


def exchanges(path: Path, tally: Tally) -> Iterator[Exchange]:
    """Every request with its response."""
    for line in read_lines(path):
        if not line.strip():
            continue
        try:
            record = cast("Json", orjson.loads(line))
            listed = interactions(record) if "cassette" in record else [record]
        except (orjson.JSONDecodeError, TypeError, KeyError) as error:
            tally.records += 1
            tally.skipped[f"not a line of JSON with request and response: {type(error).__name__}"] += 1
            continue
        for one in listed:
            tally.records += 1
            if isinstance(one.get("request"), dict) and isinstance(one.get("response"), dict):
                yield exchange_of(one)
            else:
                tally.skipped["no request with a response"] += 1


def interactions(record: Json) -> list[Json]:
    """The interactions of a cassette, each with a name of its own: two cassettes may hold the same response."""
    found: list[Json] = record["cassette"]["interactions"]
    return [one | {"id": f"{record['id']}/{place}"} for place, one in enumerate(found)]


def exchange_of(one: Json) -> Exchange:
    """The bodies of a line, plain or within what HTTP says around them."""
    request: Json = one["request"]
    response: Json = one["response"]
    about: Json = {name: value for name, value in one.items() if name not in {"request", "response"}}
    if "uri" not in request:
        return Exchange(request=request, response=response, about=about, status=int(about.get("status", 200)))
    headers: Json = response.get("headers") or {}
    took: list[str] = headers.get("openai-processing-ms") or []
    if took:
        about.setdefault("duration_ms", float(took[0]))
    about.setdefault("provider", provider_of(urlparse(str(request["uri"])).hostname or ""))
    status: Any = response.get("status") or 200
    code = cast("Json", status).get("code", 200) if isinstance(status, dict) else status
    return Exchange(request=parsed(request), response=parsed(response), about=about, status=int(code))


def parsed(side: Json) -> Json:
    """The body of one side of HTTP, {} where it is not a structure."""
    body: object = side.get("parsed_body")
    if body is None and isinstance(side.get("body"), str):
        try:
            body = orjson.loads(side["body"])
        except orjson.JSONDecodeError:
            return {}
    return cast("Json", body) if isinstance(body, dict) else {}


def provider_of(host: str) -> str:
    """The provider behind a host, "" where it is none that we know."""
    return next((name for end, name in PROVIDERS.items() if host.endswith(end)), "")


def told(exchange: Exchange, threads: Threads, place: int) -> tuple[str, list[Span]]:
    """The session of a call and its spans: the results of tools that it was given, then the call itself."""
    call = call_of(exchange.request, exchange.response)
    if call is None:
        return "", []
    own = str(exchange.about.get("id") or call.id) or digest(f"{place}/{text_of(exchange.request)}", 8).hex()
    session = str(exchange.about.get("session") or threads.session_of(call, f"chat/{own}"))
    found = model_span(exchange, call, session, own)
    results = [tool_span(part, call, session, found) for part in new_results(call)]
    return session, [*results, found]


def new_results(call: Call) -> list[Json]:
    """What tools gave back since the last answer."""
    found: list[Json] = []
    for message in reversed(call.given):
        if message["role"] == "assistant":
            break
        found += [part for part in message["parts"] if part["type"] == "tool_call_response"]
    return found[::-1]


def span_of(session: str, name: str, title: str) -> Span:
    """An empty span of a session."""
    found = Span(
        trace_id=digest(session, 16),
        span_id=digest(f"{session}/{name}", 8),
        name=title,
        kind=Span.SPAN_KIND_CLIENT,
    )
    put(found.attributes, {"gen_ai.conversation.id": session})
    return found


def model_span(exchange: Exchange, call: Call, session: str, own: str) -> Span:
    """The model call."""
    found, about = span_of(session, own, f"chat {call.model}"), exchange.about
    values: dict[str, Value] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": str(about.get("provider") or ""),
        "gen_ai.request.model": call.model,
        "gen_ai.response.model": call.answered_by,
        "gen_ai.response.finish_reasons": call.finish,
        "gen_ai.input.messages": text_of(list(call.given)),
        "gen_ai.output.messages": text_of(list(call.made)) if call.made else "",
        "gen_ai.tool.definitions": call.tools,
        "gen_ai.agent.name": str(about.get("agent") or ""),
        "user.id": str(about.get("user") or ""),
    }
    values |= {f"gen_ai.usage.{name}": count for name, count in call.usage.items()}
    put(found.attributes, {key: value for key, value in values.items() if value != ""})
    settle_times(found, exchange, call, session)
    error: object = exchange.response.get("error")
    if error or exchange.status >= 400:
        fail(found, error, exchange.status)
    return found


def settle_times(span: Span, exchange: Exchange, call: Call, session: str) -> None:
    """When the call was and how long it took; what is not known is invented, and says so."""
    given, took_ms = exchange.about.get("time", call.created_s), exchange.about.get("duration_ms")
    span.start_time_unix_nano = (
        start_ns(session) + len(call.given) * 1_000_000_000 if given is None else time_ns(given)
    )
    span.end_time_unix_nano = span.start_time_unix_nano + int(float(took_ms or 0) * 1e6)
    if given is None or took_ms is None:
        put(span.attributes, {"trimtab.replay.synthetic_time": True})


def fail(span: Span, error: object, status: int) -> None:
    """Say why the call failed, as the provider did."""
    said = cast("Json", error) if isinstance(error, dict) else {"message": str(error or f"HTTP {status}")}
    kind = said.get("code") or said.get("type") or status
    put(span.attributes, {"error.type": str(kind)})
    span.status.code = Status.STATUS_CODE_ERROR
    span.status.message = str(said.get("message") or "")


def tool_span(part: Json, call: Call, session: str, before: Span) -> Span:
    """What a tool gave back, in a step at the time of the call that was told."""
    proposed = {
        one["id"]: one for message in call.given for one in message["parts"] if one["type"] == "tool_call"
    }
    asked: Json = proposed.get(part["id"], {})
    name = str(asked.get("name", ""))
    found = span_of(session, f"tool/{part['id']}", f"execute_tool {name}".strip())
    found.start_time_unix_nano = found.end_time_unix_nano = before.start_time_unix_nano
    values: dict[str, Value] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
        "gen_ai.tool.call.id": part["id"],
        "gen_ai.tool.call.arguments": text_of(asked.get("arguments")),
        "gen_ai.tool.call.result": text_of(part["response"]),
        "trimtab.replay.synthetic_time": True,
    }
    put(found.attributes, {key: value for key, value in values.items() if value != ""})
    if part.get("is_error"):
        fail(found, {"type": "tool_error", "message": text_of(part["response"])[:200]}, 0)
    return found
