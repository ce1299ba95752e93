"""A recorded conversation as spans: one trace a user turn, one span a model call and a tool call.

Runs without times are placed on a declared synthetic clock, one second a message, from a start that
the record's name alone decides: importing twice gives the same spans, and nobody mistakes them for
real latencies (`trimtab.replay.synthetic_time`).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from trimtab.loop.ingest.imports.piece import Piece, Tally

EPOCH_NS = 1_704_067_200_000_000_000  # 2024-01-01T00:00:00Z
SECOND_NS = 1_000_000_000
SPANS_PER_BODY = 400
Value = str | int | bool | float


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool call that the model proposed."""

    name: str
    arguments: object
    id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message; a tool message names the call it answers and its error, "" where it has none."""

    role: str
    text: str
    calls: tuple[ToolCall, ...] = ()
    call: ToolCall | None = None
    error: str = ""
    error_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """A recorded run: who, with which model, what was said, and attributes of the whole."""

    session: str
    agent: str
    model: str
    messages: tuple[Message, ...]
    attributes: Mapping[str, Value] = field(default_factory=dict[str, Value])


def digest(text: str, size: int) -> bytes:
    """A stable name in bytes."""
    return hashlib.blake2b(text.encode(), digest_size=size).digest()


def start_ns(session: str) -> int:
    """Where a session starts on the synthetic clock: a second of one week that its name decides."""
    return EPOCH_NS + int.from_bytes(digest(session, 4), "big") % 604_800 * SECOND_NS


def end_ns(conversation: Conversation) -> int:
    """When a conversation ends on the synthetic clock."""
    return start_ns(conversation.session) + len(conversation.messages) * SECOND_NS


def told(message: Message) -> dict[str, Any]:
    """A message in the schema of the GenAI conventions."""
    parts: list[dict[str, Any]] = [{"type": "text", "content": message.text}] if message.text else []
    parts += [
        {"type": "tool_call", "name": c.name, "id": c.id, "arguments": c.arguments} for c in message.calls
    ]
    if message.role == "tool":
        call = message.call.id if message.call else ""
        parts = [{"type": "tool_call_response", "id": call, "response": message.text}]
    return {"role": message.role, "parts": parts}


def turns(messages: tuple[Message, ...]) -> Iterator[tuple[int, int]]:
    """Half-open index ranges, each from one user message to the next."""
    starts = [i for i, m in enumerate(messages) if m.role == "user"] or [0]
    starts[0] = 0
    yield from zip(starts, [*starts[1:], len(messages)], strict=True)


def put(attributes: Any, values: Mapping[str, Value]) -> None:
    """Append attributes to a protobuf list."""
    for key, value in values.items():
        item = KeyValue(key=key)
        if isinstance(value, bool):
            item.value.bool_value = value
        elif isinstance(value, int):
            item.value.int_value = value
        elif isinstance(value, float):
            item.value.double_value = value
        else:
            item.value.string_value = value
        attributes.append(item)


def span(conversation: Conversation, turn: int, index: int | None, name: str) -> Span:
    """An empty span of a turn: its root where `index` is None, else the span of a message."""
    session = conversation.session
    at = start_ns(session) + (index or 0) * SECOND_NS
    found = Span(
        trace_id=digest(f"{session}#{turn}", 16),
        span_id=digest(f"{session}#{turn}/{index}", 8),
        name=name,
        kind=Span.SPAN_KIND_INTERNAL if index is None else Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=at,
        end_time_unix_nano=at + SECOND_NS,
    )
    if index is not None:
        found.parent_span_id = digest(f"{session}#{turn}/{None}", 8)
    put(found.attributes, {"gen_ai.conversation.id": session, "trimtab.replay.synthetic_time": True})
    return found


def model_span(conversation: Conversation, turn: int, index: int) -> Span:
    """The model call that an assistant message is the answer of."""
    messages = conversation.messages
    found = span(conversation, turn, index, f"chat {conversation.model}")
    values: dict[str, Value] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": conversation.model,
        "gen_ai.input.messages": orjson.dumps([told(m) for m in messages[:index]]).decode(),
        "gen_ai.output.messages": orjson.dumps([told(messages[index])]).decode(),
    }
    put(found.attributes, values)
    return found


def tool_span(conversation: Conversation, turn: int, index: int) -> Span:
    """The tool call that a tool message is the result of."""
    message = conversation.messages[index]
    call = message.call or ToolCall(name="", arguments={})
    found = span(conversation, turn, index, f"execute_tool {call.name}")
    values: dict[str, Value] = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": call.name,
        "gen_ai.tool.call.id": call.id,
        "gen_ai.tool.call.arguments": orjson.dumps(call.arguments).decode(),
        "gen_ai.tool.call.result": message.text,
    }
    if message.error:
        values["error.type"] = message.error_type
        found.status.code = Status.STATUS_CODE_ERROR
        found.status.message = message.error
    put(found.attributes, values)
    return found


def spans_of(conversation: Conversation) -> Iterator[Span]:
    """All spans of a conversation; the last turn says that the session has ended."""
    messages = conversation.messages
    for turn, (first, after) in enumerate(turns(messages)):
        root = span(conversation, turn, None, f"invoke_agent {conversation.agent}")
        root.start_time_unix_nano = start_ns(conversation.session) + first * SECOND_NS
        root.end_time_unix_nano = start_ns(conversation.session) + after * SECOND_NS
        last = after == len(messages)
        said = messages if last else messages[first:after]
        values: dict[str, Value] = {
            "gen_ai.operation.name": "invoke_agent",
            "gen_ai.agent.name": conversation.agent,
            "gen_ai.input.messages": orjson.dumps([told(m) for m in said]).decode(),
        }
        if last:
            values["trimtab.session.end"] = True
        put(root.attributes, values | dict(conversation.attributes))
        yield root
        for index in range(first, after):
            if messages[index].role == "assistant":
                yield model_span(conversation, turn, index)
            elif messages[index].role == "tool":
                yield tool_span(conversation, turn, index)


def pieces(runs: Iterable[tuple[Conversation, list[dict[str, Any]]]], tally: Tally) -> Iterator[Piece]:
    """Bodies of spans, and the facts of each run after its spans."""
    request, facts = ExportTraceServiceRequest(), list[dict[str, Any]]()
    for conversation, known in runs:
        scope = request.resource_spans.add()
        put(scope.resource.attributes, {"service.name": conversation.agent})
        spans = scope.scope_spans.add().spans
        spans.extend(spans_of(conversation))
        tally.sessions += 1
        tally.spans += len(spans)
        tally.facts += len(known)
        facts += known
        if sum(len(r.scope_spans[0].spans) for r in request.resource_spans) >= SPANS_PER_BODY:
            yield Piece(signal="traces", body=request.SerializeToString())
            yield Piece(signal="facts", facts=facts)
            request, facts = ExportTraceServiceRequest(), []
    if request.resource_spans:
        yield Piece(signal="traces", body=request.SerializeToString())
        yield Piece(signal="facts", facts=facts)
