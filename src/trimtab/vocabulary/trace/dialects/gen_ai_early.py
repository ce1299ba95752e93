"""OpenTelemetry's GenAI conventions up to 1.36 (era A), as older instrumentations still emit them.

`gen_ai.system` names the provider; messages are spelt out by index, given as one JSON text, or gathered by Logfire
in `events`. Messages sent as events of the span are read beside the dialects (`spoken`), those sent as log records
are not counted: unknown, not none.
https://github.com/open-telemetry/semantic-conventions/tree/v1.36.0/docs/gen-ai
"""

from typing import Any, cast

from trimtab.vocabulary.trace.dialects.conversation import (
    Message,
    conversation,
    tell,
    unflattened,
)
from trimtab.vocabulary.trace.dialects.gen_ai import OPERATIONS
from trimtab.vocabulary.trace.dialects.reading import (
    Convert,
    Draft,
    claim,
    provider,
    reason,
    settle,
    structure,
    text,
    whole,
)

NAME = "gen_ai_early"
FIELDS: dict[str, tuple[str, Convert]] = {
    "gen_ai.system": ("provider", provider),
    "gen_ai.usage.prompt_tokens": ("input_tokens", whole),
    "gen_ai.usage.completion_tokens": ("output_tokens", whole),
    "gen_ai.usage.cache_read_input_tokens": ("cache_read_tokens", whole),
    "gen_ai.usage.cache_read_tokens": ("cache_read_tokens", whole),
    "gen_ai.usage.input_cached_tokens": ("cache_read_tokens", whole),
    "gen_ai.usage.cache_creation_input_tokens": ("cache_write_tokens", whole),
    "gen_ai.usage.cache_write_tokens": ("cache_write_tokens", whole),
    "gen_ai.usage.reasoning_tokens": ("reasoning_tokens", whole),
    "gen_ai.usage.details.reasoning_tokens": ("reasoning_tokens", whole),
    "gen_ai.usage.details.cache_read_tokens": ("cache_read_tokens", whole),
    "gen_ai.usage.details.cache_write_tokens": ("cache_write_tokens", whole),
    "gen_ai.response.finish_reason": ("finish", reason),
    "gen_ai.openai.response.system_fingerprint": ("system_fingerprint", text),
    "gen_ai.response.system_fingerprint": ("system_fingerprint", text),
}
PROMPT, COMPLETION = "gen_ai.prompt.", "gen_ai.completion."
READS = frozenset({"gen_ai.prompt", "gen_ai.completion", "events"})
PREFIXES = (PROMPT, COMPLETION)
MARKS = ("gen_ai.system", "gen_ai.usage.prompt_tokens", "gen_ai.prompt", "gen_ai.prompt.0.role")


def kind(attributes: dict[str, Any]) -> str | None:
    """A model call, where it is spelt out: no tool and no agent has a completion."""
    return "llm" if "gen_ai.completion.0.role" in attributes else None


def refine(attributes: dict[str, Any], draft: Draft) -> None:
    """The messages in the three ways of this era."""
    if "gen_ai.provider.name" not in attributes and any(mark in attributes for mark in MARKS):
        claim(draft, NAME)
    given, made = unflattened(attributes, PROMPT), unflattened(attributes, COMPLETION)
    if given or made:
        tell(draft, [said for said in given if "role" in said] or None, made or None)
        if made:
            settle(draft, "finish", reason(made[0].get("finish_reason")))
    elif "gen_ai.prompt" in attributes and is_call(attributes):
        tell(
            draft,
            conversation(attributes.get("gen_ai.prompt")),
            conversation(attributes.get("gen_ai.completion")),
        )
    elif "gen_ai.system" in attributes and "events" in attributes:
        tell(draft, *from_events(attributes["events"]))


def is_call(attributes: dict[str, Any]) -> bool:
    """Whether this is a model call: LangSmith writes its chains, and its prompts, into the same attributes."""
    operation = text(attributes.get("gen_ai.operation.name")) or "chat"
    return OPERATIONS.get(operation) == "llm" and attributes.get("langsmith.span.kind", "llm") == "llm"


def from_events(value: Any) -> tuple[list[Message] | None, list[Message] | None]:
    """Messages and choices of Logfire's list of events."""
    found = structure(value)
    if not isinstance(found, list):
        return None, None
    events = [cast("Message", item) for item in cast("list[Any]", found) if isinstance(item, dict)]
    made = [event for event in events if event.get("event.name") == "gen_ai.choice"]
    given = [event for event in events if event.get("event.name") != "gen_ai.choice"]
    return conversation(given), conversation(made)
