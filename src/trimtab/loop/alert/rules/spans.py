"""Bad spans found in hindsight, for want of labels: where the success rate was below the target beyond chance.

For each level below the target, the run of minutes with the largest log-likelihood ratio to the target; then to the left and
right of it again. From one starting event P(it reaches x anywhere) <= exp(-x), so with N events and G levels a run counts
from log(N G / alpha) on: at most a chance of alpha that a healthy month has any.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from trimtab.loop.alert.rules.detector import levels_of
from trimtab.loop.alert.rules.events import events_of
from trimtab.loop.alert.rules.model import Events
from trimtab.loop.budget import Minutes, Objective


@dataclass(frozen=True, slots=True, kw_only=True)
class BadSpan:
    """When it was bad: from the start of one minute to the start of another; labelled by somebody, or found here."""

    start_min: int
    end_min: int
    name: str = ""
    labelled: bool = True


def find_spans(objective: Objective, minutes: Minutes, alpha: float = 0.05) -> list[BadSpan]:
    """The bad spans of these minutes, in order of time; none overlap."""
    events = events_of(objective, minutes)
    every = float((events.good + events.bad).sum())
    if not every:
        return []
    levels = levels_of(objective.target)
    limit = math.log(max(every * len(levels) / alpha, 1.0))
    found = [
        BadSpan(start_min=int(events.minute[low]), end_min=int(events.minute[high - 1]) + 1, labelled=False)
        for low, high in best_runs(events, objective.target, levels, limit)
    ]
    return sorted(found, key=lambda span: span.start_min)


def best_runs(
    events: Events, target: float, levels: tuple[float, ...], limit: float
) -> Iterator[tuple[int, int]]:
    """[low, high) of the rows that score `limit` or more, the best of all first, then beside it."""
    scores = [
        events.good * math.log(level / target) + events.bad * math.log((1 - level) / (1 - target))
        for level in levels
    ]
    waiting = [(0, len(events.minute))]
    while waiting:
        low, high = waiting.pop()
        if low == high:
            continue
        best = (-math.inf, 0, 0)
        for score in scores:
            sums = np.concatenate([[0.0], np.cumsum(score[low:high])])
            rise = sums - np.minimum.accumulate(sums)
            end = int(np.argmax(rise))
            start = int(np.argmin(sums[: end + 1]))
            best = max(best, (float(rise[end]), low + start, low + end))
        score_of, start, end = best
        if score_of >= limit:
            yield start, end
            waiting += [(low, start), (end, high)]
