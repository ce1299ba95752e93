"""The events of an objective: tasks themselves, or slices of time that are good or bad as a whole."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.loop.budget.model import Comparison, Floats, Ints, Minutes, Objective

COMPARED: dict[Comparison, Callable[[Floats, float], np.ndarray[Any, np.dtype[np.bool_]]]] = {
    "lte": np.less_equal,
    "lt": np.less,
    "gte": np.greater_equal,
    "gt": np.greater,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What counts, by the minute it counts in: parallel arrays, ascending; shares of a slice need not be whole numbers."""

    minute: Ints
    good: Floats
    bad: Floats
    excluded: Floats
    unknown: Floats


def events_of(objective: Objective, minutes: Minutes) -> Events:
    """The events that an objective counts.

    Occurrences are the tasks. A time slice is one event at its first minute (slices lie on the clock, from the epoch on);
    a slice without known events is no slice. Of an indicator that is a sum for each, the sum of a slice over its number is
    compared; a slice that has a sum for nothing compares as infinitely much.
    """
    if summed(objective, minutes):
        return compared_slices(objective, minutes)
    if objective.method == "occurrences":
        return Events(
            minute=minutes.minute,
            good=minutes.good.astype(np.float64),
            bad=minutes.bad.astype(np.float64),
            excluded=minutes.excluded.astype(np.float64),
            unknown=minutes.unknown.astype(np.float64),
        )
    return counted_slices(objective, minutes)


def summed(objective: Objective, minutes: Minutes) -> bool:
    """Whether the minutes are of an indicator that is a sum for each."""
    return objective.measure.threshold is not None and len(minutes.per) == len(minutes.minute) > 0


def cut(minute: Ints, slice_min: int) -> tuple[Ints, Ints]:
    """The first minute of each slice that is there, and where each starts in the arrays."""
    first = minute - minute % slice_min
    at = np.flatnonzero(np.diff(first, prepend=first[0] - 1)) if len(first) else np.empty(0, np.int64)
    return first[at], at


def added(values: Ints | Floats, at: Ints) -> Floats:
    """Sums of the values of each slice."""
    if not len(at):
        return np.empty(0, np.float64)
    return np.add.reduceat(values, at).astype(np.float64)


def counted_slices(objective: Objective, minutes: Minutes) -> Events:
    """Slices by their share of good events: good or bad by `slice_target`, or that share itself."""
    start, at = cut(minutes.minute, objective.slice_min)
    good, bad = added(minutes.good, at), added(minutes.bad, at)
    known = good + bad > 0
    share = np.divide(good, good + bad, out=np.zeros(len(at)), where=known)
    if objective.method == "timeslices":
        wanted = 1.0 if objective.slice_target is None else objective.slice_target
        share = (share >= wanted).astype(np.float64)
    return told(start, known, share, added(minutes.excluded, at))


def compared_slices(objective: Objective, minutes: Minutes) -> Events:
    """Slices whose sum over its number is on the good side of the threshold."""
    start, at = cut(minutes.minute, objective.slice_min)
    total, per = added(minutes.total, at), added(minutes.per, at)
    known = (per > 0) | (total > 0)
    value = np.divide(total, per, out=np.full(len(at), np.inf), where=per > 0)
    compare = COMPARED[objective.measure.op or "lte"]
    good = compare(value, objective.measure.threshold or 0.0).astype(np.float64)
    return told(start, known, good, np.zeros(len(at)))


def told(start: Ints, known: np.ndarray[Any, np.dtype[np.bool_]], share: Floats, excluded: Floats) -> Events:
    """Slices as events: a part `share` of each known one is good; the others are excluded, or unknown."""
    left_out = ~known & (excluded > 0)
    return Events(
        minute=start,
        good=np.where(known, share, 0.0),
        bad=np.where(known, 1.0 - share, 0.0),
        excluded=left_out.astype(np.float64),
        unknown=(~known & ~left_out).astype(np.float64),
    )
