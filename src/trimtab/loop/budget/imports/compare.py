"""What other tools would say of the same minutes, beside what is so.

Their formulas are those of Sloth's generated rules and of agent-sre 3.7.0, kept with their faults.
"""

from dataclasses import dataclass

import numpy as np

from trimtab.loop.budget.budget import budget_at
from trimtab.loop.budget.burn import burn_at
from trimtab.loop.budget.ledger import counts, ledger_of
from trimtab.loop.budget.model import Floats, Ints, Minutes, Objective
from trimtab.loop.budget.window import minute_after, period_at

STEP_MIN = 5
HOUR_MIN = 60
AGT_EVENTS = 100_000
AGT_WINDOW_S = 2_592_000
MOST_EVENTS = 5_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a tool says: the share of bad events, the budget left, the burn rate of the last hour; None is no number.

    `why` explains a number that is not what it seems, or why there is none.
    """

    error_share: float | None
    left: float | None
    burn: float | None
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast:
    """What is so, and what another tool would say of it."""

    tool: str
    truth: Said
    theirs: Said


def compare_sloth(objective: Objective, minutes: Minutes, now_ns: int) -> Contrast:
    """Sloth's 30-day ratio is the mean of 5-minute ratios: a quiet interval weighs as much as a busy one."""
    return Contrast(
        tool="Sloth", truth=truth(objective, minutes, now_ns), theirs=sloth_says(objective, minutes, now_ns)
    )


def compare_agt(objective: Objective, minutes: Minutes, now_ns: int) -> Contrast:
    """agent-sre counts bad events against a share, and divides a share by a number of seconds."""
    return Contrast(
        tool="agent-sre", truth=truth(objective, minutes, now_ns), theirs=agt_says(objective, minutes, now_ns)
    )


def truth(objective: Objective, minutes: Minutes, now_ns: int) -> Said:
    """What the counts say."""
    ledger = ledger_of(objective, minutes)
    found = budget_at(ledger, now_ns)
    return Said(
        error_share=None if found.achieved is None else found.counted.bad / found.counted.total,
        left=found.left,
        burn=burn_at(ledger, now_ns, HOUR_MIN).rate,
        why="bad / total of the events in the window",
    )


def sloth_says(objective: Objective, minutes: Minutes, now_ns: int) -> Said:
    """Sloth's recording rules, evaluated every five minutes.

    `slo:sli_error:ratio_rate30d` is `sum_over_time(ratio_rate5m) / count_over_time(ratio_rate5m)`; an interval without
    requests is 0/0. As measured, the rule of the remaining budget has seen one step less than that of the ratio.
    """
    end = minute_after(now_ns)
    ratios = five_minute_ratios(objective, minutes, end)
    if not len(ratios):
        return Said(error_share=None, left=None, burn=None, why="no samples")
    latest = float(ratios[-1])
    burn = None if np.isnan(latest) else latest / objective.budget
    if np.isnan(ratios).any():
        return Said(
            error_share=None,
            left=None,
            burn=burn,
            why="NaN: an interval without requests is 0/0, for as long as it is in the window",
        )
    before = ratios[:-1]
    return Said(
        error_share=float(ratios.mean()),
        left=float(1.0 - before.mean() / objective.budget) if len(before) else None,
        burn=burn,
        why="the mean of 5-minute ratios, each weighing the same",
    )


def five_minute_ratios(objective: Objective, minutes: Minutes, end: int) -> Floats:
    """Error ratios of the 5-minute intervals before `end`, from the first with an event on; NaN without requests."""
    start = period_at(objective.window, end).start
    asked = minutes.good + minutes.bad > 0
    seen = minutes.minute[asked & (minutes.minute >= start) & (minutes.minute < end)]
    if not len(seen):
        return np.empty(0, np.float64)
    steps = -(-(end - int(seen[0])) // STEP_MIN)
    ends = end - STEP_MIN * np.arange(steps - 1, -1, -1, dtype=np.int64)
    good, bad = counts(ledger_of(objective, minutes), np.maximum(ends - STEP_MIN, start), ends)
    total = good + bad
    return np.divide(bad, total, out=np.full(len(total), np.nan), where=total > 0)


def agt_says(objective: Objective, minutes: Minutes, now_ns: int) -> Said:
    """agent-sre's `ErrorBudget`: `consumed` is the number of bad events ever, compared with a share.

    `remaining` is max(0, 1 - consumed / total); `burn_rate` the error share of the last hour, of at most the last 100,000
    events, over (total / window seconds). The value of an SLI is the mean of its running means.
    """
    end = minute_after(now_ns)
    known = minutes.minute < end
    good, bad = minutes.good[known], minutes.bad[known]
    if not good.sum() + bad.sum():
        return Said(error_share=None, left=1.0, burn=0.0, why="untouched, as it also is without any event")
    value = running_mean(good, bad)
    return Said(
        error_share=None if value is None else 1.0 - value,
        left=max(0.0, 1.0 - float(bad.sum()) / objective.budget),
        burn=agt_burn(objective, minutes, end, HOUR_MIN),
        why=f"{int(bad.sum())} bad events ever, compared with {objective.budget:g} and never given back",
    )


def agt_burn(objective: Objective, minutes: Minutes, end: int, span_min: int) -> float:
    """agent-sre's burn rate; of a minute that is only partly among the last 100,000 events the same part is counted."""
    known = minutes.minute < end
    good, bad = minutes.good[known].astype(np.float64), minutes.bad[known].astype(np.float64)
    events = good + bad
    newer = events[::-1].cumsum()[::-1] - events
    part = np.clip((AGT_EVENTS - newer) / np.maximum(events, 1.0), 0.0, 1.0)
    part = np.where(minutes.minute[known] >= end - span_min, part, 0.0)
    wrong, all_of_them = float((bad * part).sum()), float((events * part).sum())
    return wrong / all_of_them / (objective.budget / AGT_WINDOW_S) if all_of_them else 0.0


def running_mean(good: Ints, bad: Ints) -> float | None:
    """The mean of the running means of successes, of a minute's events the good first; None of too many events."""
    if int(good.sum() + bad.sum()) > MOST_EVENTS:
        return None
    outcomes = np.repeat(np.tile([1.0, 0.0], len(good)), np.column_stack([good, bad]).ravel())
    return float((outcomes.cumsum() / np.arange(1, len(outcomes) + 1)).mean()) if len(outcomes) else None
