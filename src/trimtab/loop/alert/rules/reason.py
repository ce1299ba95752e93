"""Why a rule moved, in one sentence with the numbers; and the alert that the outside sees."""

import numpy as np

from trimtab.loop.alert.model import Alert
from trimtab.loop.alert.rules.events import sum_windows
from trimtab.loop.alert.rules.model import MINUTE_NS, Events, Rule, Transition
from trimtab.loop.budget import Objective


def span_text(minutes: int) -> str:
    """5m, 1h, 3d: the largest unit that fits."""
    for unit, size in (("d", 1440), ("h", 60)):
        if minutes and minutes % size == 0:
            return f"{minutes // size}{unit}"
    return f"{minutes}m"


def counted(events: Events, at_min: int, length_min: int) -> tuple[float, float]:
    """(events, bad ones) in the minutes before `at_min`."""
    n, bad = sum_windows(events, np.array([at_min], dtype=np.int64), length_min)
    return float(n[0]), round(float(bad[0]), 9)


def reason_of(rule: Rule, objective: Objective, events: Events, move: Transition) -> str:
    """The sentence for a move, from the counts at its time."""
    to, at_min = move.to, move.at_min
    if to in {"frozen", "thawed"}:
        return "too little data to say: it keeps its state" if to == "frozen" else "there is data again"
    if rule.detector is not None:
        n, bad = counted(events, at_min, rule.stale_min)
        held = "is below" if to in {"pending", "firing"} else "is back at"
        return f"the rate {held} {objective.target:.4g}: {bad:g} of {n:g} bad in the last {span_text(rule.stale_min)}"
    parts: list[str] = []
    for pair in rule.pairs:
        both: list[str] = []
        for length in (pair.long_min, pair.short_min):
            n, bad = counted(events, at_min, length)
            rate = f"{bad / n / objective.budget:.4g}" if n else "no data"
            both.append(f"{rate} over {span_text(length)}")
        parts.append(f"{pair.name}: budget burn {', '.join(both)} (threshold {pair.factor:.4g})")
    return "; ".join(parts)


def alert_of(
    project: str, objective: Objective, rule: Rule, opened: Transition, closed: Transition | None = None
) -> Alert:
    """The alert from a move to `firing` until one to `resolved`, or from `no_data` to `data`, which is one for all rules.

    `alertname` is BudgetBurn, RateDropped or NoData; the objective's own labels stand beside, and do not replace ours.
    """
    absent = opened.to == "no_data"
    name = "NoData" if absent else "RateDropped" if rule.detector else "BudgetBurn"
    ours = {"alertname": name, "severity": rule.severity, "objective": objective.id, "slo": objective.slo}
    if objective.service:
        ours["service"] = objective.service
    if absent:
        ours["severity"] = "ticket"
    else:
        ours["rule"] = rule.name
    title = objective.title or objective.id
    said = f"{title}: no data" if absent else f"{title}: the promise of {objective.target:.4g} is at risk"
    return Alert(
        project=project,
        labels={**objective.labels, **ours},
        annotations={**objective.annotations, "summary": said, "description": opened.why},
        starts_ns=opened.at_min * MINUTE_NS,
        ends_ns=closed.at_min * MINUTE_NS if closed else None,
    )
