"""The words of the vocabulary as the SDK writes them, and the attributes that carry them.

`trimtab.vocabulary.trace` has the same words, but loading it costs an agent 45 ms; a test holds the two equal.
"""

import difflib

OUTCOMES = ("success", "failure", "refused", "escalated", "abandoned", "unknown")
SOURCES = ("human", "app", "ticket", "judge", "inferred")
OPERATIONS = {
    "plan": "plan",
    "llm": "chat",
    "retrieve": "retrieval",
    "rerank": "rerank",
    "embedding": "embeddings",
    "tool": "execute_tool",
    "guardrail": "apply_guardrail",
    "agent": "invoke_agent",
    "workflow": "invoke_workflow",
    "memory": "search_memory",
    "evaluation": "evaluate",
    "prompt": "",
    "other": "",
}
"""Kind of a step -> `gen_ai.operation.name`, "" where OpenTelemetry has no word."""
KINDS = tuple(OPERATIONS)
NAMED = {"tool": "gen_ai.tool.name", "agent": "gen_ai.agent.name", "workflow": "gen_ai.workflow.name"}
"""Kind -> the attribute that holds the name of what was called."""
ATTRIBUTES = {
    "model": "gen_ai.request.model",
    "answered_by": "gen_ai.response.model",
    "provider": "gen_ai.provider.name",
    "tool": "gen_ai.tool.name",
    "call_id": "gen_ai.tool.call.id",
    "finish": "gen_ai.response.finish_reasons",
    "first_token_s": "gen_ai.response.time_to_first_chunk",
    "schema_ok": "trimtab.schema_ok",
    "handoff": "trimtab.handoff",
    "error_class": "trimtab.error_class",
}
"""Word of the SDK -> attribute."""
SAID = {
    "tool": ("gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
    "retrieve": ("gen_ai.retrieval.query.text", "gen_ai.retrieval.documents"),
}
MESSAGES = ("gen_ai.input.messages", "gen_ai.output.messages")
"""What goes in and comes out of a step, by its kind, else as messages."""
USAGE = {
    "input": "gen_ai.usage.input_tokens",
    "output": "gen_ai.usage.output_tokens",
    "cache_read": "gen_ai.usage.cache_read.input_tokens",
    "cache_write": "gen_ai.usage.cache_creation.input_tokens",
    "reasoning": "gen_ai.usage.reasoning.output_tokens",
}
KIND, SESSION, AGENT = "trimtab.step.kind", "trimtab.session.id", "trimtab.agent"
TENANT, BUNDLE, USER = "trimtab.tenant", "trimtab.bundle", "user.id"
ENDS, OUTCOME, REASON = "trimtab.session.end", "trimtab.session.outcome", "trimtab.session.outcome_reason"
HANDOFF, ERROR, COHORT = "trimtab.handoff", "error.type", "trimtab.cohort."
VARIANT = "trimtab.cohort.variant"


def attribute_of(kind: str, word: str) -> str:
    """The attribute that a word of the SDK stands for in a step of a kind; an attribute's name stands for itself."""
    if word in ("input", "output"):
        return SAID.get(kind, MESSAGES)[word == "output"]
    return ATTRIBUTES.get(word, word)


def wrong_word(what: str, word: object, known: tuple[str, ...]) -> str:
    """A sentence that says which words are right, the nearest first."""
    near = difflib.get_close_matches(str(word), known, 1)
    guess = f"; did you mean {near[0]!r}?" if near else ""
    return f"{what} {str(word)[:60]!r} is not known: say {', '.join(known)}{guess}"
