"""From minutes to the events that an objective counts: single ones, or slices of time."""

import numpy as np

from trimtab.loop.alert.rules.model import MINUTE_NS, Events, Floats, Ints
from trimtab.loop.budget import Minutes, Objective
from trimtab.loop.budget import events_of as counted_events


def mature_min(objective: Objective, now_ns: int) -> int:
    """The first minute that is not yet over and mature at `now_ns`: rules look only before it."""
    return int((now_ns - round(objective.maturity_s * 1e9)) // MINUTE_NS)


def events_of(objective: Objective, minutes: Minutes) -> Events:
    """The events that an objective counts; excluded and unknown ones are neither good nor bad, minutes with neither are absent.

    A slice of time counts when it is over: at its last minute.
    """
    found = counted_events(objective, minutes)
    kept = found.good + found.bad > 0
    late = objective.slice_min - 1 if objective.method != "occurrences" or len(minutes.per) else 0
    return Events(minute=found.minute[kept] + late, good=found.good[kept], bad=found.bad[kept])


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
