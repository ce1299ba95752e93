"""OpenTelemetry's GenAI conventions, 1.37 to 1.41 (era B), with the plain renames before and after.

https://opentelemetry.io/docs/specs/semconv/gen-ai/
"""

from typing import Any, cast

from trimtab.vocabulary.trace.dialects.reading import (
    Convert,
    Draft,
    fingerprint,
    first,
    messages,
    seconds,
    text,
    whole,
)

NAME = "gen_ai"
FIELDS: dict[str, tuple[str, Convert]] = {
    "gen_ai.conversation.id": ("own_session", text),
    "session.id": ("own_session", text),
    "gen_ai.agent.name": ("own_agent", text),
    "gen_ai.agent.version": ("agent_version", text),
    "user.id": ("user", text),
    "enduser.id": ("user", text),
    "gen_ai.provider.name": ("provider", text),
    "gen_ai.system": ("provider", text),
    "gen_ai.response.model": ("model", text),
    "gen_ai.request.model": ("model_requested", text),
    "gen_ai.tool.name": ("tool", text),
    "error.type": ("error_type", text),
    "gen_ai.response.finish_reasons": ("finish", first),
    "gen_ai.usage.input_tokens": ("input_tokens", whole),
    "gen_ai.usage.prompt_tokens": ("input_tokens", whole),
    "gen_ai.usage.output_tokens": ("output_tokens", whole),
    "gen_ai.usage.completion_tokens": ("output_tokens", whole),
    "gen_ai.usage.cache_read.input_tokens": ("cache_read_tokens", whole),
    "gen_ai.usage.cache_write.input_tokens": ("cache_write_tokens", whole),
    "gen_ai.usage.cache_creation.input_tokens": ("cache_write_tokens", whole),
    "gen_ai.usage.reasoning.output_tokens": ("reasoning_tokens", whole),
    "gen_ai.usage.total_tokens": ("total_tokens", whole),
    "gen_ai.response.time_to_first_chunk": ("first_token_ns", seconds),
    "gen_ai.prompt.name": ("prompt_name", text),
    "gen_ai.prompt.version": ("prompt_version", text),
    "gen_ai.system_instructions": ("prompt_hash", fingerprint),
    "gen_ai.tool.definitions": ("tools_hash", fingerprint),
    "openai.response.system_fingerprint": ("system_fingerprint", text),
    "gen_ai.openai.response.system_fingerprint": ("system_fingerprint", text),
}
OPERATIONS = {
    "chat": "llm",
    "generate_content": "llm",
    "text_completion": "llm",
    "completion": "llm",
    "generate": "llm",
    "embeddings": "embedding",
    "retrieval": "retrieve",
    "execute_tool": "tool",
    "invoke_agent": "agent",
    "create_agent": "agent",
    "invoke_workflow": "workflow",
    "plan": "plan",
    "run_guardrail": "guardrail",
}
PROVIDERS = {
    "az.ai.openai": "azure.ai.openai",
    "az.ai.inference": "azure.ai.inference",
    "vertex_ai": "gcp.vertex_ai",
    "gemini": "gcp.gemini",
}
INFERRED = (
    ("gen_ai.tool.name", "tool"),
    ("gen_ai.tool.call.id", "tool"),
    ("gen_ai.embeddings.dimension.count", "embedding"),
    ("gen_ai.retrieval.query.text", "retrieve"),
    ("gen_ai.retrieval.documents", "retrieve"),
    ("gen_ai.request.model", "llm"),
    ("gen_ai.input.messages", "llm"),
)
READS = frozenset({"gen_ai.operation.name", "gen_ai.output.messages", "mcp.method.name", *dict(INFERRED)})
PREFIXES: tuple[str, ...] = ()


def kind(attributes: dict[str, Any]) -> str | None:
    """The kind of the operation; an operation that we do not know says nothing."""
    operation = attributes.get("gen_ai.operation.name")
    if not isinstance(operation, str):
        return None
    return OPERATIONS.get(operation) or ("memory" if "memory" in operation else None)


def inferred_kind(attributes: dict[str, Any]) -> str | None:
    """The kind that the attributes present suggest, where nobody names one."""
    if attributes.get("mcp.method.name") == "tools/call":
        return "tool"
    return next((found for key, found in INFERRED if key in attributes), None)


def refine(attributes: dict[str, Any], draft: Draft) -> None:
    """Counts of messages, tool calls proposed, and the prompt where it is the system message."""
    provider = draft.get("provider")
    if provider in PROVIDERS:
        draft["provider"] = PROVIDERS[provider]
    given = messages(attributes.get("gen_ai.input.messages"))
    made = messages(attributes.get("gen_ai.output.messages"))
    if given is not None:
        draft["messages"] = len(given) + len(made or ())
        draft["user_messages"] = sum(message.get("role") == "user" for message in given)
        if "prompt_hash" not in draft and given and given[0].get("role") == "system":
            draft["prompt_hash"] = fingerprint(given[0].get("parts") or given[0].get("content"))
    if made is not None:
        draft["tool_calls"] = sum(calls_in(message) for message in made)


def calls_in(message: dict[str, Any]) -> int:
    """How many tool calls a message proposes."""
    parts = message.get("parts")
    found = cast("list[Any]", parts) if isinstance(parts, list) else []
    return sum(isinstance(part, dict) and cast("Draft", part).get("type") == "tool_call" for part in found)
