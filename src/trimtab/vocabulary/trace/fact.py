"""Facts: what is learned later about a session or a step. Appended, never edited."""

from dataclasses import dataclass
from typing import Literal, cast, get_args

FactKind = Literal["outcome", "score", "feedback", "ticket", "label"]
FactSource = Literal["human", "app", "ticket", "judge", "inferred"]
Outcome = Literal["success", "failure", "refused", "escalated", "abandoned", "unknown"]

FACT_KINDS: tuple[str, ...] = get_args(FactKind)
FACT_SOURCES: tuple[str, ...] = get_args(FactSource)
OUTCOMES: tuple[str, ...] = get_args(Outcome)
PRECEDENCE = {source: rank for rank, source in enumerate(reversed(FACT_SOURCES), start=1)}
"""Higher wins: human > app > ticket > judge > inferred."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something learned about a session, a trace or a step.

    Exactly one target is set: `session`, or `trace_id` alone, or `trace_id` with `span_id`.
    `value` is a number (a score), `label` a word (an outcome, a grade), `method` names how it was
    measured (evaluator and version). `time_ns` is when it was true, not when it arrived. `body` is the
    journal position that holds it. Two contents under one id are settled by (time, content hash).
    """

    project: str
    id: str
    kind: FactKind
    source: FactSource
    time_ns: int
    session: str = ""
    trace_id: bytes = b""
    span_id: int = 0
    name: str = ""
    value: float | None = None
    label: str = ""
    reason: str = ""
    method: str = ""
    content_hash: int = 0
    body: int = 0

    @property
    def rank(self) -> int:
        """How much this fact's source weighs against another's."""
        return PRECEDENCE[self.source]


def as_outcome(label: str) -> Outcome:
    """The outcome a label names; anything else is unknown."""
    return cast("Outcome", label) if label in OUTCOMES else "unknown"
