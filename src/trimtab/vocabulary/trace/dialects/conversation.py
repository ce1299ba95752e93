"""What the messages and tools of a model call say, whatever shape they come in.

Read are the shapes of OpenTelemetry, OpenAI (Chat and Responses), Anthropic, Gemini, Bedrock, LangChain and the Vercel
AI SDK. Identity is taken of the content, not of its wrapping, so that a prompt or a set of tools keeps its hash
when the instrumentation changes.
"""

import re
from collections.abc import Iterable
from typing import Any, cast

from trimtab.vocabulary.trace.dialects.reading import Draft, fingerprint, mapping, reason, settle, structure

Message = dict[str, Any]
ROLES = {
    "human": "user",
    "ai": "assistant",
    "model": "assistant",
    "developer": "system",
    "humanmessage": "user",
    "aimessage": "assistant",
    "systemmessage": "system",
    "toolmessage": "tool",
}
PLAIN_ROLES = frozenset({"user", "assistant", "system", "tool"})
KNOWN_ROLES = frozenset({*PLAIN_ROLES, "function", *ROLES})
HOLDERS = ("messages", "choices", "candidates", "contents", "generations", "input", "output")
"""Where a request or a response keeps its messages, the first that is there."""
INNER = ("message", "content", "kwargs")
"""What a choice, a candidate or LangChain's serialised message wraps around the message itself."""
CALLS = frozenset({"tool_call", "tool-call", "tool_use", "function_call"})
CALL_KEYS = ("functionCall", "function_call", "toolUse")
RESULTS = frozenset({"tool_call_response", "tool-result", "tool_result", "function_call_output"})
RESULT_KEYS = ("functionResponse", "function_response", "toolResult")
"""The keys that Gemini and Bedrock's Converse give such parts in place of a type."""
REASONS = ("finish_reason", "stop_reason", "finishReason")
SCHEMAS = ("parameters", "input_schema", "inputSchema", "parametersJsonSchema", "parameters_json_schema")
UNTOLD = (None, "", "function")
"""Values that say nothing of a function: absent, or that it is one."""
DECLARED = ("function_declarations", "functionDeclarations")
PLACE = re.compile(r"(\d{1,6})\.(.+)")
CALL_PLACE = re.compile(r"tool_calls\.(\d{1,6})\.")
MAX_DEPTH = 8


def conversation(value: Any, depth: int = 0) -> list[Message] | None:
    """The messages within a request, a response or a list; None where there are none."""
    found = structure(value) if depth == 0 else value
    if depth > MAX_DEPTH:
        return None
    if isinstance(found, dict):
        return within(cast("Message", found), depth)
    if not isinstance(found, list):
        return None
    messages = [m for item in cast("list[Any]", found) for m in conversation(item, depth + 1) or ()]
    return messages or None


def within(found: Message, depth: int) -> list[Message] | None:
    """The messages of a structure: itself, what it wraps, or what it holds."""
    if role_of(found) or names_call(found):
        return [found]
    inner = next((found[key] for key in INNER if isinstance(found.get(key), dict)), None)
    if inner is not None:
        name = found.get("id")
        named = {"role": cast("list[Any]", name)[-1]} if isinstance(name, list) and name else {}
        return conversation(named | cast("Message", inner), depth + 1)
    held = next((found[key] for key in HOLDERS if isinstance(found.get(key), list)), None)
    return None if held is None else conversation(held, depth + 1)


def role_of(message: Message) -> str:
    """Who speaks: user, assistant, system, tool or function; "" where it is not said."""
    said = message.get("role")
    if isinstance(said, str) and said in PLAIN_ROLES:
        return said
    for key in ("role", "type"):
        said = message.get(key)
        if isinstance(said, str) and said.lower() in KNOWN_ROLES:
            return ROLES.get(said.lower(), said.lower())
    return ""


def tell(draft: Draft, given: list[Message] | None, made: list[Message] | None) -> None:
    """Fill in what no stronger dialect said: counts of messages and proposed calls, and the prompt's identity."""
    if given is not None:
        draft.setdefault("messages", len(given) + len(made or ()))
        draft.setdefault("user_messages", sum(map(is_user, given)))
        if "prompt_hash" not in draft and given and role_of(given[0]) == "system":
            settle(draft, "prompt_hash", prompt(given[0].get("parts") or given[0].get("content")))
    if made is not None:
        draft.setdefault("tool_calls", sum(map(calls_in, made)))


