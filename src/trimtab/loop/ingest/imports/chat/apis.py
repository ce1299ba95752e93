"""What a recorded call says, whichever of three interfaces it went through; messages in the schema of the GenAI conventions.

https://platform.openai.com/docs/api-reference/chat
https://platform.openai.com/docs/api-reference/responses
https://docs.anthropic.com/en/api/messages
"""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from trimtab.loop.ingest.imports.values import text_of

Json = dict[str, Any]
Messages = tuple[Json, ...]
OPENAI = {
    "prompt_tokens": "input_tokens",
    "input_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "output_tokens": "output_tokens",
    "total_tokens": "total_tokens",
}
DETAILS = {
    "prompt_tokens_details": ("cached_tokens", "cache_read.input_tokens"),
    "input_tokens_details": ("cached_tokens", "cache_read.input_tokens"),
    "completion_tokens_details": ("reasoning_tokens", "reasoning.output_tokens"),
    "output_tokens_details": ("reasoning_tokens", "reasoning.output_tokens"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call: what was given and made, and what of usage is known (by its name in `gen_ai.usage.*`)."""

    model: str
    given: Messages
    made: Messages = ()
    answered_by: str = ""
    id: str = ""
    after: str = ""
    tools: str = ""
    finish: str = ""
    created_s: float | None = None
    usage: Mapping[str, int] = field(default_factory=dict[str, int])


def call_of(request: Json, response: Json) -> Call | None:
    """The call that two bodies tell of; None where they are of none of the three interfaces."""
    for fits, read in APIS:
        if fits(request, response):
            return read(request, response)
    return None


def is_chat(request: Json, response: Json) -> bool:
    """Chat Completions."""
    return isinstance(request.get("messages"), list) and ("choices" in response or "error" in response)


def is_responses(request: Json, response: Json) -> bool:
    """Responses."""
    return "input" in request and response.get("object") == "response"


def is_messages(request: Json, response: Json) -> bool:
    """Anthropic's Messages."""
    return isinstance(request.get("messages"), list) and response.get("type") in {"message", "error"}


def of_chat(request: Json, response: Json) -> Call:
    """A call of Chat Completions."""
    choices: list[Json] = response.get("choices") or []
    return Call(
        model=str(request.get("model", "")),
        given=tuple(openai_message(one) for one in request["messages"]),
        made=tuple(openai_message(one["message"]) for one in choices if "message" in one),
        answered_by=str(response.get("model") or ""),
        id=str(response.get("id") or ""),
        tools=text_of(request["tools"]) if request.get("tools") else "",
        finish=str(choices[0].get("finish_reason") or "") if choices else "",
        created_s=response.get("created"),
        usage=openai_usage(response),
    )


def of_responses(request: Json, response: Json) -> Call:
    """A call of Responses; what it was not finished for stands in its details."""
    given: list[Json] = items_of(request["input"])
    if request.get("instructions"):
        given = [{"role": "system", "parts": text_parts(request["instructions"])}, *given]
    made: list[Json] = response.get("output") or []
    calls = any(one.get("type") == "function_call" for one in made)
    unfinished: Json = response.get("incomplete_details") or {}
    done = ("tool_calls" if calls else "stop") if response.get("status") == "completed" else ""
    return Call(
        model=str(request.get("model", "")),
        given=tuple(given),
        made=tuple(items_of(made)),
        answered_by=str(response.get("model") or ""),
        id=str(response.get("id") or ""),
        after=str(request.get("previous_response_id") or ""),
        tools=text_of(request["tools"]) if request.get("tools") else "",
        finish=str(unfinished.get("reason") or done),
        created_s=response.get("created_at"),
        usage=openai_usage(response),
    )


def of_messages(request: Json, response: Json) -> Call:
    """A call of Anthropic's Messages; what it counts as cached is not within its input."""
    given = [anthropic_message(one) for one in request["messages"]]
    if request.get("system"):
        given = [{"role": "system", "parts": text_parts(request["system"])}, *given]
    usage: Json = response.get("usage") or {}
    read, written = usage.get("cache_read_input_tokens") or 0, usage.get("cache_creation_input_tokens") or 0
    counted: dict[str, int] = {}
    if usage.get("input_tokens") is not None:
        counted["input_tokens"] = usage["input_tokens"] + read + written
        counted |= {"cache_read.input_tokens": read, "cache_creation.input_tokens": written}
    if usage.get("output_tokens") is not None:
        counted["output_tokens"] = usage["output_tokens"]
    return Call(
        model=str(request.get("model", "")),
        given=tuple(given),
        made=(anthropic_message(response),) if response.get("type") == "message" else (),
        answered_by=str(response.get("model") or ""),
        id=str(response.get("id") or response.get("request_id") or ""),
        tools=text_of(request["tools"]) if request.get("tools") else "",
        finish=str(response.get("stop_reason") or ""),
        usage=counted,
    )


APIS: tuple[tuple[Callable[[Json, Json], bool], Callable[[Json, Json], Call]], ...] = (
    (is_messages, of_messages),
    (is_chat, of_chat),
    (is_responses, of_responses),
)


def openai_usage(response: Json) -> dict[str, int]:
    """Tokens as OpenAI counts them: cached ones are within the input."""
    usage: Json = response.get("usage") or {}
    found = {name: int(usage[theirs]) for theirs, name in OPENAI.items() if usage.get(theirs) is not None}
    for key, (theirs, name) in DETAILS.items():
        details: Json = usage.get(key) or {}
        if details.get(theirs) is not None:
            found[name] = int(details[theirs])
    return found


def openai_message(message: Json) -> Json:
    """A message of Chat Completions."""
    if message.get("role") == "tool":
        return result(message.get("tool_call_id"), message.get("content"))
    calls: list[Json] = message.get("tool_calls") or []
    parts = text_parts(message.get("content"))
    for call in calls:
        function: Json = call.get("function") or call.get("custom") or {}
        parts.append(asked(call.get("id"), function.get("name"), function.get("arguments")))
    return {"role": str(message.get("role") or "assistant"), "parts": parts}


def items_of(given: object) -> list[Json]:
    """The items of Responses, in or out; what is neither said, called nor given back says nothing."""
    if isinstance(given, str):
        return [{"role": "user", "parts": text_parts(given)}]
    found: list[Json] = []
    for item in cast("list[Json]", given):
        kind = item.get("type", "message")
        if kind == "message":
            found.append({"role": str(item.get("role", "user")), "parts": text_parts(item.get("content"))})
        elif kind == "function_call":
            call = asked(item.get("call_id"), item.get("name"), item.get("arguments"))
            found.append({"role": "assistant", "parts": [call]})
        elif kind == "function_call_output":
            found.append(result(item.get("call_id"), item.get("output")))
    return found


def anthropic_message(message: Json) -> Json:
    """A message of Anthropic; results of tools are a message of the tool."""
    content: str | list[Json] | None = message.get("content")
    blocks = content if isinstance(content, list) else []
    results = [block for block in blocks if block.get("type") == "tool_result"]
    if results:
        parts = [result(one.get("tool_use_id"), one.get("content"), one)["parts"][0] for one in results]
        return {"role": "tool", "parts": parts}
    parts = text_parts(content)
    parts += [
        asked(one.get("id"), one.get("name"), one.get("input"))
        for one in blocks
        if one.get("type") == "tool_use"
    ]
    return {"role": str(message.get("role", "assistant")), "parts": parts}


def asked(name: object, tool: object, arguments: object) -> Json:
    """A tool call that a model proposed; arguments that are JSON are one structure, however they were written."""
    if isinstance(arguments, str):
        with contextlib.suppress(orjson.JSONDecodeError):
            arguments = orjson.loads(arguments)
    return {"type": "tool_call", "id": str(name or ""), "name": str(tool or ""), "arguments": arguments}


def result(name: object, content: object, block: Json | None = None) -> Json:
    """What a tool gave back; Anthropic's may say that it failed."""
    part: Json = {"type": "tool_call_response", "id": str(name or ""), "response": content}
    if block and block.get("is_error"):
        part["is_error"] = True
    return {"role": "tool", "parts": [part]}


def text_parts(content: object) -> list[Json]:
    """The text of a message: a text, or parts of which some are."""
    if isinstance(content, str):
        return [{"type": "text", "content": content}] if content else []
    if not isinstance(content, list):
        return []
    parts = cast("list[Json]", content)
    texts = [str(part["text"]) for part in parts if part.get("text")]
    return [{"type": "text", "content": text} for text in texts]
