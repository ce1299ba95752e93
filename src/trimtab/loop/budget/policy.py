"""What follows when a budget runs low: actions that others carry out, by the risk of what they hold back.

A policy can never stop everything: changes of low risk are not frozen, so that a fix can always be released.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from trimtab.loop.budget.budget import Budget, budget_at
from trimtab.loop.budget.burn import burn_at
from trimtab.loop.budget.ledger import Ledger
from trimtab.loop.budget.model import Risk
from trimtab.vocabulary.kernel import Invalid

Act = Literal["notify", "require_approval", "freeze_risky_releases", "lower_autonomy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Actions for changes of some risks, once a share of the budget is consumed, or a burn rate reached in a lookback."""

    risks: tuple[Risk, ...]
    acts: tuple[Act, ...]
    consumed: float | None = None
    burn: float | None = None
    lookback_min: int = 0

    def __post_init__(self) -> None:
        """Refuse a rule that would freeze changes of low risk, or that has no condition or two."""
        if "freeze_risky_releases" in self.acts and "low" in self.risks:
            raise Invalid("releases of low risk are never frozen", hint="risk: [medium, high]")
        if (self.consumed is None) == (self.burn is None):
            raise Invalid("a rule has one condition", hint="budgetConsumed, or burnRate with lookbackWindow")
        if self.burn is not None and self.lookback_min < 1:
            raise Invalid("a burn rate is of a length of time", hint="lookbackWindow: 1h")


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBudgetPolicy:
    """Rules for the objectives of the SLOs that `slos` names, or of all."""

    name: str
    rules: tuple[Rule, ...]
    slos: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An action in force for changes of a risk, because of an objective; a value that others carry out."""

    act: Act
    risk: Risk
    objective: str
    policy: str
    because: str


def actions_at(policies: Iterable[ErrorBudgetPolicy], ledgers: Sequence[Ledger], now_ns: int) -> list[Action]:
    """The actions in force, each with the first rule that demands it; without events, or with too few, there are none."""
    found: dict[tuple[str, str, str], Action] = {}
    told = [(ledger, budget_at(ledger, now_ns)) for ledger in ledgers]
    for policy in policies:
        for ledger, budget in told:
            if policy.slos and ledger.objective.slo not in policy.slos:
                continue
            if budget.counted.total < max(1, ledger.objective.min_events):
                continue
            for action in demanded(policy, ledger, budget, now_ns):
                found.setdefault((action.act, action.risk, action.objective), action)
    return list(found.values())


def demanded(policy: ErrorBudgetPolicy, ledger: Ledger, budget: Budget, now_ns: int) -> list[Action]:
    """The actions that a policy demands for one objective."""
    found: list[Action] = []
    for rule in policy.rules:
        because = reason(rule, ledger, budget, now_ns)
        if because:
            found += [
                Action(act=act, risk=risk, objective=ledger.objective.id, policy=policy.name, because=because)
                for risk in rule.risks
                for act in rule.acts
            ]
    return found


def reason(rule: Rule, ledger: Ledger, budget: Budget, now_ns: int) -> str:
    """Why a rule applies, in words; empty where it does not."""
    if rule.consumed is not None and budget.left is not None and 1.0 - budget.left >= rule.consumed:
        return f"{1.0 - budget.left:.1%} of the budget is used, the rule starts at {rule.consumed:.0%}"
    if rule.burn is not None:
        rate = burn_at(ledger, now_ns, rule.lookback_min).rate
        if rate is not None and rate >= rule.burn:
            return f"burn rate {rate:.2f} over {rule.lookback_min} min, the rule starts at {rule.burn:g}"
    return ""
