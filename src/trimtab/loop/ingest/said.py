"""Which words of a span can be searched for: what was said in it or logged of it, in any dialect; of its input what is new."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, cast

import orjson

from trimtab.loop.ingest.decode import Record, attributes_of, parse, records_of
from trimtab.loop.store import Entry, TextRow
from trimtab.vocabulary.trace import LOGGED

MAX_TEXT = 16_000
MAX_DEPTH = 8
GIVEN = (
    *("gen_ai.input.messages", "gen_ai.prompt", "output.value"),
    *("ai.prompt.messages", "gcp.vertex.agent.llm_request"),
    *("mlflow.spanInputs", "mlflow.spanOutputs"),
    *("langfuse.observation.input", "langfuse.observation.output"),
    *("traceloop.entity.input", "traceloop.entity.output"),
)
"""What may hold the whole conversation, be it input or output: of this the last message counts."""
SPOKEN = (
    *("gen_ai.output.messages", "gen_ai.completion"),
    *("gen_ai.tool.call.arguments", "gen_ai.tool.call.result", "tool.parameters"),
    "gen_ai.retrieval.query.text",
    *("ai.response.text", "ai.response.object", "ai.response.toolCalls"),
    *("ai.toolCall.args", "ai.toolCall.result", "ai.value"),
    *("gcp.vertex.agent.llm_response", "gcp.vertex.agent.tool_call_args", "gcp.vertex.agent.tool_response"),
)
"""What is said here for the first time: all of it counts."""
FLAT_INPUT = ("llm.input_messages.", "gen_ai.prompt.")
FLAT_OUTPUT = ("llm.output_messages.", "gen_ai.completion.")
FLAT_ENDS = (".content", ".arguments", ".text")
PLACE = re.compile(r"\.(\d{1,9})\.")
SILENT = frozenset({"role", "type", "id", "tool_call_id", "toolCallId", "finish_reason"})
HOLDERS = ("messages", "contents", "input", "choices")
"""Where a request or a response lists its messages, beside settings, tools and the rules."""
WRAPS = ("inputs", "outputs")
"""Where a callback of LangChain has what it is about, beside tags and metadata."""
MESSAGE_TYPES = frozenset({"human", "ai", "message", "function_call", "function_call_output"})
WHOLE_EVENTS = frozenset(
    {"gen_ai.client.inference.operation.details", "gen_ai.content.prompt", "gen_ai.content.completion"}
)
GIVEN_EVENTS = frozenset(f"gen_ai.{role}.message" for role in ("system", "user", "assistant", "tool"))
EVENT_WORDS = ("gen_ai.event.content", "content", "message", "tool_calls")


def texts_of(entry: Entry) -> list[TextRow]:
    """The text of each span that a body of traces or logs says anything of."""
    if entry.signal == "logs":
        return texts_of_records(entry)
    if entry.signal != "traces":
        return []
    spans = (
        span
        for of_resource in parse("traces", entry.body).resource_spans
        for of_scope in of_resource.scope_spans
        for span in of_scope.spans
    )
    found = ((ordinal, span.start_time_unix_nano, text_of(span)) for ordinal, span in enumerate(spans))
    return [text_row(entry, *row) for row in found if row[-1]]


def texts_of_records(entry: Entry) -> list[TextRow]:
    """What log records say of each span, at the place of the first of them."""
    spans: dict[tuple[bytes, int], list[Record]] = defaultdict(list)
    for record in records_of(parse("logs", entry.body)):
        if record.name in LOGGED:
            spans[record.trace_id, record.span_id].append(record)
    return [
        text_row(entry, of[0].ordinal, of[0].time_ns, text)
        for of in spans.values()
        if (text := bounded(said_in([(one.name, one.attributes) for one in of])))
    ]


def text_row(entry: Entry, ordinal: int, start_ns: int, text: str) -> TextRow:
    """A text at its place in a body."""
    return TextRow(project=entry.project, body=entry.position, ordinal=ordinal, start_ns=start_ns, text=text)


def text_of(span: Any) -> str:
    """What was said in a span: of its input only what is new in this turn, or a session is found in every step."""
    return bounded(
        [span.status.message, *said_by(attributes_of(span.attributes)), *said_in_events(span.events)]
    )


def said_by(attributes: dict[str, Any]) -> list[str]:
    """What the attributes of a span say."""
    said: list[str] = []
    for key in GIVEN:
        said += leaves(newest(structure(attributes.get(key))))
    said += leaves(newest(without_rules(structure(attributes.get("ai.prompt")))))
    said += newest_flat(attributes)
    if not any(key.startswith(FLAT_INPUT) for key in attributes):  # else it is the whole conversation again
        said += leaves(newest(structure(attributes.get("input.value"))))
    for key in SPOKEN:
        said += leaves(structure(attributes.get(key)))
    for key, value in attributes.items():
        if key.startswith(FLAT_OUTPUT) and key.endswith(FLAT_ENDS):
            said += leaves(structure(value))
    return said


def said_in_events(events: Sequence[Any]) -> list[str]:
    """What the events of a span say."""
    return said_in([(event.name, attributes_of(event.attributes)) for event in events])


def said_in(events: Iterable[tuple[str, dict[str, Any]]]) -> list[str]:
    """What events say, by name and attributes: errors, answers, and the last of the messages that were given."""
    said: list[str] = []
    given: list[str] = []
    for name, attributes in events:
        if name == "exception":
            said.append(str(attributes.get("exception.message", "")))
        elif name in WHOLE_EVENTS:
            said += said_by(attributes)
        elif name in GIVEN_EVENTS:
            given = words_of_event(attributes)
        elif name == "gen_ai.choice":
            said += words_of_event(attributes)
    return given + said


def words_of_event(attributes: dict[str, Any]) -> list[str]:
    """What an event of one message says."""
    return [text for key in EVENT_WORDS for text in leaves(structure(attributes.get(key)))]


def without_rules(value: object) -> object:
    """A prompt as the Vercel AI SDK was called with, without the system's message that stands beside it."""
    named = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    return named.get("messages") or named.get("prompt") or cast("object", value)


