"""Delays and false alarms of a rule by simulation, where no formula gives them: seeded, with n and an interval."""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from trimtab.loop.alert.rules.burn import signal_any, signal_held
from trimtab.loop.alert.rules.detector import find_alarms
from trimtab.loop.alert.rules.evaluate import State, follow, runs_of
from trimtab.loop.alert.rules.model import Detector, Events, Floats, Rule
from trimtab.vocabulary.kernel import Z95, Invalid

MONTH_MIN = 30 * 1440
WARM_EVENTS, LATE_EVENTS = 500, 3000
"""Healthy events before a change, and events after it at which a detector that has not fired is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """What an objective sees while nothing is wrong: the share of good events, and events a minute."""

    base_rate: float
    events_per_min: float

    def rounded(self) -> "Traffic":
        """With two digits of the share of bad events and of how many there are: more would tell nothing, and never come again."""
        return Traffic(
            base_rate=1 - float(f"{1 - self.base_rate:.2g}"),
            events_per_min=float(f"{self.events_per_min:.2g}"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Delay:
    """Minutes from the change to a success rate of `after` until a rule fires; None for never.

    From the closed form (`n` is 0), or the median and the 90 % quantile of `n` simulated changes, with the 95 % interval of the median.
    """

    after: float
    median_min: float | None
    p90_min: float | None = None
    n: int = 0
    interval: tuple[float, float] | None = None

    def later(self, by_min: float) -> "Delay":
        """The same, so much later."""
        if not by_min or self.median_min is None:
            return self
        return replace(
            self,
            median_min=self.median_min + by_min,
            p90_min=None if self.p90_min is None else self.p90_min + by_min,
            interval=None
            if self.interval is None
            else (self.interval[0] + by_min, self.interval[1] + by_min),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseAlarms:
    """Alarms in 30 days while the rate is the base rate: the mean of `n` simulated months and its 95 % interval."""

    per_30d: float
    n: int
    interval: tuple[float, float]


def poisson_interval(count: float, exposure: float, z: float = Z95) -> tuple[float, float]:
    """Score interval of a rate from a count of independent events."""
    centre, half = count + z * z / 2, z * math.sqrt(count + z * z / 4)
    return max(0.0, centre - half) / exposure, (centre + half) / exposure


def step_min(events_per_min: float) -> float:
    """The step of a simulation in minutes: a minute, or one event where these are rarer. Raises `Invalid` without traffic."""
    if events_per_min <= 0:
        raise Invalid("no traffic to simulate", hint="events_per_min is above 0")
    return max(1.0, 1 / events_per_min)


def draw(rates: Floats, events_per_min: float, streams: int, seed: int) -> tuple[Floats, Floats]:
    """Good and bad events of (steps, streams): single events where they are rare, else Poisson counts by minute."""
    dice = np.random.default_rng(seed)
    size = (len(rates), streams)
    n = np.ones(size, dtype=np.int64) if events_per_min <= 1 else dice.poisson(events_per_min, size)
    good = dice.binomial(n, rates[:, None])
    return good.astype(np.float64), (n - good).astype(np.float64)


@lru_cache(maxsize=512)
def simulate_delay(
    detector: Detector, traffic: Traffic, after: float, *, streams: int = 400, seed: int = 0
) -> Delay:
    """How long a detector takes, after a healthy time, once the success rate is `after`."""
    if after >= traffic.base_rate:
        return Delay(after=after, median_min=None)
    each = step_min(traffic.events_per_min)
    per_step = traffic.events_per_min * each
    warm, late = math.ceil(WARM_EVENTS / per_step), math.ceil(LATE_EVENTS / per_step)
    rates = np.concatenate([np.full(warm, traffic.base_rate), np.full(late, after)])
    first = find_alarms(detector, *draw(rates, traffic.events_per_min, streams, seed))
    took = np.sort((first[first >= warm] - warm + 1) * each)
    n = len(took)
    middle, spread = n / 2, Z95 * math.sqrt(n) / 2
    if not n or np.isinf(took[n // 2]):
        return Delay(after=after, median_min=None, n=n)
    low, high = took[max(0, math.floor(middle - spread))], took[min(n - 1, math.ceil(middle + spread))]
    p90 = float(took[min(n - 1, math.ceil(0.9 * n) - 1)])
    return Delay(
        after=after,
        median_min=float(took[n // 2]),
        p90_min=p90 if math.isfinite(p90) else None,
        n=n,
        interval=(float(low), float(high)),
    )


@lru_cache(maxsize=512)
def simulate_false(
    rule: Rule, target: float, traffic: Traffic, *, streams: int = 60, seed: int = 0
) -> FalseAlarms:
    """How often a rule fires in 30 days of base rate.

    A detector's rate is alarms over the time until the first alarm or the end of the month; a burn rule's the count of its onsets, damped as it is.
    """
    if rule.detector is not None:
        each = step_min(traffic.events_per_min)
        steps = math.ceil(MONTH_MIN / each)
        rates = np.full(steps, traffic.base_rate)
        first = find_alarms(rule.detector, *draw(rates, traffic.events_per_min, streams, seed))
        alarms = float(np.isfinite(first).sum())
        months = float(np.minimum(first + 1, steps).sum()) / steps
    else:
        dice = np.random.default_rng(seed)
        alarms = float(sum(count_onsets(rule, target, traffic, dice) for _ in range(streams)))
        months = float(streams)
    return FalseAlarms(per_30d=alarms / months, n=streams, interval=poisson_interval(alarms, months))


def count_onsets(rule: Rule, target: float, traffic: Traffic, dice: np.random.Generator) -> int:
    """How often a burn rule begins to fire in one simulated month after its windows have filled."""
    length = MONTH_MIN + rule.reach_min
    n = dice.poisson(traffic.events_per_min, length)
    good = dice.binomial(n, traffic.base_rate)
    kept = n > 0
    events = Events(
        minute=np.flatnonzero(kept),
        good=good[kept].astype(np.float64),
        bad=(n - good)[kept].astype(np.float64),
    )
    ends = np.arange(rule.reach_min + 1, length + 1, dtype=np.int64)
    said = signal_any([signal_held(pair, target, rule.min_events, events, ends) for pair in rule.pairs])
    state, fired = State(at_min=0, last_min=0), 0
    for signal, first, count in runs_of(said, ends):
        state, moves = follow(rule, state, signal, first, count)
        fired += sum(move.to == "firing" for move in moves)
    return fired
