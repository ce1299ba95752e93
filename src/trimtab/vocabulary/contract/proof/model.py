"""What is shown about a contract, and what is not."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from trimtab.vocabulary.contract.decision import Facts, SessionState
from trimtab.vocabulary.contract.model import Invariant


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterexample:
    """A call that gets through although an invariant does not hold of it; `values` are those that the invariant reads."""

    facts: Facts
    approved: bool
    values: Mapping[str, Any]

    def situation(self) -> dict[str, Any]:
        """The call and the state before it as plain values; what is as in a new session is left out."""
        facts, fresh = self.facts, SessionState()
        state = {one.name: getattr(facts.session, one.name) for one in fields(SessionState)}
        session = {
            name: sorted(value) if name == "called" else value
            for name, value in state.items()
            if name != "id" and value != getattr(fresh, name)
        }
        parts: dict[str, Any] = {
            "call": {facts.tool: dict(facts.args)},
            "session": session,
            "spent": dict(facts.spent),
            "facts": dict(facts.results),
            "approved": self.approved,
            "so": dict(self.values),
        }
        return {name: value for name, value in parts.items() if value or name == "call"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is known of one invariant; `tools` are those it was asked of, `reasons` why it is not decided.

    `empty` is a proof that says little: no call that gets through is of the kind that the invariant speaks of.
    """

    invariant: Invariant
    verdict: Literal["proved", "refuted", "not decided"]
    tools: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    counterexample: Counterexample | None = None
    empty: bool = False
