"""The Vercel AI SDK: `ai.*`, with `gen_ai.*` beside it on the innermost call.

`ai.generateText` spans the whole loop of calls and tools: an agent, whose usage repeats that of the calls within it.
`ai.generateText.doGenerate` is the call: the leaf that counts. So it is with streams, objects and embeddings.
https://ai-sdk.dev/docs/ai-sdk-core/telemetry
"""

from typing import Any, cast

from trimtab.vocabulary.trace.dialects.conversation import conversation, tell, tools
from trimtab.vocabulary.trace.dialects.reading import (
    Convert,
    Draft,
    claim,
    milliseconds,
    provider,
    reason,
    structure,
    text,
    whole,
)

NAME = "vercel"
METADATA = "ai.telemetry.metadata."
FIELDS: dict[str, tuple[str, Convert]] = {
    f"{METADATA}sessionId": ("own_session", text),
    f"{METADATA}session_id": ("own_session", text),
    f"{METADATA}conversationId": ("own_session", text),
    f"{METADATA}threadId": ("own_session", text),
    f"{METADATA}userId": ("user", text),
    f"{METADATA}user_id": ("user", text),
    "ai.telemetry.functionId": ("own_agent", text),
    "ai.model.provider": ("provider", provider),
    "ai.response.model": ("model", text),
    "ai.model.id": ("model_requested", text),
    "ai.toolCall.name": ("tool", text),
    "ai.response.finishReason": ("finish", reason),
    "ai.finishReason": ("finish", reason),
    "ai.usage.inputTokens": ("input_tokens", whole),
    "ai.usage.promptTokens": ("input_tokens", whole),
    "ai.usage.tokens": ("input_tokens", whole),
    "ai.usage.outputTokens": ("output_tokens", whole),
    "ai.usage.completionTokens": ("output_tokens", whole),
    "ai.usage.totalTokens": ("total_tokens", whole),
    "ai.usage.inputTokenDetails.cacheReadTokens": ("cache_read_tokens", whole),
    "ai.usage.cachedInputTokens": ("cache_read_tokens", whole),
    "ai.usage.inputTokenDetails.cacheWriteTokens": ("cache_write_tokens", whole),
    "ai.usage.outputTokenDetails.reasoningTokens": ("reasoning_tokens", whole),
    "ai.usage.reasoningTokens": ("reasoning_tokens", whole),
    "ai.response.msToFirstChunk": ("first_token_ns", milliseconds),
    "ai.stream.msToFirstChunk": ("first_token_ns", milliseconds),
    "ai.prompt.tools": ("tools_hash", tools),
}
CALLS = "ai.response.toolCalls"
READS = frozenset({"ai.operationId", "ai.prompt.messages", "ai.response.text", CALLS, "ai.result.toolCalls"})
PREFIXES: tuple[str, ...] = ()
LEAVES = {"doGenerate": "llm", "doStream": "llm", "doEmbed": "embedding", "doRerank": "rerank"}
WHOLES = {"ai.generateText": "agent", "ai.streamText": "agent", "ai.toolCall": "tool"}


def kind(attributes: dict[str, Any]) -> str | None:
    """The kind of the operation; what only wraps calls without tools is no step of a kind of its own."""
    operation = attributes.get("ai.operationId")
    if not isinstance(operation, str) or not operation.startswith("ai."):
        return None
    return LEAVES.get(operation.rpartition(".")[2]) or WHOLES.get(operation, "other")


def refine(attributes: dict[str, Any], draft: Draft) -> None:
    """Messages and proposed calls of the innermost call, where it alone has them."""
    if "ai.operationId" not in attributes:
        return
    claim(draft, NAME)
    if kind(attributes) != "llm":
        return
    given = conversation(attributes.get("ai.prompt.messages"))
    calls = structure(attributes.get(CALLS, attributes.get("ai.result.toolCalls")))
    proposed = cast("list[Any]", calls) if isinstance(calls, list) else []
    if given is not None:
        made: dict[str, Any] = {"role": "assistant", "tool_calls": proposed}
        answered = proposed or "ai.response.text" in attributes
        tell(draft, given, [made] if answered else None)
    elif proposed:
        draft.setdefault("tool_calls", len(proposed))
