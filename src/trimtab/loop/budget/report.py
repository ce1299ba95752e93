"""What is left of each budget, how fast it burns, and until when it lasts: the rows that every screen shows."""

from collections.abc import Sequence
from typing import Any

from trimtab.loop.budget.budget import Budget, budget_at, compose, consumed
from trimtab.loop.budget.burn import burns_at, forecast
from trimtab.loop.budget.ledger import Ledger, ledger_of
from trimtab.loop.budget.model import Minutes, Objective
from trimtab.loop.budget.window import MINUTE_NS, minutes_of, text_of
from trimtab.vocabulary.kernel import wilson

Json = dict[str, Any]
SPANS_MIN = {"5m": 5, "1h": 60, "6h": 360, "1d": 1440, "3d": 4320}
"""The spans whose burn rates are shown: the windows of the SRE workbook's alerts."""
FORECAST_MIN = 1440
"""A forecast goes on with the burn of the last day."""
POINTS = 240


def status_of(objective: Objective, minutes: Minutes, now_ns: int, methods: int = 1) -> Json:
    """One objective now: events, share kept with its interval, budget left (None without events), burn, forecast, health."""
    ledger = ledger_of(objective, minutes)
    budget = budget_at(ledger, now_ns)
    ahead = forecast(ledger, now_ns, FORECAST_MIN)
    burns = burns_at(ledger, now_ns, list(SPANS_MIN.values()))
    interval = (
        wilson(round(budget.counted.good), round(budget.counted.total)) if budget.counted.total else None
    )
    return {
        "id": objective.id,
        "slo": objective.slo,
        "title": objective.title,
        "service": objective.service,
        "indicator": objective.measure.indicator,
        "cohort": dict(objective.measure.cohort),
        "target": objective.target,
        "window": text_of(objective.window.span),
        "rolling": objective.window.rolling,
        "method": objective.method,
        "since_ns": budget.period.start * MINUTE_NS,
        "good": budget.counted.good,
        "bad": budget.counted.bad,
        "excluded": budget.counted.excluded,
        "unknown": budget.counted.unknown,
        "n": budget.counted.total,
        "achieved": budget.achieved,
        "interval": list(interval) if interval and objective.method == "occurrences" else None,
        "left": budget.left,
        "allowed_bad": budget.allowed,
        "burn": {name: one.rate for name, one in zip(SPANS_MIN, burns, strict=True)},
        "exhausted_ns": ahead.exhausted_ns,
        "spent": ahead.spent,
        "immature": budget.immature,
        **health_of(budget, methods),
    }


def health_of(budget: Budget, methods: int) -> Json:
    """How far the measurement can be trusted, beside the number."""
    reasons: list[str] = []
    known = budget.counted.total + budget.counted.excluded
    if not known:
        why = (
            f"nothing is known of {budget.counted.unknown:.0f} events"
            if budget.counted.unknown
            else "no event"
        )
        return {"health": "unavailable", "reasons": [why]}
    if budget.counted.unknown > 0.05 * (known + budget.counted.unknown):
        reasons.append(
            f"{budget.counted.unknown:.0f} of {known + budget.counted.unknown:.0f} events are unknown"
        )
    if methods > 1:
        reasons.append(f"{methods} methods told of it; only the latest counts")
    return {"health": "degraded" if reasons else "complete", "reasons": reasons}


def composites_of(ledgers: Sequence[Ledger], now_ns: int) -> list[Json]:
    """The budget of each SLO that is made of several weighted objectives."""
    by_slo: dict[str, list[Ledger]] = {}
    for one in ledgers:
        if one.objective.weight is not None:
            by_slo.setdefault(one.objective.slo, []).append(one)
    found: list[Json] = []
    for slo, listed in by_slo.items():
        whole = compose([(one, budget_at(one, now_ns)) for one in listed])
        found.append({"slo": slo, "left": whole.left, "silent": list(whole.silent)})
    return found


def history_of(objective: Objective, minutes: Minutes, now_ns: int) -> Json:
    """The budget over its window: what was left at each of up to 240 points, None where there were no events."""
    ledger = ledger_of(objective, minutes)
    length = minutes_of(objective.window.span)
    step = max(1, length // POINTS)
    series = consumed(ledger, now_ns - length * MINUTE_NS, now_ns, step)
    points = zip(series.consumed.tolist(), series.known.tolist(), strict=True)
    left = [1.0 - used if known else None for used, known in points]
    return {"step_min": step, "at_ns": [end * MINUTE_NS for end in series.end.tolist()], "left": left}
