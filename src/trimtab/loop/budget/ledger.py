"""The running sums of an objective's events: every question about a stretch of time is two look-ups."""

from dataclasses import dataclass

import numpy as np

from trimtab.loop.budget.model import Floats, Ints, Minutes, Objective
from trimtab.loop.budget.slices import events_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """Sums over all events before each: one longer than `minute`, from 0 on. Whole numbers are exact up to 2^53."""

    objective: Objective
    minute: Ints
    good: Floats
    bad: Floats
    excluded: Floats
    unknown: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Events of a stretch of time; slices may be good in part."""

    good: float
    bad: float
    excluded: float
    unknown: float

    @property
    def total(self) -> float:
        """Events that are known to be good or bad."""
        return self.good + self.bad


def ledger_of(objective: Objective, minutes: Minutes) -> Ledger:
    """Add up the minutes once; they are in ascending order, each at most once."""
    events = events_of(objective, minutes)
    return Ledger(
        objective=objective,
        minute=events.minute,
        good=running(events.good),
        bad=running(events.bad),
        excluded=running(events.excluded),
        unknown=running(events.unknown),
    )


def running(values: Floats) -> Floats:
    """Running sums, the first of which is 0."""
    sums = np.zeros(len(values) + 1, np.float64)
    np.cumsum(values, out=sums[1:])
    return sums


def tally(ledger: Ledger, start: int, end: int) -> Tally:
    """The events of the minutes from `start` to before `end`."""
    first, last = (int(at) for at in np.searchsorted(ledger.minute, [start, max(start, end)]))
    return Tally(
        good=float(ledger.good[last] - ledger.good[first]),
        bad=float(ledger.bad[last] - ledger.bad[first]),
        excluded=float(ledger.excluded[last] - ledger.excluded[first]),
        unknown=float(ledger.unknown[last] - ledger.unknown[first]),
    )


def counts(ledger: Ledger, starts: Ints, ends: Ints) -> tuple[Floats, Floats]:
    """Good and bad events of many stretches, each from a start to before its end; the shapes are those of the arrays."""
    first, last = np.searchsorted(ledger.minute, starts), np.searchsorted(ledger.minute, ends)
    return ledger.good[last] - ledger.good[first], ledger.bad[last] - ledger.bad[first]
