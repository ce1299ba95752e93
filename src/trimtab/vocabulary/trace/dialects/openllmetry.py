"""OpenLLMetry: Traceloop's instrumentations, beside the `gen_ai.*` attributes that they share with others.

Model calls carry `gen_ai.*` and say their type in `llm.request.type`; what the program does around them is named by
`traceloop.span.kind`. Names of entities nest (`traceloop.entity.path`); the tool and the agent are the span's own.
https://www.traceloop.com/docs/openllmetry/contributing/semantic-conventions
"""

from typing import Any

from trimtab.vocabulary.trace.dialects.conversation import tools, unflattened
from trimtab.vocabulary.trace.dialects.reading import Convert, Draft, claim, reason, settle, text, whole

NAME = "openllmetry"
PROPERTY = "traceloop.association.properties."
FIELDS: dict[str, tuple[str, Convert]] = {
    f"{PROPERTY}session_id": ("own_session", text),
    f"{PROPERTY}sessionId": ("own_session", text),
    f"{PROPERTY}conversation_id": ("own_session", text),
    f"{PROPERTY}chat_id": ("own_session", text),
    f"{PROPERTY}thread_id": ("own_session", text),
    f"{PROPERTY}user_id": ("user", text),
    f"{PROPERTY}userId": ("user", text),
    "llm.user": ("user", text),
    "llm.usage.total_tokens": ("total_tokens", whole),
    "llm.usage.reasoning_tokens": ("reasoning_tokens", whole),
    "llm.response.finish_reason": ("finish", reason),
    "llm.response.stop_reason": ("finish", reason),
    "gen_ai.openai.system_fingerprint": ("system_fingerprint", text),
    "traceloop.prompt.key": ("prompt_name", text),
    "traceloop.prompt.version": ("prompt_version", text),
}
FUNCTIONS = "llm.request.functions."
READS = frozenset(
    {"traceloop.span.kind", "traceloop.entity.name", "llm.request.type", "gen_ai.guardrail.name"}
)
PREFIXES = (FUNCTIONS,)
KINDS_OF = {"workflow": "workflow", "agent": "agent", "tool": "tool"}
"""A `task` is any function that the user decorated, `session` and `server` are MCP's transport: no kind of ours."""
REQUESTS = {"chat": "llm", "completion": "llm", "embedding": "embedding", "rerank": "rerank"}
MARKS = ("traceloop.span.kind", "llm.request.type", "gen_ai.guardrail.name")


def kind(attributes: dict[str, Any]) -> str | None:
    """The kind of the request, else of the entity; a guardrail is known by its name."""
    if "gen_ai.guardrail.name" in attributes:
        return "guardrail"
    request, entity = attributes.get("llm.request.type"), attributes.get("traceloop.span.kind")
    if isinstance(request, str) and request in REQUESTS:
        return REQUESTS[request]
    return KINDS_OF.get(entity, "other") if isinstance(entity, str) else None


def refine(attributes: dict[str, Any], draft: Draft) -> None:
    """The tool or agent that the span is, and the functions that a request offers."""
    if any(mark in attributes for mark in MARKS):
        claim(draft, NAME)
    entity = attributes.get("traceloop.span.kind")
    if entity == "tool":
        settle(draft, "tool", text(attributes.get("traceloop.entity.name")))
    elif entity == "agent":
        settle(draft, "own_agent", text(attributes.get("traceloop.entity.name")))
    if functions := unflattened(attributes, FUNCTIONS):
        settle(draft, "tools_hash", tools(functions))
