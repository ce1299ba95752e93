"""Langfuse: its own SDKs, and what its users write on spans of others.

What Langfuse adds to every span, whoever made it (session, user, release, environment), does not make the span
Langfuse's; `langfuse.observation.type` does. A release is the application's version, a `version` that of a part of it.
https://langfuse.com/integrations/native/opentelemetry
"""

import re
from typing import Any

from trimtab.vocabulary.trace.dialects.conversation import conversation, tell, tools
from trimtab.vocabulary.trace.dialects.reading import (
    Convert,
    Draft,
    claim,
    counts,
    mapping,
    settle,
    text,
    usd,
    whole,
)

NAME = "langfuse"
FIELDS: dict[str, tuple[str, Convert]] = {
    "langfuse.session.id": ("own_session", text),
    "langfuse.user.id": ("user", text),
    "langfuse.environment": ("environment", text),
    "langfuse.release": ("agent_version", text),
    "langfuse.version": ("agent_version", text),
    "langfuse.observation.model.name": ("model", text),
    "langfuse.observation.prompt.name": ("prompt_name", text),
    "langfuse.observation.prompt.version": ("prompt_version", text),
}
COST = "langfuse.observation.cost_details"
TYPE, INPUT, OUTPUT = "langfuse.observation.type", "langfuse.observation.input", "langfuse.observation.output"
LEVEL = "langfuse.observation.level"
MESSAGE = "langfuse.observation.status_message"
NAMED_ERROR = re.compile(r"[A-Z]\w*(?:Error|Exception)\b")
READS = frozenset({TYPE, INPUT, OUTPUT, LEVEL, MESSAGE, "langfuse.observation.usage_details", COST})
PREFIXES: tuple[str, ...] = ()
KINDS_OF = {
    "generation": "llm",
    "embedding": "embedding",
    "agent": "agent",
    "tool": "tool",
    "chain": "workflow",
    "retriever": "retrieve",
    "evaluator": "evaluation",
    "guardrail": "guardrail",
}
CACHED = {
    "input_cached_tokens": "cache_read_tokens",
    "input_cache_read": "cache_read_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "input_cache_creation": "cache_write_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
    "output_reasoning": "reasoning_tokens",
    "output_reasoning_tokens": "reasoning_tokens",
}
OPENAI = {
    "prompt_tokens": "input_tokens",
    "input_tokens": "input_tokens",
    "completion_tokens": "output_tokens",
    "output_tokens": "output_tokens",
    "total_tokens": "total_tokens",
}
DETAILS = (
    ("prompt_tokens_details", {"cached_tokens": "cache_read_tokens"}),
    ("input_tokens_details", {"cached_tokens": "cache_read_tokens"}),
    ("completion_tokens_details", {"reasoning_tokens": "reasoning_tokens"}),
    ("output_tokens_details", {"reasoning_tokens": "reasoning_tokens"}),
)
"""Counts as Langfuse's SDKs hand them on; users may write others, which say nothing."""


def kind(attributes: dict[str, Any]) -> str | None:
    """The kind that the type of the observation names; a plain span leaves it to its other attributes."""
    said = attributes.get(TYPE)
    return KINDS_OF.get(said.lower()) if isinstance(said, str) else None


def refine(attributes: dict[str, Any], draft: Draft) -> None:
    """Usage, failure by level, the messages of a generation, the tool or agent."""
    if TYPE not in attributes:
        return
    claim(draft, NAME)
    if "langfuse.observation.usage_details" in attributes:
        read_usage(mapping(attributes["langfuse.observation.usage_details"]), draft)
    if COST in attributes:
        settle(draft, "cost_nusd", usd(mapping(attributes[COST]).get("total")))
    if attributes.get(LEVEL) == "ERROR":
        named = NAMED_ERROR.match(text(attributes.get(MESSAGE)) or "")
        draft.setdefault("error_type", named[0] if named else "level=ERROR")
    if kind(attributes) == "llm":
        given = mapping(attributes.get(INPUT))
        tell(draft, conversation(attributes.get(INPUT)), conversation(attributes.get(OUTPUT)))
        settle(draft, "tools_hash", tools(given["tools"]) if given.get("tools") else None)


def read_usage(usage: Draft, draft: Draft) -> None:
    """Counts of tokens, in Langfuse's own words or as the provider reported them."""
    counts(draft, usage, CACHED)
    if "input" not in usage and "output" not in usage:
        counts(draft, usage, OPENAI)
        for key, names in DETAILS:
            counts(draft, mapping(usage.get(key)), names)
        return
    given, made, total = whole(usage.get("input")), whole(usage.get("output")), whole(usage.get("total"))
    if total is None or total != (given or 0) + (made or 0):
        # Each count is a bucket of its own: what was cached is not within `input`.
        given, made = bucketed(usage, given, ("input_", "cache_")), bucketed(usage, made, ("output_",))
    settle(draft, "input_tokens", given)
    settle(draft, "output_tokens", made)
    settle(draft, "total_tokens", total)


def bucketed(usage: Draft, plain: int | None, beginnings: tuple[str, ...]) -> int | None:
    """A count and the buckets beside it."""
    more = [whole(value) for name, value in usage.items() if name.startswith(beginnings)]
    return None if plain is None else plain + sum(count for count in more if count)