def newest(value: object, depth: int = 0) -> object:
    """The last of a list of messages, and of a request that holds such a list; else the value as it is."""
    if depth > MAX_DEPTH:
        return value
    if isinstance(value, dict):
        named = cast("dict[str, object]", value)
        listed = (named[key] for key in HOLDERS if named.get(key) and isinstance(named[key], list))
        held = next(listed, None) or next((named[key] for key in WRAPS if named.get(key)), None)
        return named if held is None else newest(held, depth + 1)
    items = cast("list[object]", value) if isinstance(value, list) else []
    last = items[-1] if items else None
    if is_message(last):
        return last
    return newest(cast("object", last), depth + 1) if isinstance(last, list) else cast("object", value)


def is_message(item: object) -> bool:
    """Whether an item of a list is a message, so that the ones before it were said before."""
    if not isinstance(item, dict):
        return False
    named = cast("dict[str, object]", item)
    kind = named.get("type")
    return "role" in named or "kwargs" in named or (isinstance(kind, str) and kind in MESSAGE_TYPES)


def newest_flat(attributes: dict[str, Any]) -> list[str]:
    """The last message of a conversation that lies flat: one attribute a part, its place in the name."""
    found: dict[int, list[str]] = {}
    for key, value in attributes.items():
        if key.startswith(FLAT_INPUT) and key.endswith(FLAT_ENDS) and (place := PLACE.search(key)):
            found.setdefault(int(place[1]), []).extend(leaves(structure(value)))
    return found[max(found)] if found else []


def bounded(parts: Iterable[str]) -> str:
    """The parts as one text, no longer than is indexed."""
    found: list[str] = []
    room = MAX_TEXT
    for part in parts:
        if part and room > 0:
            found.append(part[:room])
            room -= len(part) + 1
    return "\n".join(found)


def structure(value: Any) -> object:
    """JSON text as what it stands for, anything else as it is."""
    if isinstance(value, str) and value.startswith(("[", "{", '"')):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def leaves(value: object) -> Iterator[str]:
    """The texts within a structure, in order, without what only labels it."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            named = cast("dict[str, object]", item)
            stack += [named[key] for key in reversed(named) if key not in SILENT]
        elif isinstance(item, list):
            stack += reversed(cast("list[object]", item))
