"""What a record of a log says of the messages of a model call: conventions that put its events into the log.

One record is one message (up to 1.36), or repeats all details of the call (since 1.37). It names the span that it is about, which may
have come before it or is still to come; so what it says is kept apart, and fills in what the span itself does not say.
https://github.com/open-telemetry/semantic-conventions/blob/v1.36.0/docs/gen-ai/gen-ai-events.md
https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-events/
"""

from typing import Any, NamedTuple

from trimtab.vocabulary.trace.dialects import Draft
from trimtab.vocabulary.trace.normaliser import FINISH_CLASSES, read_draft
from trimtab.vocabulary.trace.span import Attributes, Event
from trimtab.vocabulary.trace.spoken import CHOICE, COMPLETION, DETAILS, SPOKEN, read_spoken

LOGGED = SPOKEN | {DETAILS}
"""The names of events that speak of messages."""
ANSWERS = frozenset({CHOICE, COMPLETION})


class Logged(NamedTuple):
    """What one record says of one span; `body` and `ordinal` point at it in the journal.

    `whole`: it tells of the call as a whole, `given` then are all its messages. Else `given` and `made` are those of this record
    alone, and what is said of a call is the sum of its records. `tool_calls` is None where it was answered, but not what.
    """

    project: str
    trace_id: bytes
    span_id: int
    content_hash: int
    time_ns: int
    whole: bool
    given: int
    made: int
    user_messages: int
    tool_calls: int | None
    prompt_hash: str
    tools_hash: str
    finish: str
    error_class: str
    body: int
    ordinal: int


def read_record(name: str, attributes: Attributes) -> dict[str, Any]:
    """The fields of `Logged` that a record of a name in `LOGGED` tells."""
    draft: Draft = {}
    if name == DETAILS:
        draft = read_draft(attributes)
        given, made = draft.get("messages") or 0, 0
    else:
        read_spoken([Event(name, 0, attributes)], draft)
        given, made = draft.get("messages") or 0, int(name in ANSWERS)
    finish = draft.get("finish") or ""
    return {
        "whole": name == DETAILS,
        "given": given,
        "made": made,
        "user_messages": draft.get("user_messages") or 0,
        "tool_calls": draft.get("tool_calls"),
        "prompt_hash": draft.get("prompt_hash") or "",
        "tools_hash": draft.get("tools_hash") or "",
        "finish": finish,
        "error_class": FINISH_CLASSES.get(finish, ""),
    }
