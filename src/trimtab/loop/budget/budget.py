"""What is left of an error budget, now, over time, and of several objectives together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.loop.budget.ledger import Ledger, Tally, counts, tally
from trimtab.loop.budget.model import Floats, Ints
from trimtab.loop.budget.window import Period, mature_until, minute_after, period_at, starts_at
from trimtab.vocabulary.kernel import Invalid

MAX_POINTS = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The budget of one objective at a time; every share is None where there are no events.

    `left` is 1 - bad / ((1 - target) * total): 1 is untouched, 0 used up, less is overdrawn. `allowed` is how many of the
    events so far may be bad. `immature` is the share of the window's events that facts may still restate.
    """

    period: Period
    counted: Tally
    achieved: float | None
    left: float | None
    allowed: float
    immature: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Budget consumed at the end of the minute before each of `end`; what `known` denies had no events (its value is 0)."""

    end: Ints
    consumed: Floats
    known: np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composite:
    """Several objectives as one: `left` is the mean of those with events, by weight; `silent` have none."""

    left: float | None
    silent: tuple[str, ...]


def budget_at(ledger: Ledger, now_ns: int) -> Budget:
    """The error budget of the window that `now_ns` lies in, from what has happened so far."""
    objective, end = ledger.objective, minute_after(now_ns)
    period = period_at(objective.window, end)
    counted = tally(ledger, period.start, min(end, period.end))
    total, young = counted.total, 0.0
    if total:
        recent = tally(ledger, max(period.start, mature_until(now_ns, objective)), min(end, period.end))
        young = recent.total / total
    return Budget(
        period=period,
        counted=counted,
        achieved=counted.good / total if total else None,
        left=1.0 - counted.bad / (objective.budget * total) if total else None,
        allowed=objective.budget * total,
        immature=young if total else None,
    )


def consumed(ledger: Ledger, since_ns: int, until_ns: int, step_min: int) -> Series:
    """The share of the budget used, at every `step_min` minutes from `since_ns` to `until_ns`, each for its own window."""
    first, last = minute_after(since_ns), minute_after(until_ns)
    if step_min < 1 or (last - first) // step_min >= MAX_POINTS:
        raise Invalid(
            f"a series of steps of {step_min} min", hint=f"at least 1 minute and at most {MAX_POINTS} points"
        )
    ends = np.arange(first, last + 1, step_min, dtype=np.int64)
    starts = starts_at(ledger.objective.window, ends)
    good, bad = counts(ledger, np.minimum(starts, ends), ends)
    total = good + bad
    known = total > 0
    used = np.divide(bad, ledger.objective.budget * total, out=np.zeros(len(ends)), where=known)
    return Series(end=ends, consumed=used, known=known)


def compose(parts: Sequence[tuple[Ledger, Budget]]) -> Composite:
    """The budget of a composite: the mean of its objectives' budgets, by OpenSLO's `compositeWeight` (1 unless given)."""
    silent = tuple(ledger.objective.id for ledger, budget in parts if budget.left is None)
    weighed = [
        (1.0 if ledger.objective.weight is None else ledger.objective.weight, budget.left)
        for ledger, budget in parts
        if budget.left is not None
    ]
    whole = sum(weight for weight, _ in weighed)
    left = sum(weight * left for weight, left in weighed) / whole if whole else None
    return Composite(left=left, silent=silent)
