"""OpenTelemetry's GenAI conventions since 1.37: messages as JSON on the span (era B), and what came after 1.41 (era C).

Of two spellings of one field the newer wins. Counts per modality are parts of the totals, and not read.
https://opentelemetry.io/docs/specs/semconv/gen-ai/
https://github.com/open-telemetry/semantic-conventions-genai/tree/main/docs/gen-ai
"""

from typing import Any

from trimtab.vocabulary.trace.dialects.conversation import prompt, tell, tools
from trimtab.vocabulary.trace.dialects.reading import (
    Convert,
    Draft,
    messages,
    provider,
    reason,
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
    "gen_ai.provider.name": ("provider", provider),
    "gen_ai.response.model": ("model", text),
    "gen_ai.request.model": ("model_requested", text),
    "gen_ai.tool.name": ("tool", text),
    "error.type": ("error_type", text),
    "gen_ai.response.finish_reasons": ("finish", reason),
    "gen_ai.usage.input_tokens": ("input_tokens", whole),
    "gen_ai.usage.output_tokens": ("output_tokens", whole),
    "gen_ai.usage.cache_read.input_tokens": ("cache_read_tokens", whole),
    "gen_ai.usage.cache_write.input_tokens": ("cache_write_tokens", whole),
    "gen_ai.usage.cache_creation.input_tokens": ("cache_write_tokens", whole),
    "gen_ai.usage.reasoning.output_tokens": ("reasoning_tokens", whole),
    "gen_ai.usage.total_tokens": ("total_tokens", whole),
    "gen_ai.response.time_to_first_chunk": ("first_token_ns", seconds),
    "gen_ai.prompt.name": ("prompt_name", text),
    "gen_ai.prompt.version": ("prompt_version", text),
    "gen_ai.system_instructions": ("prompt_hash", prompt),
    "gen_ai.tool.definitions": ("tools_hash", tools),
    "openai.response.system_fingerprint": ("system_fingerprint", text),
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
    "apply_guardrail": "guardrail",
    "agent_step": "other",
    "text_completions": "llm",
    "guardrail.run": "guardrail",
    "guard": "guardrail",
    "evaluate": "evaluation",
    "evaluation": "evaluation",
    "rerank": "rerank",
}
"""Known operations; `agent_step` is the Vercel AI SDK's, and repeats the usage of the model call within it,
`text_completions` Semantic Kernel's, `guard` and `guardrail.run` Traceloop's."""
WHOLES = frozenset({"agent", "workflow"})
"""Their messages repeat those of the calls within them, so the tool calls proposed there are not theirs."""
INFERRED = (
    ("gen_ai.tool.name", "tool"),
    ("gen_ai.tool.call.id", "tool"),
    ("gen_ai.embeddings.dimension.count", "embedding"),
    ("gen_ai.retrieval.query.text", "retrieve"),
    ("gen_ai.retrieval.documents", "retrieve"),
    ("gen_ai.retrieval.top_k", "retrieve"),
    ("gen_ai.memory.store.id", "memory"),
    ("gen_ai.memory.query.text", "memory"),
    ("gen_ai.security.verdict.type", "guardrail"),
    ("gen_ai.request.model", "llm"),
    ("gen_ai.input.messages", "llm"),
    ("gen_ai.evaluation.name", "evaluation"),
)
"""Last comes what also stands on the span that it speaks of: a score beside a model call makes it no evaluation."""
SCORE = frozenset(f"gen_ai.evaluation.{name}" for name in ("score.value", "score.label", "explanation"))
"""What an evaluation on the span found: a fact, nothing of the step."""
READS = frozenset({"gen_ai.operation.name", "gen_ai.output.messages", *SCORE, *dict(INFERRED)})
PREFIXES: tuple[str, ...] = ()


def kind(attributes: dict[str, Any]) -> str | None:
    """The kind of the operation; an operation that we do not know says nothing."""
    operation = attributes.get("gen_ai.operation.name")
    if not isinstance(operation, str):
        return None
    return OPERATIONS.get(operation) or ("memory" if "memory" in operation else None)


def inferred_kind(attributes: dict[str, Any]) -> str | None:
    """The kind that the attributes present suggest, where nobody names one."""
    return next((found for key, found in INFERRED if key in attributes), None)


def refine(attributes: dict[str, Any], draft: Draft) -> None:
    """Counts of messages, tool calls proposed, and the prompt where it is the system message."""
    given = messages(attributes.get("gen_ai.input.messages"))
    made = messages(attributes.get("gen_ai.output.messages"))
    tell(draft, given, made)
    if made and kind(attributes) in WHOLES:
        draft.pop("tool_calls", None)
