"""OpenInference: flattened attributes of Arize's instrumentations.

https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

import re
from typing import Any

from trimtab.vocabulary.trace.dialects.conversation import prompt, tools, unflattened
from trimtab.vocabulary.trace.dialects.reading import (
    Convert,
    Draft,
    claim,
    mapping,
    provider,
    reason,
    settle,
    text,
    whole,
)

NAME = "openinference"
FIELDS: dict[str, tuple[str, Convert]] = {
    "agent.name": ("own_agent", text),
    "llm.provider": ("provider", provider),
    "llm.system": ("provider", provider),
    "llm.response.model_name": ("model", text),
    "llm.model_name": ("model", text),
    "embedding.model_name": ("model", text),
    "reranker.model_name": ("model", text),
    "llm.request.model_name": ("model_requested", text),
    "tool.name": ("tool", text),
    "llm.finish_reason": ("finish", reason),
    "llm.token_count.prompt": ("input_tokens", whole),
    "llm.token_count.completion": ("output_tokens", whole),
    "llm.token_count.total": ("total_tokens", whole),
    "llm.token_count.prompt_details.cache_read": ("cache_read_tokens", whole),
    "llm.token_count.prompt_details.cache_write": ("cache_write_tokens", whole),
    "llm.token_count.completion_details.reasoning": ("reasoning_tokens", whole),
    "llm.prompt_template.version": ("prompt_version", text),
    "prompt.id": ("prompt_name", text),
}
KINDS_OF = {
    "LLM": "llm",
    "EMBEDDING": "embedding",
    "RETRIEVER": "retrieve",
    "RERANKER": "rerank",
    "TOOL": "tool",
    "AGENT": "agent",
    "CHAIN": "workflow",
    "GUARDRAIL": "guardrail",
    "EVALUATOR": "evaluation",
    "PROMPT": "prompt",
}
PARAMETERS = "llm.invocation_parameters"
READS = frozenset({"openinference.span.kind", PARAMETERS})
PREFIXES = ("llm.input_messages.", "llm.output_messages.", "llm.tools.")
ROLE = re.compile(r"llm\.(input|output)_messages\.(\d+)\.message\.role")
CALL = re.compile(r"llm\.output_messages\.(\d+)\.message\.tool_calls\.(\d+)\.tool_call\.")
SYSTEM_TEXT = "llm.input_messages.0.message.content"


def kind(attributes: dict[str, Any]) -> str | None:
    """The kind that `openinference.span.kind` names."""
    found = attributes.get("openinference.span.kind")
    return KINDS_OF.get(found.upper()) if isinstance(found, str) else None


def refine(attributes: dict[str, Any], draft: Draft) -> None:
    """Counts over the flattened lists, and the model that was asked for."""
    if "openinference.span.kind" not in attributes:
        return
    claim(draft, NAME)
    if PARAMETERS in attributes:
        settle(draft, "model_requested", text(mapping(attributes[PARAMETERS]).get("model")))
    roles = [(found[1], value) for key, value in attributes.items() if (found := ROLE.fullmatch(key))]
    if roles:
        draft.setdefault("messages", len(roles))
        draft.setdefault("user_messages", sum(side == "input" and role == "user" for side, role in roles))
        calls = {found.groups() for key in attributes if (found := CALL.match(key))}
        draft.setdefault("tool_calls", len(calls))
    if attributes.get("llm.input_messages.0.message.role") == "system":
        settle(draft, "prompt_hash", system_prompt(attributes))
    listed = unflattened(attributes, "llm.tools.")
    if listed:
        settle(draft, "tools_hash", tools([tool.get("tool.json_schema") or tool for tool in listed]))


def system_prompt(attributes: dict[str, Any]) -> str | None:
    """Identity of the system message, one text or several parts."""
    parts = unflattened(attributes, "llm.input_messages.0.message.contents.")
    return prompt(attributes.get(SYSTEM_TEXT) or [part.get("message_content.text") or part for part in parts])