def is_user(message: Message) -> bool:
    """Whether the user speaks: Anthropic and Gemini hand the results of tools over in the user's name."""
    role = message.get("role")
    if role != "user" and (role == "assistant" or role_of(message) != "user"):
        return False
    parts = message.get("parts") or message.get("content")
    if not isinstance(parts, list) or not parts:
        return True
    said = cast("list[Any]", parts)
    return not (is_result(said[0]) and all(map(is_result, said)))


def is_result(part: Any) -> bool:
    """Whether a part of a message is what a tool answered."""
    return of_type(part, RESULTS, RESULT_KEYS)


def is_call(part: Any) -> bool:
    """Whether a part of a message is a call of a tool."""
    return of_type(part, CALLS, CALL_KEYS)


def names_call(message: Message) -> bool:
    """Whether a message is one call of a tool, by its type."""
    kind = message.get("type")
    return isinstance(kind, str) and kind in CALLS


def of_type(part: Any, types: frozenset[str], keys: tuple[str, ...]) -> bool:
    """Whether a part says one of these types, or has one of these keys and no type."""
    if not isinstance(part, dict):
        return False
    said = cast("Message", part)
    kind = said.get("type")
    return kind in types if isinstance(kind, str) else any(key in said for key in keys)


def ended(response: Message) -> str | None:
    """Why generation ended: what a response or its first choice says."""
    choices = response.get("choices") or response.get("candidates")
    first = mapping(cast("list[Any]", choices)[0]) if isinstance(choices, list) and choices else {}
    return next(
        (found for said in (response, first) for key in REASONS if (found := reason(said.get(key)))), None
    )


def calls_in(message: Message) -> int:
    """How many tool calls a message proposes."""
    listed = message.get("tool_calls")
    if isinstance(listed, list) and listed:
        return len(cast("list[Any]", listed))
    if names_call(message):
        return 1
    parts = message.get("parts") or message.get("content")
    return sum(map(is_call, cast("list[Any]", parts))) if isinstance(parts, list) else 0


def prompt(value: Any) -> str | None:
    """Identity of a prompt: of its text where it is text only, whichever parts it came in, else of all of it."""
    found = structure(value) if isinstance(value, str) and value.startswith(("[", "{")) else value
    parts = cast("list[Any]", found if isinstance(found, list) else [found])
    texts = [text_of(part) for part in parts]
    if texts and all(text is not None for text in texts):
        return fingerprint("\n".join(text for text in texts if text))
    return fingerprint(value)


def text_of(part: Any) -> str | None:
    """The text of a part; None where it is something else."""
    if isinstance(part, dict):
        said = cast("Message", part)
        part = said.get("text", said.get("content"))
    return part if isinstance(part, str) else None


def tools(value: Any) -> str | None:
    """Identity of a set of tools: what each is declared to be, in their order, whichever wrapping it came in."""
    found = structure(value)
    items = cast("list[Any]", found) if isinstance(found, list) else []
    shapes = [shape for item in items for shape in shapes_of(structure(item))]
    return fingerprint(shapes) if shapes and None not in shapes else fingerprint(value)


def shapes_of(item: Any) -> Iterable[Message | None]:
    """Each function that an item declares; None for what is no function."""
    if not isinstance(item, dict):
        return [None]
    said = cast("Message", item)
    declared = next((said[key] for key in DECLARED if isinstance(said.get(key), list)), None)
    if declared is not None:
        return [shape_of(function) for function in cast("list[Any]", declared)]
    function = said.get("function")
    return [shape_of(function if isinstance(function, dict) else said)]


def shape_of(function: Any) -> Message | None:
    """A function as it is declared, its schema under one name; None without a name."""
    if not isinstance(function, dict):
        return None
    said = cast("Message", function)
    schema = next((said[key] for key in SCHEMAS if said.get(key) is not None), None)
    rest = {key: value for key, value in said.items() if key not in SCHEMAS and value not in UNTOLD}
    return rest | {"parameters": structure(schema)} if said.get("name") else None


def unflattened(attributes: Message, prefix: str) -> list[Message]:
    """Items that attributes spell out as `<prefix><i>.<field>`, in their order; calls of tools are gathered."""
    found: dict[int, Message] = {}
    calls: dict[int, set[str]] = {}
    for key, value in attributes.items():
        if key.startswith(prefix) and (place := PLACE.fullmatch(key, len(prefix))):
            at, field = int(place[1]), place[2]
            found.setdefault(at, {})[field] = value
            if call := CALL_PLACE.match(field):
                calls.setdefault(at, set()).add(call[1])
    for at, names in calls.items():
        found[at]["tool_calls"] = sorted(names)
    return [found[at] for at in sorted(found)]
