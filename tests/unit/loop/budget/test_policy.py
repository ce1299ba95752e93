"""What follows when a budget runs low: tiered by risk, and never everything at once."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.loop.budget.making import HOUR, NOON, NS, minutes, objective

from trimtab.loop.budget import (
    ErrorBudgetPolicy,
    Rule,
    actions_at,
    default_policies,
    ledger_of,
    read_promises,
)
from trimtab.vocabulary.kernel import Invalid

NOW = NOON * NS
RISKS = ("low", "medium", "high")
ACTS = ("notify", "require_approval", "freeze_risky_releases", "lower_autonomy")


def acts(bad: int, good: int = 1000, **more: object) -> set[tuple[str, str]]:
    ledger = ledger_of(objective(**more), minutes([(NOON - 10 * HOUR, good, bad)]))
    return {(one.act, one.risk) for one in actions_at(default_policies(), [ledger], NOW)}


def test_the_default_tightens_step_by_step() -> None:
    assert acts(bad=10, good=990) == set()
    assert acts(bad=25, good=975) == {("notify", "medium"), ("notify", "high")}
    assert ("require_approval", "high") in acts(bad=38, good=962)
    assert ("freeze_risky_releases", "high") not in acts(bad=49, good=951)
    assert acts(bad=50, good=950) >= {("freeze_risky_releases", "high"), ("require_approval", "medium")}


def test_a_fast_burn_acts_before_the_budget_is_used() -> None:
    rows = minutes([(NOON - 60 * 24 * 5, 10_000, 0), (NOON - HOUR, 60, 40)])
    found = actions_at(default_policies(), [ledger_of(objective(), rows)], NOW)
    assert ("lower_autonomy", "high") in {(one.act, one.risk) for one in found}
    assert found[0].because == "burn rate 8.00 over 360 min, the rule starts at 6"


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_low_risk_is_never_held_back_by_the_default(good: int, bad: int) -> None:
    assert not {act for act, risk in acts(bad, good) if risk == "low"}


@pytest.mark.parametrize("risks", [("low",), ("low", "high"), RISKS])
def test_no_rule_can_freeze_low_risk(risks: tuple[str, ...]) -> None:
    with pytest.raises(Invalid, match="never frozen"):
        Rule(risks=risks, acts=ACTS, consumed=0.1)  # type: ignore[arg-type]


def test_without_enough_events_nothing_follows() -> None:
    assert acts(bad=0, good=0) == set()
    assert acts(bad=5, good=5, min_events=50) == set()
    assert acts(bad=5, good=5, min_events=10)


def test_a_policy_may_be_for_some_slos() -> None:
    rule = Rule(risks=("high",), acts=("notify",), consumed=0.1)
    ledger = ledger_of(objective(), minutes([(NOON - 5, 1, 1)]))
    for slos, count in ((), 1), (("tasks",), 1), (("others",), 0):
        assert (
            len(actions_at([ErrorBudgetPolicy(name="p", rules=(rule,), slos=slos)], [ledger], NOW)) == count
        )


def test_an_action_is_told_once_with_its_first_reason() -> None:
    rules = tuple(Rule(risks=("high",), acts=("notify",), consumed=share) for share in (0.1, 0.2))
    ledger = ledger_of(objective(), minutes([(NOON - 5, 1, 1)]))
    found = actions_at([ErrorBudgetPolicy(name="p", rules=rules)], [ledger], NOW)
    assert [(one.objective, one.policy, one.because) for one in found] == [
        ("tasks", "p", "1000.0% of the budget is used, the rule starts at 10%")
    ]


def test_a_policy_is_read_from_its_document() -> None:
    text = """\
apiVersion: trimtab/v1
kind: ErrorBudgetPolicy
metadata: {name: careful}
spec:
  rules:
    - risk: [medium, high]
      burnRate: 14.4
      lookbackWindow: 1h
      actions: [notify, lower_autonomy]
"""
    assert read_promises({"a": text}).policies == (
        ErrorBudgetPolicy(
            name="careful",
            rules=(
                Rule(risks=("medium", "high"), acts=("notify", "lower_autonomy"), burn=14.4, lookback_min=60),
            ),
        ),
    )


def test_every_act_but_freezing_may_be_for_every_risk() -> None:
    for act, risk in product(ACTS, RISKS):
        if (act, risk) != ("freeze_risky_releases", "low"):
            Rule(risks=(risk,), acts=(act,), consumed=0.5)  # type: ignore[arg-type]
