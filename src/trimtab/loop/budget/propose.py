"""Which target could be promised: what the last weeks would have kept, and what each target would have cost."""

from dataclasses import dataclass, replace

import numpy as np

from trimtab.loop.budget.budget import MAX_POINTS, consumed
from trimtab.loop.budget.ledger import Ledger, ledger_of, tally
from trimtab.loop.budget.model import Minutes, Objective
from trimtab.loop.budget.trade import trade
from trimtab.loop.budget.window import MINUTE_NS, mature_until, minutes_of
from trimtab.vocabulary.kernel import Invalid, wilson

WEEK_MIN = 10_080
ENOUGH = 100
MOST_WEEKS = 104
LEAST_ALLOWED = 5
"""A budget of fewer bad events is gone by chance: a higher target promises more than the traffic can tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Week:
    """Events of seven days from the minute `start`; `achieved` is None without any."""

    start: int
    good: float
    bad: float
    achieved: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What a target would have cost.

    `spent` is the share of its own budget that each week used (None without events); `exhausted` how often the budget of the
    objective's window would have been used up.
    """

    target: float
    spent: tuple[float | None, ...]
    exhausted: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """The highest of the usual targets that no week would have broken and whose budget never ran out; None if that cannot be said.

    `interval` is Wilson's of 95 % for the share of good events in all weeks.
    """

    target: float | None
    why: str
    events: float
    achieved: float | None
    interval: tuple[float, float] | None
    weeks: tuple[Week, ...]
    options: tuple[Option, ...]


def propose(objective: Objective, minutes: Minutes, now_ns: int, weeks: int = 4) -> Proposal:
    """A target for the measure and window of an objective (its own target does not matter), from its mature minutes."""
    if not 1 <= weeks <= MOST_WEEKS:
        raise Invalid(f"{weeks} weeks", hint=f"between 1 and {MOST_WEEKS}")
    ledger = ledger_of(objective, minutes)
    end = mature_until(now_ns, objective)
    past = weeks_of(ledger, end, weeks)
    whole = tally(ledger, end - weeks * WEEK_MIN, end)
    options = tuple(option(ledger, target, past, end) for target in trade("targets.yaml"))
    in_window = whole.total / (weeks * WEEK_MIN) * minutes_of(objective.window.span)
    kept = [
        one
        for one in options
        if not one.exhausted
        and all((spent or 0) <= 1 for spent in one.spent)
        and (1 - one.target) * in_window >= LEAST_ALLOWED
    ]
    enough = whole.total >= ENOUGH
    return Proposal(
        target=kept[-1].target if kept and enough else None,
        why=reason(whole.total, enough=enough, kept=bool(kept)),
        events=whole.total,
        achieved=whole.good / whole.total if whole.total else None,
        interval=wilson(round(whole.good), round(whole.total)) if whole.total else None,
        weeks=past,
        options=options,
    )


def reason(events: float, *, enough: bool, kept: bool) -> str:
    """Why there is a target, or none."""
    if not enough:
        return f"{events:.0f} events say too little; at least {ENOUGH} are needed"
    if not kept:
        return "no usual target would have been kept: the measure is broken, or promises something else"
    return "the highest usual target that every week kept and whose budget never ran out"


def weeks_of(ledger: Ledger, end: int, weeks: int) -> tuple[Week, ...]:
    """The last weeks, the oldest first."""
    found: list[Week] = []
    for start in range(end - weeks * WEEK_MIN, end, WEEK_MIN):
        events = tally(ledger, start, start + WEEK_MIN)
        share = events.good / events.total if events.total else None
        found.append(Week(start=start, good=events.good, bad=events.bad, achieved=share))
    return tuple(found)


def option(ledger: Ledger, target: float, weeks: tuple[Week, ...], end: int) -> Option:
    """What a target would have cost; its window is looked at every hour, or every few in a long time.

    That starts when the window, or a week of it, lies after the first event: a budget of a few events means little.
    """
    objective = replace(ledger.objective, target=target)
    settled = min(minutes_of(objective.window.span), WEEK_MIN)
    first = int(ledger.minute[0]) if len(ledger.minute) else end
    start = min(end, max(weeks[0].start, first + settled))
    step = max(60, -(-(end - start) // (MAX_POINTS - 1)))
    series = consumed(replace(ledger, objective=objective), start * MINUTE_NS, end * MINUTE_NS, step)
    out = series.known & (series.consumed > 1.0)
    spent = [
        week.bad / (objective.budget * (week.good + week.bad)) if week.good + week.bad else None
        for week in weeks
    ]
    return Option(
        target=target,
        spent=tuple(spent),
        exhausted=int(np.count_nonzero(out[1:] & ~out[:-1])) + int(out[0]),
    )
