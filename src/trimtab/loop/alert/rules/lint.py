"""What rules can and cannot do, before they run: those that never fire, how late they page, how often for nothing.

Times count from the change to the moment the data shows it; what the objective's maturity adds is not in them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from trimtab.loop.alert.rules.model import Pair, Rule
from trimtab.loop.alert.rules.reason import span_text
from trimtab.loop.alert.rules.simulate import Delay, FalseAlarms, Traffic, simulate_delay, simulate_false
from trimtab.loop.budget import Objective

OUTAGE, AFTER = 0.0, (0.0, 0.5, 0.8)
"""The true success rates after a change for which a delay is told."""
SLOW_MIN = {"page": 60.0, "ticket": 1440.0}
"""An outage that takes longer to tell is worth a word."""
LEAST_EVENTS = 10
MOST_FALSE = 1.0
"""So many false alarms in 30 days make a rule noisy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is wrong with a rule: `error` when it cannot work; `instead` says what to write."""

    rule: str
    code: Literal["never_fires", "slow", "thin", "always_fires", "noisy"]
    level: Literal["error", "warning"]
    says: str
    instead: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What to expect of a rule: the delay for each true rate after a change, and false alarms at the base rate."""

    rule: str
    delays: tuple[Delay, ...]
    false_alarms: FalseAlarms


@dataclass(frozen=True, slots=True, kw_only=True)
class Lint:
    """Everything found, errors first, and what to expect of each rule."""

    findings: tuple[Finding, ...]
    expectations: tuple[Expectation, ...]

    @property
    def refused(self) -> bool:
        """Whether a rule cannot work."""
        return any(one.level == "error" for one in self.findings)


def cross_min(pair: Pair, target: float, base_rate: float, after: float) -> float | None:
    """Minutes until a pair's long window crosses its threshold after the success rate changed; None for never.

    t = long x (f (1 - T) - bad before) / (bad after - bad before), from the mean of the window: it holds for many events.
    """
    before, now, limit = 1 - base_rate, 1 - after, pair.threshold(target)
    if before > limit:
        return 0.0
    return pair.long_min * (limit - before) / (now - before) if now > limit else None


def least_target(factor: float) -> float:
    """The target above which a burn rate of `factor` exists at all: 1 - 1/f."""
    return 1 - 1 / factor


def expect_delay(rule: Rule, objective: Objective, traffic: Traffic, after: float, seed: int = 0) -> Delay:
    """How long a rule takes to fire once the success rate is `after`: closed form for windows, simulated for a detector."""
    if rule.detector is not None:
        found = simulate_delay(rule.detector, traffic, after, seed=seed)
        return found.later(rule.for_min)
    times = [
        at + pair.held_min
        for pair in rule.pairs
        if (at := cross_min(pair, objective.target, traffic.base_rate, after)) is not None
    ]
    return Delay(after=after, median_min=min(times) + rule.for_min if times else None)


def lint(
    objective: Objective, rules: Sequence[Rule], traffic: Traffic, *, seed: int = 0, streams: int = 60
) -> Lint:
    """Findings and expectations of the rules of one objective; the same seed gives the same numbers.

    `streams` months of traffic are simulated for each rule.
    """
    findings: list[Finding] = []
    expected: list[Expectation] = []
    for rule in rules:
        delays = tuple(expect_delay(rule, objective, traffic, after, seed) for after in AFTER)
        false = simulate_false(rule, objective.target, traffic, streams=streams, seed=seed)
        expected.append(Expectation(rule=rule.name, delays=delays, false_alarms=false))
        findings += find_dead(rule, objective)
        findings += find_thin(rule, traffic)
        findings += find_slow(rule, delays[0])
        findings += find_noisy(rule, objective, traffic, false)
    findings.sort(key=lambda one: one.level)
    return Lint(findings=tuple(findings), expectations=tuple(expected))


def find_dead(rule: Rule, objective: Objective) -> list[Finding]:
    """Pairs that cannot fire: an error when it is all of a rule's, else a warning."""
    dead = [pair for pair in rule.pairs if pair.threshold(objective.target) >= 1]
    most = 1 / objective.budget
    return [
        Finding(
            rule=rule.name,
            code="never_fires",
            level="error" if len(dead) == len(rule.pairs) else "warning",
            says=(
                f"{pair.name} can never fire: with every event bad the budget burns {most:.4g} times as fast as it lasts, "
                f"and it waits for more than {pair.factor:.4g}; it needs a target above {least_target(pair.factor):.2%}"
            ),
            instead=f"use the detector, or a factor of at most {0.5 * most:.4g}",
        )
        for pair in dead
    ]


def find_thin(rule: Rule, traffic: Traffic) -> list[Finding]:
    """Pairs whose short window holds too few events to judge by."""
    return [
        Finding(
            rule=rule.name,
            code="thin",
            level="warning",
            says=(
                f"{pair.name} decides by {traffic.events_per_min * pair.short_min:.2g} events "
                f"in its short window of {span_text(pair.short_min)}"
            ),
            instead=(
                "use the detector, or a short window of at least "
                f"{span_text(math.ceil(LEAST_EVENTS / traffic.events_per_min))}"
            ),
        )
        for pair in rule.pairs
        if traffic.events_per_min * pair.short_min < LEAST_EVENTS
    ]


def find_slow(rule: Rule, outage: Delay) -> list[Finding]:
    """A rule that tells a total outage late."""
    late = outage.median_min
    if late is None or late <= SLOW_MIN[rule.severity]:
        return []
    return [
        Finding(
            rule=rule.name,
            code="slow",
            level="warning",
            says=f"a total outage fires it after {late / 60:.1f} hours",
            instead="use the detector"
            if rule.pairs
            else "more traffic (synthetic tasks), or fewer days per false alarm",
        )
    ]


def find_noisy(rule: Rule, objective: Objective, traffic: Traffic, false: FalseAlarms) -> list[Finding]:
    """A rule that fires at the base rate, all the time or too often."""
    burning = [pair for pair in rule.pairs if 1 - traffic.base_rate > pair.threshold(objective.target)]
    below = rule.detector is not None and traffic.base_rate < objective.target
    if burning or below:
        says = f"it fires all the time: {1 - traffic.base_rate:.2%} of the events are bad as it is"
        instead = f"a target below {traffic.base_rate:.2%}, or better tasks first"
        return [Finding(rule=rule.name, code="always_fires", level="warning", says=says, instead=instead)]
    if false.per_30d <= MOST_FALSE:
        return []
    low, high = false.interval
    return [
        Finding(
            rule=rule.name,
            code="noisy",
            level="warning",
            says=f"{false.per_30d:.2g} false alarms in 30 days ({low:.2g} to {high:.2g}, n {false.n} months)",
            instead="use the detector, more events at least, or a longer short window",
        )
    ]
