"""Which rules suit an objective: burn rates where they can be quick and have events to count, else the detector.

The same target and traffic always give the same rules, and each says why it was chosen.
"""

import math
from dataclasses import dataclass
from typing import Literal

from trimtab.loop.alert.model import Severity
from trimtab.loop.alert.rules.detector import detector_of
from trimtab.loop.alert.rules.model import Pair, Rule
from trimtab.loop.alert.rules.simulate import Traffic, simulate_false
from trimtab.loop.alert.rules.windows import pairs_of
from trimtab.loop.budget import Objective
from trimtab.vocabulary.kernel import Invalid

Kind = Literal["burn", "detector"]
MOST_THRESHOLD = 0.5
"""Above this share of bad events a pair waits too long even for an outage."""
LEAST_EVENTS = 10
"""Expected in the short window; with fewer, single events decide."""
MOST_FALSE = 1.0
"""So many alarms in 30 days while nothing is wrong make burn rates unfit, where the base rate is known."""
KEEP_MIN: dict[Severity, int] = {"page": 15, "ticket": 120}
"""A burn rule that fires resolves only after so many clear minutes: it flaps less."""
FALSE_DAYS: dict[Severity, float] = {"page": 180, "ticket": 30}
"""A detector's false alarm comes at most once in so many days, on average."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A rule and the sentence that says why this kind; `forced` when the user asked for it."""

    rule: Rule
    kind: Kind
    why: str
    forced: bool = False


def choose(
    objective: Objective,
    events_per_day: float,
    forced: Kind | None = None,
    *,
    base_rate: float | None = None,
    catalogue: str = "",
) -> list[Choice]:
    """A page and a ticket for an objective with so many events (or slices) a day; raises `Invalid` where there is no traffic.

    Burn rates of a severity are chosen when all its pairs have threshold f (1 - T) <= 0.5 and 10 expected events in the short window;
    and, where the healthy share of good events is given, when they are simulated to fire at most once in 30 days for nothing.
    """
    if events_per_day <= 0:
        raise Invalid(
            f"{objective.id} has no events yet", hint="rules are chosen by traffic: send some first"
        )
    found: list[Choice] = []
    severities: tuple[Severity, ...] = ("page", "ticket")
    for severity in severities:
        pairs = tuple(pair for pair in pairs_of(objective.window, catalogue) if pair.severity == severity)
        unfit = why_unfit(pairs, objective.target, events_per_day)
        if not (forced or unfit) and base_rate is not None:
            burn = rule_of("burn", severity, pairs, objective, events_per_day)
            unfit = why_noisy(
                burn, objective.target, Traffic(base_rate=base_rate, events_per_min=events_per_day / 1440)
            )
        kind: Kind = forced or ("detector" if unfit else "burn")
        if kind == "burn" and not pairs:
            continue
        rule = rule_of(kind, severity, pairs, objective, events_per_day)
        why = (
            "asked for"
            if forced
            else unfit or "its thresholds are within reach, and its windows hold events enough"
        )
        found.append(Choice(rule=rule, kind=kind, why=why, forced=forced is not None))
    return found


def why_noisy(rule: Rule, target: float, traffic: Traffic) -> str:
    """Why burn rates would tell too much; "" when they do not."""
    found = simulate_false(rule, target, traffic, streams=20)
    if found.per_30d <= MOST_FALSE:
        return ""
    return (
        f"its windows would fire {found.per_30d:.2g} times in 30 days while {traffic.base_rate:.4g} are good"
    )


def cohort_rule(objective: Objective, severity: Severity, events_per_day: float) -> Rule:
    """The rule for each cohort of an objective with so many events a day over all cohorts.

    Each has the same detector, whose threshold is that of the whole traffic: the sum of R over the cohorts grows by at most one an event
    while nothing is wrong, so the first false alarm of any of them, however many there are, still takes that many days on average.
    """
    return rule_of("detector", severity, (), objective, events_per_day)


def why_unfit(pairs: tuple[Pair, ...], target: float, events_per_day: float) -> str:
    """Why burn rates do not suit; "" when they do."""
    if not pairs:
        return "no pair of windows fits into the period"
    for pair in pairs:
        threshold = pair.threshold(target)
        if threshold > MOST_THRESHOLD:
            return f"{pair.name} would wait until {threshold:.0%} of the events are bad ({pair.factor:g} x {1 - target:.2g})"
        expected = events_per_day * pair.short_min / 1440
        if expected < LEAST_EVENTS:
            return f"{pair.name} would decide by {expected:.1f} events in {pair.short_min} minutes"
    return ""


def rule_of(
    kind: Kind, severity: Severity, pairs: tuple[Pair, ...], objective: Objective, events_per_day: float
) -> Rule:
    """The rule of that kind; only the page tells of missing data: after 30 expected events, at least an hour."""
    per_min = events_per_day / 1440
    detects = kind == "detector"
    return Rule(
        name=f"{severity}-{kind}",
        severity=severity,
        pairs=() if detects else pairs,
        detector=detector_of(objective.target, FALSE_DAYS[severity], events_per_day) if detects else None,
        stale_min=max(60, math.ceil(LEAST_EVENTS / per_min)),
        keep_min=0 if detects else KEEP_MIN[severity],
        no_data_min=max(60, math.ceil(3 * LEAST_EVENTS / per_min)) if severity == "page" else None,
    )
