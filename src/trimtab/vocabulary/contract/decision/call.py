"""One tool call while it is decided: the facts at hand, and the values that conditions see."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trimtab.vocabulary.contract.decision.budget import Reservation
from trimtab.vocabulary.contract.decision.model import Facts, Reason
from trimtab.vocabulary.contract.expression import Expression, evaluate, holds
from trimtab.vocabulary.contract.model import Contract, Tool, Verdict


@dataclass(slots=True, kw_only=True)
class Call:
    """A tool call, the reasons found so far (`denied` where one of them denies), and what it would reserve."""

    contract: Contract
    tool: Tool
    facts: Facts
    args: Mapping[str, Any]
    reasons: list[Reason] = field(default_factory=list[Reason])
    reservations: list[Reservation] = field(default_factory=list[Reservation])
    known: dict[str, Any] | None = None
    denied: bool = False

    @property
    def tainted(self) -> bool:
        """Whether the session has read what strangers can write."""
        return self.facts.session.tainted or bool(self.facts.provenance and self.facts.provenance.tainted)

    @property
    def sensitive(self) -> bool:
        """Whether the session has read what must not leave."""
        return self.facts.session.sensitive or bool(self.facts.provenance and self.facts.provenance.sensitive)

    def add(self, code: str, verdict: Verdict, message: str, *, argument: str = "", hint: str = "") -> None:
        """Note why."""
        self.reasons.append(Reason(code=code, verdict=verdict, message=message, argument=argument, hint=hint))
        self.denied = self.denied or verdict == "deny"

    def names(self) -> dict[str, Any]:
        """What conditions see."""
        if self.known is None:
            self.known = {
                "args": self.args,
                "facts": self.facts.results,
                "result": self.facts.result,
                "session": session_names(self.facts, tainted=self.tainted, sensitive=self.sensitive),
            }
        return self.known

    def holds(self, condition: Expression) -> bool:
        """Whether a condition holds; raises `Fault`."""
        return holds(condition, self.names())

    def value(self, expression: Expression) -> Any:
        """The value of an expression; raises `Fault`."""
        return evaluate(expression, self.names())


def session_names(facts: Facts, *, tainted: bool, sensitive: bool) -> dict[str, Any]:
    """The session as conditions see it."""
    session = facts.session
    return {
        "id": session.id,
        "tenant": session.tenant,
        "user": session.user,
        "intent": session.intent,
        "tainted": tainted,
        "sensitive": sensitive,
        "calls": session.calls,
        "writes": session.writes,
        "irreversible": session.irreversible,
        "cost_usd": session.cost_usd,
        "tokens": session.tokens,
        "seconds": session.seconds,
    }
