"""MLflow Tracing, as its spans leave by OTLP: every value is JSON text, also a plain word.

The session and the user stand on the root, as `session.id` and `user.id`, or stay behind in the trace's metadata.
https://mlflow.org/docs/latest/genai/tracing/opentelemetry/attribute-mapping
"""

from typing import Any

from trimtab.vocabulary.trace.dialects.conversation import conversation, ended, tell, tools
from trimtab.vocabulary.trace.dialects.reading import (
    Convert,
    Draft,
    claim,
    counts,
    mapping,
    provider,
    settle,
    structure,
    text,
)


def word(value: Any) -> str | None:
    """A text, given as it is or as JSON."""
    if isinstance(value, str) and value.startswith('"'):
        value = structure(value)
    return text(value)


def maker(value: Any) -> str | None:
    """A provider, given as it is or as JSON."""
    return provider(word(value))


def first_prompt(value: Any, field: str) -> str | None:
    """Name or version of the first prompt that the span used."""
    found = structure(value)
    return word(mapping(found[0]).get(field)) if isinstance(found, list) and found else None


NAME = "mlflow"
FIELDS: dict[str, tuple[str, Convert]] = {
    "mlflow.trace.session": ("own_session", word),
    "mlflow.trace.user": ("user", word),
    "mlflow.llm.model": ("model", word),
    "mlflow.llm.provider": ("provider", maker),
    "mlflow.chat.tools": ("tools_hash", tools),
}
USAGE = {
    "input_tokens": "input_tokens",
    "output_tokens": "output_tokens",
    "total_tokens": "total_tokens",
    "cache_read_input_tokens": "cache_read_tokens",
    "cache_creation_input_tokens": "cache_write_tokens",
}
TYPE, INPUTS, OUTPUTS = "mlflow.spanType", "mlflow.spanInputs", "mlflow.spanOutputs"
READS = frozenset(
    {TYPE, INPUTS, OUTPUTS, "mlflow.chat.tokenUsage", "mlflow.spanFunctionName", "mlflow.linkedPrompts"}
)
PREFIXES: tuple[str, ...] = ()
KINDS_OF = {
    "LLM": "llm",
    "CHAT_MODEL": "llm",
    "CHAIN": "workflow",
    "WORKFLOW": "workflow",
    "AGENT": "agent",
    "TOOL": "tool",
    "RETRIEVER": "retrieve",
    "EMBEDDING": "embedding",
    "RERANKER": "rerank",
    "MEMORY": "memory",
    "GUARDRAIL": "guardrail",
    "EVALUATOR": "evaluation",
}
"""Types of users' own, and `PARSER`, `TASK` and `UNKNOWN`, are no kind of ours."""


def kind(attributes: dict[str, Any]) -> str | None:
    """The kind that the type of the span names."""
    said = word(attributes.get(TYPE))
    return KINDS_OF.get(said.upper(), "other") if said else None


def refine(attributes: dict[str, Any], draft: Draft) -> None:
    """Usage, the prompt that was used, the messages of a model call, and the tool that a function is."""
    if TYPE not in attributes:
        return
    claim(draft, NAME)
    counts(draft, mapping(attributes.get("mlflow.chat.tokenUsage")), USAGE)
    if "mlflow.linkedPrompts" in attributes:
        linked = attributes["mlflow.linkedPrompts"]
        settle(draft, "prompt_name", first_prompt(linked, "name"))
        settle(draft, "prompt_version", first_prompt(linked, "version"))
    found = kind(attributes)
    if found == "llm":
        inputs = mapping(attributes.get(INPUTS))
        tell(draft, conversation(inputs), conversation(attributes.get(OUTPUTS)))
        settle(draft, "finish", ended(mapping(attributes.get(OUTPUTS))))
        settle(draft, "tools_hash", tools(inputs["tools"]) if inputs.get("tools") else None)
        settle(draft, "model_requested", text(inputs.get("model")))
    elif found == "tool":
        settle(draft, "tool", word(attributes.get("mlflow.spanFunctionName")))
