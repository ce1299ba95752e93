"""Microsoft: `agent.*` of its agent governance toolkit, and what Semantic Kernel adds to `gen_ai.*`.

The Agent Framework speaks plain `gen_ai.*`. An agent is named by its identifier, for the toolkit writes no other name.
https://github.com/microsoft/agent-governance-toolkit
https://learn.microsoft.com/semantic-kernel/concepts/enterprise-readiness/observability/
"""

from typing import Any

from trimtab.vocabulary.trace.dialects.reading import (
    Convert,
    Draft,
    claim,
    fingerprint,
    flag,
    provider,
    settle,
    text,
)

NAME = "microsoft"
FIELDS: dict[str, tuple[str, Convert]] = {
    "agent.did": ("own_agent", text),
    "agent.tool.name": ("tool", text),
    "agent.model.name": ("model_requested", text),
    "agent.model.provider": ("provider", provider),
    "sk.available_functions": ("tools_hash", fingerprint),
}
KIND = "agent.span.kind"
READS = frozenset({KIND, "agent.task.success", "agent.delegation.from", "agent.delegation.to"})
PREFIXES: tuple[str, ...] = ()
KINDS_OF = {
    "AGENT_TASK": "agent",
    "TOOL_CALL": "tool",
    "LLM_INFERENCE": "llm",
    "POLICY_CHECK": "guardrail",
    "DELEGATION": "other",
}


def kind(attributes: dict[str, Any]) -> str | None:
    """The kind of the span, in the toolkit's words."""
    said = attributes.get(KIND)
    return KINDS_OF.get(said) if isinstance(said, str) else None


def refine(attributes: dict[str, Any], draft: Draft) -> None:
    """Whether the task succeeded, and who handed over to whom."""
    if kind(attributes) is None:
        return
    claim(draft, NAME)
    if attributes[KIND] == "DELEGATION":
        settle(draft, "handoff", text(attributes.get("agent.delegation.to")))
        settle(draft, "own_agent", text(attributes.get("agent.delegation.from")))
    succeeded = flag(attributes.get("agent.task.success"))
    if attributes[KIND] == "AGENT_TASK" and succeeded is not None:
        draft.setdefault("outcome", "success" if succeeded else "failure")
