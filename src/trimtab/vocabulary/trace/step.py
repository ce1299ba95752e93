"""A step: one unit of agent work, in our words, whatever dialect it came in."""

from typing import Literal, NamedTuple

Kind = Literal[
    "plan",
    "llm",
    "retrieve",
    "rerank",
    "embedding",
    "tool",
    "guardrail",
    "agent",
    "workflow",
    "memory",
    "evaluation",
    "prompt",
    "other",
]
KINDS: tuple[str, ...] = Kind.__args__
LEAF_KINDS = frozenset({"llm", "embedding", "rerank", "tool"})
"""Only these may carry tokens and cost into a sum; on others they are a roll-up, kept and never added."""

NORMALISER_VERSION = 5
"""Grows when the same span gives another step, for a rebuild then gives other rows: since 2, of prompts, tools and
reasons to end what they say, not how it is wrapped; since 3, LangChain's agents by OpenInference have their names;
since 4, records of the log fill in what spans do not say of their messages; since 5, what contracts decided."""


class Step(NamedTuple):
    """One unit of agent work; built once per span on the hot path, hence a tuple (decision 0004).

    Times are nanoseconds since the Unix epoch. Text that is not known is "", numbers that are not
    known are None. Tokens are inclusive: cached within input, reasoning within output. `cost_nusd`
    is nano-dollars. `body` and `ordinal` point at the span in the journal. `decision` is the verdict of a contract, after
    "would " where it only looked on; `reasons` are its codes, with commas between.
    """

    project: str
    trace_id: bytes
    span_id: int
    parent_id: int
    start_ns: int
    end_ns: int
    content_hash: int
    kind: str
    name: str
    own_session: str
    own_agent: str
    service: str
    agent_version: str
    bundle: str
    environment: str
    tenant: str
    user: str
    provider: str
    model: str
    model_requested: str
    tool: str
    tool_calls: int | None
    handoff: str
    error: bool
    error_type: str
    error_class: str
    error_message: str
    finish: str
    schema_ok: bool | None
    decision: str
    reasons: str
    suspected: bool
    input_tokens: int | None
    output_tokens: int | None
    cache_read_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    usage_basis: str
    cost_nusd: int | None
    cost_status: str
    first_token_ns: int | None
    prompt_name: str
    prompt_version: str
    prompt_hash: str
    tools_hash: str
    system_fingerprint: str
    messages: int | None
    user_messages: int | None
    ends_session: bool
    outcome: str
    outcome_reason: str
    skewed: bool
    synthetic_time: bool
    dialect: str
    dims: tuple[tuple[str, str], ...]
    body: int
    ordinal: int


ROW = {field: place for place, field in enumerate(Step._fields)}
"""Field -> its place in a step."""
