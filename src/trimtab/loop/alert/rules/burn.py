"""Multiwindow, multi-burn-rate: the budget burns too fast now, and did long enough to matter (SRE workbook, chapter 5)."""

from collections.abc import Sequence

import numpy as np

from trimtab.loop.alert.rules.events import events_of, mature_min, sum_windows
from trimtab.loop.alert.rules.model import CLEAR, FIRES, HELD_REACH, SILENT, Events, Ints, Pair, Signals
from trimtab.loop.budget import Minutes, Objective

NEAR = 1e-9
"""A share of bad events so near above the threshold is at it: sums of shares carry rounding."""


def burn_rate(objective: Objective, minutes: Minutes, length_min: int, now_ns: int) -> float | None:
    """How many times faster than it lasts the budget burnt in the last `length_min` mature minutes; None without events."""
    ends = np.array([mature_min(objective, now_ns)], dtype=np.int64)
    n, bad = sum_windows(events_of(objective, minutes), ends, length_min)
    return float(bad[0] / n[0]) / objective.budget if n[0] else None


def signal_pair(pair: Pair, target: float, min_events: int, events: Events, ends: Ints) -> Signals:
    """What a pair says at each of `ends`: fires when both windows hold more than factor x (1 - target) bad events.

    Silent where the short window holds no event or the long one fewer than `min_events`: silence resolves nothing.
    """
    limit = pair.threshold(target)
    long_n, long_bad = sum_windows(events, ends, pair.long_min)
    short_n, short_bad = sum_windows(events, ends, pair.short_min)
    burns = (long_bad > (limit + NEAR) * long_n) & (short_bad > (limit + NEAR) * short_n)
    said = np.where(burns, FIRES, CLEAR)
    said[(short_n == 0) | (long_n < max(min_events, 1))] = SILENT
    return said.astype(np.int8)


def signal_held(pair: Pair, target: float, min_events: int, events: Events, ends: Ints) -> Signals:
    """What a pair says at each of the consecutive `ends`, firing only when it burnt `held_min` minutes ago, too, and ever since.

    Silence breaks no row, but is bridged for at most 3 x `held_min` minutes.
    """
    back = HELD_REACH * pair.held_min
    longer = np.arange(ends[0] - back, ends[-1] + 1, dtype=np.int64)
    said = signal_pair(pair, target, min_events, events, longer)
    if not back:
        return said
    place = np.arange(len(said))
    fired = np.maximum.accumulate(np.where(said == FIRES, place, -1))
    cleared = np.maximum.accumulate(np.where(said == CLEAR, place, -1))
    before = fired[back - pair.held_min : len(said) - pair.held_min]
    held = (before > cleared[back:]) & (before >= place[back:] - back)
    return np.where((said[back:] == FIRES) & ~held, CLEAR, said[back:]).astype(np.int8)


def signal_any(said: Sequence[Signals]) -> Signals:
    """Any of several: fires if one does, is clear if all are, else there is too little data to say."""
    table = np.stack(said)
    fires, silent = (table == FIRES).any(axis=0), (table == SILENT).any(axis=0)
    return np.where(fires, FIRES, np.where(silent, SILENT, CLEAR)).astype(np.int8)
