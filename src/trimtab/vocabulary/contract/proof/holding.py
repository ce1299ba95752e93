"""Whether an invariant holds of one call, by the decision itself."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, cast

from trimtab.vocabulary.contract.decision import Decision, Facts, Grant, decide
from trimtab.vocabulary.contract.decision.budget import DAY_NS, PLACES, amount_of
from trimtab.vocabulary.contract.decision.call import session_names
from trimtab.vocabulary.contract.expression import Fault, evaluate, paths
from trimtab.vocabulary.contract.model import Contract, Invariant, Tool
from trimtab.vocabulary.kernel import Invalid

COST = 10_000_000
"""An invariant may look at more than a condition: it is not asked while an agent waits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A call that was decided, with the yeses that it needed given, and what an invariant can say of it."""

    facts: Facts
    decision: Decision
    names: Mapping[str, Any]

    @property
    def through(self) -> bool:
        """Whether it gets through."""
        return self.decision.allowed


def replay(contract: Contract, facts: Facts) -> Passed:
    """Decide a call; where it needs yeses, give them and decide again."""
    decision = decide(contract, "pre_tool_call", facts)
    need = decision.need
    if decision.verdict == "ask" and need:
        yeses = [
            Grant(
                id=f"yes-{number}",
                approver=f"{facts.session.user}/approver-{number}",
                tool=need.tool,
                args_digest=need.args_digest,
                contract_digest=need.contract_digest,
                granted_ns=facts.now_ns,
                role=need.role,
            )
            for number in range(need.quorum)
        ]
        facts = replace(facts, grants=tuple(yeses))
        decision = decide(contract, "pre_tool_call", facts)
    return Passed(facts=facts, decision=decision, names=names_of(contract, facts, decision))


def holds_of(invariant: Invariant, passed: Passed) -> bool:
    """Whether an invariant holds of a call; one that has no value, because a field is missing, does not."""
    names = dict(passed.names)
    try:
        for path in paths(invariant.holds):
            if "(" in path[-1]:
                names[path[0]] = {**names[path[0]], path[1]: quantity(passed, *path)}
        return evaluate(invariant.holds, names, cost=COST) is True
    except Invalid:
        return False


def names_of(contract: Contract, facts: Facts, decision: Decision) -> dict[str, Any]:
    """What an invariant knows of a call."""
    tool = contract.tools.get(facts.tool) or Tool(name=facts.tool, effect="irreversible", egress=True)
    said = facts.provenance
    tainted = facts.session.tainted or bool(said and said.tainted)
    sensitive = facts.session.sensitive or bool(said and said.sensitive)
    day = facts.now_ns // DAY_NS
    return {
        "tool": tool.name,
        "effect": tool.effect,
        "writes": tool.writes,
        "irreversible": tool.effect == "irreversible",
        "egress": tool.egress,
        "approved": bool(decision.grants),
        "tainted": tainted,
        "sensitive": sensitive,
        "args": facts.args if decision.args is None else decision.args,
        "facts": facts.results,
        "session": {
            **session_names(facts, tainted=tainted, sensitive=sensitive),
            "budget": f"session/{contract.agent}/{facts.session.id}/{facts.tool}",
        },
        "day": {"budget": f"day/{contract.agent}/{day}/{facts.tool}"},
    }


def quantity(passed: Passed, scope: str, measure: str) -> Decimal:
    """What a session or a day has of a measure, this call included; raises `Invalid` where an amount is none."""
    measure = "calls" if measure == "count()" else measure
    spent = passed.facts.spent.get(f"{passed.names[scope]['budget']}/{measure}", 0.0)
    amount = 1.0 if measure == "calls" else amount_of(passed.names["args"], measure.removeprefix("sum(")[:-1])
    return PLACES.add(Decimal(repr(spent)), Decimal(repr(amount)))


def values_of(invariant: Invariant, passed: Passed) -> dict[str, Any]:
    """The values that an invariant reads of a call; those that are missing are said to be."""
    found: dict[str, Any] = {}
    for path in sorted(paths(invariant.holds)):
        name = ".".join(path)
        try:
            value = quantity(passed, *path) if "(" in path[-1] else at(passed.names, path)
        except Fault:
            value = "missing"
        except Invalid as error:
            value = error.message
        found[name] = float(value) if isinstance(value, Decimal) else value
    return found


def at(names: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    """The value at a path; raises `Fault`."""
    value: Any = names
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            raise Fault(f"there is no {part}")
        value = cast("Mapping[str, Any]", value)[part]
    return value
