"""What rules would do, told before they do it: which they are and why, whether they can fire, how late, and what last month was like."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from trimtab.loop.alert.rules import (
    BadSpan,
    Finding,
    Lint,
    Rule,
    Traffic,
    backtest,
    find_dead,
    lint,
    period_min,
)
from trimtab.loop.alert.standing import MINUTE_NS, choices_of, rules_of, traffic_of
from trimtab.loop.budget import AlertPolicy, Minutes, Objective
from trimtab.vocabulary.kernel import Ratio

Json = dict[str, Any]
ASSUMED_ABOVE = 0.5
"""Without any event the base rate is assumed to leave half of the budget, at so many events a day."""
ASSUMED_PER_DAY = 240.0


def outlook(objective: Objective, policies: Sequence[AlertPolicy], minutes: Minutes, now_ns: int) -> Json:
    """The rules of an objective with what is wrong about them and what to expect; `assumed` where there is no traffic yet."""
    per_day, rate = traffic_of(objective, minutes, now_ns)
    assumed = rate is None
    if rate is None:
        per_day, rate = ASSUMED_PER_DAY, 1.0 - ASSUMED_ABOVE * objective.budget
    rules = rules_of(objective, policies, (per_day, rate))
    found = lint(objective, rules, Traffic(base_rate=rate, events_per_min=per_day / 1440).rounded())
    return {
        "objective": objective.id,
        "per_day": per_day,
        "base_rate": rate,
        "assumed": assumed,
        "refused": found.refused,
        "rules": [rule_row(one, found) for one in rules],
        "why": [] if policies else reasons(objective, (per_day, rate)),
        "findings": [asdict(one) for one in found.findings],
    }


def dead_rules(objective: Objective, policies: Sequence[AlertPolicy]) -> list[Finding]:
    """The declared rules, and burn rates that were asked for, that can never fire."""
    rules = rules_of(objective, policies, (ASSUMED_PER_DAY, None))
    return [one for rule in rules for one in find_dead(rule, objective) if one.level == "error"]


def reasons(objective: Objective, traffic: tuple[float, float]) -> list[Json]:
    """Why each rule is of its kind."""
    return [
        {"rule": one.rule.name, "kind": one.kind, "why": one.why} for one in choices_of(objective, traffic)
    ]


def rule_row(rule: Rule, found: Lint) -> Json:
    """A rule with its windows or detector, its expected delays in minutes, and its false alarms in 30 days."""
    expected = next(one for one in found.expectations if one.rule == rule.name)
    false = expected.false_alarms
    return {
        "rule": rule.name,
        "severity": rule.severity,
        "pairs": [asdict(one) for one in rule.pairs],
        "detector": asdict(rule.detector) if rule.detector else None,
        "delays": [asdict(one) for one in expected.delays],
        "false_per_30d": {"value": false.per_30d, "interval": list(false.interval), "n": false.n},
    }


def replay(
    objective: Objective,
    policies: Sequence[AlertPolicy],
    minutes: Minutes,
    at: tuple[int, int],
    labelled: Sequence[BadSpan] | None = None,
) -> Json:
    """The pages and tickets that the rules would have sent between two times (ns), and how good they would have been."""
    since_ns, now_ns = at
    per_day, rate = traffic_of(objective, minutes, now_ns)
    rules = rules_of(objective, policies, (per_day, rate))
    start, end = since_ns // MINUTE_NS, now_ns // MINUTE_NS
    found = backtest(objective, rules, minutes, (start, end), labelled)
    return {
        "objective": objective.id,
        "since_ns": since_ns,
        "until_ns": now_ns,
        "events_per_day": per_day,
        "window_days": period_min(objective.window) / 1440,
        "firings": [asdict(one) for one in found.firings],
        "bad_spans": [asdict(one) for one in found.spans],
        "scores": [
            asdict(one) | {"precision": ratio(one.precision), "recall": ratio(one.recall)}
            for one in found.scores
        ],
    }


def ratio(of: Ratio) -> Json:
    """A ratio with n and interval; None without any."""
    return {"value": of.value, "n": of.n, "interval": list(of.interval) if of.interval else None}
