"""From minutes to the events that an objective counts: single ones, or slices of time."""

import operator

import numpy as np

from trimtab.loop.alert.rules.model import MINUTE_NS, Events, Floats, Ints
from trimtab.loop.budget import Minutes, Objective

COMPARE = {"lte": operator.le, "lt": operator.lt, "gte": operator.ge, "gt": operator.gt}


def mature_min(objective: Objective, now_ns: int) -> int:
    """The first minute that is not yet over and mature at `now_ns`: rules look only before it."""
    return int((now_ns - round(objective.maturity_s * 1e9)) // MINUTE_NS)


def events_of(objective: Objective, minutes: Minutes) -> Events:
    """Good and bad events by minute; excluded and unknown ones are neither, minutes with neither are absent.

    A slice (of `timeslices`) is one event, good or bad; of `ratio_timeslices` one that is good by its share. It counts
    when it is over: at its last minute.
    """
    if objective.method == "occurrences":
        kept = (minutes.good + minutes.bad) > 0
        return Events(
            minute=minutes.minute[kept],
            good=minutes.good[kept].astype(np.float64),
            bad=minutes.bad[kept].astype(np.float64),
        )
    last, good, bad = slice_events(objective, minutes)
    if objective.method == "timeslices" and objective.slice_target is not None and not len(minutes.total):
        good = (good >= objective.slice_target).astype(np.float64)
        bad = 1.0 - good
    return Events(minute=last, good=good, bad=bad)


def slice_events(objective: Objective, minutes: Minutes) -> tuple[Ints, Floats, Floats]:
    """(last minute, share of good, share of bad) of each slice with events, slices aligned to the Unix epoch."""
    by_sum = len(minutes.total) > 0
    good = minutes.total if by_sum else minutes.good.astype(np.float64)
    n = (minutes.per if by_sum else minutes.good + minutes.bad).astype(np.float64)
    number, place = np.unique(minutes.minute // objective.slice_min, return_inverse=True)
    summed = np.bincount(place, weights=good, minlength=len(number))
    counted = np.bincount(place, weights=n, minlength=len(number))
    kept = counted > 0
    last = (number[kept] + 1) * objective.slice_min - 1
    share = summed[kept] / counted[kept]
    if by_sum:
        op, threshold = objective.measure.op, objective.measure.threshold
        if op is None or threshold is None:
            return last[:0], share[:0], share[:0]
        share = COMPARE[op](share, threshold).astype(np.float64)
    return last.astype(np.int64), share, 1.0 - share


def sum_windows(events: Events, ends: Ints, length_min: int) -> tuple[Floats, Floats]:
    """(events, bad ones) of the windows [end - length, end) for each of `ends`, in minutes.

    Events are whole; the bad ones of slices are sums of shares, right to about 1e-12.
    """
    low = np.searchsorted(events.minute, ends - length_min, side="left")
    high = np.searchsorted(events.minute, ends, side="left")
    bad = np.concatenate([[0.0], np.cumsum(events.bad)])
    every = np.concatenate([[0.0], np.cumsum(events.good + events.bad)])
    return np.rint(every[high] - every[low]), bad[high] - bad[low]


def minutes_quiet(events: Events, ends: Ints, since_min: int) -> Ints:
    """For each of `ends` the minutes since the last event before it, or since `since_min` where there was none."""
    at = np.searchsorted(events.minute, ends, side="left")
    last = np.concatenate([[since_min], events.minute + 1])
    return ends - np.maximum(last[at], since_min)
