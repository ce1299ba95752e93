"""How fast a budget is being used: 1 uses it up exactly at the end of its window."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trimtab.loop.budget.ledger import Ledger, counts, tally
from trimtab.loop.budget.model import Floats, Ints
from trimtab.loop.budget.window import MINUTE_NS, mature_until, minute_after, period_at

STEPS = 1440
"""So many looks ahead, at first, for the end of a budget."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Burn:
    """The burn rate of the `span_min` minutes before `end`, in times the budget; None without events."""

    span_min: int
    end: int
    good: float
    bad: float
    rate: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When the budget is used up if the burn of the last `span_min` minutes goes on.

    `exhausted_ns` is None where nothing burns, where the window lasts longer, and where it is `spent` already.
    """

    span_min: int
    rate: float | None
    exhausted_ns: int | None
    spent: bool


def burn_at(ledger: Ledger, now_ns: int, span_min: int) -> Burn:
    """The burn rate of a span that ends now, or where the objective's events are mature."""
    return burns_at(ledger, now_ns, [span_min])[0]


def burns_at(ledger: Ledger, now_ns: int, spans_min: Sequence[int]) -> list[Burn]:
    """The burn rates of several spans that end together: bad / ((1 - target) * total)."""
    end = mature_until(now_ns, ledger.objective)
    starts = end - np.array(spans_min, np.int64)
    good, bad = counts(ledger, starts, np.full(len(starts), end, np.int64))
    return [
        Burn(
            span_min=span_min,
            end=end,
            good=float(ok),
            bad=float(wrong),
            rate=float(wrong / (ledger.objective.budget * (ok + wrong))) if ok + wrong > 0 else None,
        )
        for span_min, ok, wrong in zip(spans_min, good, bad, strict=True)
    ]


def burn_series(ledger: Ledger, ends: Ints, span_min: int) -> tuple[Floats, Floats]:
    """Burn rates of the spans before many ends, and the events of each: where there are none the rate is 0 and says nothing."""
    good, bad = counts(ledger, ends - span_min, ends)
    total = good + bad
    rates = np.divide(bad, ledger.objective.budget * total, out=np.zeros(len(ends)), where=total > 0)
    return rates, total


def forecast(ledger: Ledger, now_ns: int, span_min: int) -> Forecast:
    """When the budget runs out if good and bad events go on coming as in the last `span_min` minutes.

    Of a rolling window the old events leave meanwhile; a calendar window starts anew at its end.
    """
    burn = burn_at(ledger, now_ns, span_min)
    end = minute_after(now_ns)
    period = period_at(ledger.objective.window, end)
    so_far = tally(ledger, period.start, min(end, period.end))
    spent = so_far.total > 0 and so_far.bad >= ledger.objective.budget * so_far.total
    at: int | None = None
    if not spent and burn.bad > 0:
        at = runs_out(ledger, period.start, end, burn)
    return Forecast(
        span_min=span_min,
        rate=burn.rate,
        exhausted_ns=None if at is None else at * MINUTE_NS,
        spent=spent,
    )


def runs_out(ledger: Ledger, start: int, end: int, burn: Burn) -> int | None:
    """The first minute, within one window from now, at whose end nothing of the budget would be left.

    It is looked for in steps of half an hour of a month, then minute by minute within the step.
    """
    window = ledger.objective.window
    length = (end - start) if window.rolling else max(0, period_at(window, end).end - end)
    coarse = max(1, length // STEPS)
    at = first_over(ledger, (start, end), burn, np.arange(coarse, length + 1, coarse, dtype=np.int64))
    if at is None or coarse == 1:
        return None if at is None else end + at
    fine = first_over(ledger, (start, end), burn, np.arange(at - coarse + 1, at + 1, dtype=np.int64))
    return end + (fine or at)


def first_over(ledger: Ledger, period: tuple[int, int], burn: Burn, ahead: Ints) -> int | None:
    """The first of so many minutes ahead at which as much is bad as the budget allows, or more."""
    (start, end), objective = period, ledger.objective
    starts = start + ahead if objective.window.rolling else np.full(len(ahead), start, np.int64)
    good, bad = counts(ledger, np.minimum(starts, end), np.full(len(ahead), end, np.int64))
    bad = bad + burn.bad / burn.span_min * ahead
    good = good + burn.good / burn.span_min * ahead
    over = np.flatnonzero(bad >= objective.budget * (good + bad))
    return int(ahead[over[0]]) if len(over) else None
