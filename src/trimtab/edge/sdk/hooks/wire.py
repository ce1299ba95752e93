"""Events and answers as Claude Code writes them: https://code.claude.com/docs/en/hooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from trimtab.vocabulary.kernel import Invalid

Answer = dict[str, Any]
NOBODY_ASKED = ("bypassPermissions", "dontAsk")
"""Permission modes in which a question reaches no person."""
BEFORE, AFTER, FAILED = "PreToolUse", "PostToolUse", "PostToolUseFailure"
SAID, ANSWERED = "UserPromptSubmit", "Stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event: its name, the session, and all else that it says."""

    name: str
    session: str
    words: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def text(self, word: str) -> str:
        """A word of it as a text, "" where it says none."""
        found = self.words.get(word)
        return found if isinstance(found, str) else "" if found is None else str(found)

    @property
    def tool(self) -> str:
        """The tool that it is about, "" for none."""
        return self.text("tool_name")

    @property
    def args(self) -> Mapping[str, Any]:
        """The tool's arguments; raises `Invalid` where they are no object."""
        found = self.words.get("tool_input", {})
        if not isinstance(found, dict):
            raise Invalid(f"the input of {self.tool} is no JSON object")
        return cast("dict[str, Any]", found)


def read_event(raw: bytes) -> Event:
    """The event on standard input; raises `Invalid`."""
    try:
        found = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"standard input is no JSON: {error}", hint="only Claude Code calls this") from error
    words = cast("dict[str, Any]", found) if isinstance(found, dict) else dict[str, Any]()
    name, session = words.get("hook_event_name"), words.get("session_id")
    if not (isinstance(name, str) and isinstance(session, str) and name and session):
        raise Invalid("the event has no hook_event_name or no session_id", hint="only Claude Code calls this")
    return Event(name=name, session=session, words=words)


def value_of(response: Any) -> Any:
    """The value of a tool's response; one of an MCP server is what its one text holds as JSON, where it does."""
    blocks = cast("list[Any]", response if isinstance(response, list) else [])
    block = cast("dict[str, Any]", blocks[0]) if len(blocks) == 1 and isinstance(blocks[0], dict) else {}
    text: Any = block.get("text")
    if block.get("type") != "text" or not isinstance(text, str):
        return cast("Any", response)
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def before(
    verdict: str = "", reason: str = "", args: Mapping[str, Any] | None = None, note: str = ""
) -> Answer:
    """The answer before a call; without a verdict Claude Code's own permissions decide."""
    found: Answer = {"hookEventName": BEFORE}
    if verdict:
        found |= {"permissionDecision": verdict, "permissionDecisionReason": reason}
    if args is not None:
        found["updatedInput"] = dict(args)
    if note:
        found["additionalContext"] = note
    return {"hookSpecificOutput": found} if len(found) > 1 else {}


def block(reason: str) -> Answer:
    """The answer that stops a prompt or an answer, or tells the model what is wrong with a result."""
    return {"decision": "block", "reason": reason}


def masked(response: object, value: object, note: str) -> Answer:
    """The answer that puts another result in a result's place."""
    shown: object = value
    if value_of(response) is not response:
        text = value if isinstance(value, str) else orjson.dumps(value).decode()
        shown = [{"type": "text", "text": text}]
    found = {"hookEventName": AFTER, "updatedToolOutput": shown, "updatedMCPToolOutput": shown}
    return {"hookSpecificOutput": found | {"additionalContext": note}}


def refused(event: Event | None, reason: str) -> Answer:
    """The answer where we cannot decide and the contract enforces: nothing goes on that can be stopped."""
    name = event.name if event else ""
    if name == BEFORE:
        return before("deny", reason)
    if name in (SAID, AFTER):
        return block(reason)
    return {"systemMessage": reason}
