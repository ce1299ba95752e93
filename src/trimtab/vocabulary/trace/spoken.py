"""What the events of a span say of its messages: conventions of OpenTelemetry that put them there.

Up to 1.36 every message was an event, at first all of the prompt in one; since 1.37 one event repeats the details of the call.
Their content is an attribute of JSON text, or lies flat in the attributes.
https://github.com/open-telemetry/semantic-conventions/blob/v1.36.0/docs/gen-ai/gen-ai-events.md
https://github.com/open-telemetry/semantic-conventions/blob/v1.27.0/docs/gen-ai/gen-ai-spans.md
https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/
"""

from collections.abc import Sequence
from typing import Any, cast

from trimtab.vocabulary.trace.dialects import Draft
from trimtab.vocabulary.trace.dialects.conversation import Message, conversation, tell
from trimtab.vocabulary.trace.dialects.reading import mapping, reason, settle, structure
from trimtab.vocabulary.trace.span import Attributes, Event

DETAILS = "gen_ai.client.inference.operation.details"
CHOICE, PROMPT, COMPLETION = "gen_ai.choice", "gen_ai.content.prompt", "gen_ai.content.completion"
ROLES = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
}
SPOKEN = frozenset({CHOICE, PROMPT, COMPLETION, *ROLES})
CONTENT = "gen_ai.event.content"
STRUCTURED = ("content", "tool_calls")


def with_details(attributes: Attributes, events: Sequence[Event]) -> Attributes:
    """The attributes of a span and those of the event that repeats its details; the span's own word wins."""
    for event in events:
        if event.name == DETAILS:
            attributes = event.attributes | attributes
    return attributes


def read_spoken(events: Sequence[Event], draft: Draft) -> None:
    """What no attribute said: counts of messages and proposed calls, the prompt's identity, why generation ended."""
    given: list[Message] = []
    made: list[Message] = []
    for event in events:
        if event.name in ROLES:
            given.append(message(event.attributes, ROLES[event.name]))
        elif event.name == PROMPT:
            given += conversation(event.attributes.get("gen_ai.prompt")) or ()
        elif event.name == COMPLETION:
            made += conversation(event.attributes.get("gen_ai.completion")) or ()
        elif event.name == CHOICE:
            chosen = content_of(event.attributes)
            made.append(message(wrapped(chosen.get("message")), "assistant"))
            settle(draft, "finish", reason(chosen.get("finish_reason")))
            if chosen.get("message") is None:  # it answered, but not what: unknown, not no call
                draft.setdefault("tool_calls", None)
    tell(draft, given or None, made or None)


def content_of(attributes: Attributes) -> Message:
    """What an event holds: its content where that is one attribute, else its attributes."""
    return mapping(attributes.get(CONTENT)) or attributes


def wrapped(value: Any) -> Message:
    """The message of a choice: given as such, or as its content alone."""
    return mapping(value) or {"content": value}


def message(attributes: Attributes, role: str) -> Message:
    """A message as the other dialects give theirs."""
    found = {**content_of(attributes), "role": role}
    for key in STRUCTURED:
        value = found.get(key)
        if isinstance(value, str) and value.startswith(("[", "{")):
            found[key] = cast("object", structure(value)) or value
    return found
