"""Prometheus rules with the names and labels that Sloth's rules carry, so that what reads those reads ours.

The counter is `trimtab_sli_events_total{objective="...", outcome="good|bad"}`. Unlike Sloth's, every window, also that of
the whole period, is a ratio of events, not a mean of ratios, and a window without events has no value, rather than NaN.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import yaml

from trimtab.loop.alert.model import Severity
from trimtab.loop.alert.rules import Pair, least_target, pairs_of, period_min
from trimtab.loop.alert.rules.reason import span_text
from trimtab.loop.budget import Objective
from trimtab.vocabulary.kernel import Invalid

Json = dict[str, Any]
COUNTER = "trimtab_sli_events_total"
SERVICE = "trimtab"
"""Stands where an objective names no service."""


def identity(objective: Objective) -> dict[str, str]:
    """The three labels that tell objectives apart in Sloth's rules."""
    service, slo = objective.service or SERVICE, objective.id.replace("/", "-")
    return {"sloth_id": f"{service}-{slo}", "sloth_service": service, "sloth_slo": slo}


def selector(labels: Mapping[str, str], more: str = "") -> str:
    """`{a="x", b="y"}` with strings escaped as PromQL wants."""
    parts = [f"{name}={orjson.dumps(value).decode()}" for name, value in labels.items()]
    return "{" + ", ".join([*parts, more] if more else parts) + "}"


def label_name(name: str) -> str:
    """A label's name as Prometheus allows it: what is not a letter, digit or underscore becomes one."""
    found = re.sub(r"[^a-zA-Z0-9_]", "_", name)
    return found if re.match(r"[a-zA-Z_]", found) else f"_{found}"


def ratio(objective: Objective, window: str, match: Mapping[str, str]) -> str:
    """The share of bad events in a window; no value without events, 0 where no bad event was ever counted."""
    labels = {"objective": objective.id, **match}
    bad = f"sum(increase({COUNTER}{selector({**labels, 'outcome': 'bad'})}[{window}]))"
    every = selector(labels, 'outcome=~"good|bad"')
    return f"({bad} or vector(0)) / (sum(increase({COUNTER}{every}[{window}])) > 0)"


def rule_groups(
    objective: Objective, pairs: Sequence[Pair] | None = None, match: Mapping[str, str] | None = None
) -> list[Json]:
    """Groups of recordings and alerts of one objective; `match` are further labels of its counters (a project, say).

    A calendar period is exported as the last days of its nominal length. Raises `Invalid` for an objective of time slices: counters of
    events do not hold them.
    """
    if objective.method != "occurrences":
        raise Invalid(
            f"{objective.id} counts slices of time, counters count events",
            hint="export objectives of occurrences",
        )
    chosen = [*(pairs_of(objective.window) if pairs is None else pairs)]
    ours = identity(objective)
    name = ours["sloth_id"]
    alerts = [*burn_alerts(objective, chosen), absent_alert(objective, match or {})]
    return [
        {
            "name": f"sloth-slo-sli-recordings-{name}",
            "rules": sli_recordings(objective, chosen, match or {}),
        },
        {"name": f"sloth-slo-meta-recordings-{name}", "rules": meta_recordings(objective, chosen)},
        {"name": f"sloth-slo-alerts-{name}", "rules": alerts},
    ]


def windows_of(objective: Objective, pairs: Sequence[Pair]) -> list[str]:
    """The windows that are recorded, the shortest first, the whole period last."""
    lengths = sorted({length for pair in pairs for length in (pair.short_min, pair.long_min)} or {5})
    return [span_text(length) for length in [*lengths, period_min(objective.window)]]


def sli_recordings(objective: Objective, pairs: Sequence[Pair], match: Mapping[str, str]) -> list[Json]:
    """The share of bad events, for each window."""
    return [
        {
            "record": f"slo:sli_error:ratio_rate{window}",
            "expr": ratio(objective, window, match),
            "labels": {**own_labels(objective), **identity(objective), "sloth_window": window},
        }
        for window in windows_of(objective, pairs)
    ]


def meta_recordings(objective: Objective, pairs: Sequence[Pair]) -> list[Json]:
    """What dashboards for Sloth read: target, budget, burn of now and of the period, what is left."""
    ours, windows = identity(objective), windows_of(objective, pairs)
    mine = selector(ours)
    budget = f"/ on(sloth_id, sloth_slo, sloth_service) group_left slo:error_budget:ratio{mine}"
    days = period_min(objective.window) / 1440
    rows = {
        "slo:objective:ratio": f"vector({objective.target!r})",
        "slo:error_budget:ratio": f"vector({budget_of(objective)})",
        "slo:time_period:days": f"vector({days:g})",
        "slo:current_burn_rate:ratio": f"slo:sli_error:ratio_rate{windows[0]}{mine} {budget}",
        "slo:period_burn_rate:ratio": f"slo:sli_error:ratio_rate{windows[-1]}{mine} {budget}",
        "slo:period_error_budget_remaining:ratio": f"1 - slo:period_burn_rate:ratio{mine}",
        "sloth_slo_info": "vector(1)",
    }
    about = {
        "sloth_mode": "trimtab",
        "sloth_objective": f"{round(100 * objective.target, 10):g}",
        "sloth_spec": "prometheus/v1",
        "sloth_version": "trimtab",
    }
    labels = {**own_labels(objective), **ours}
    return [
        {"record": name, "expr": expr, "labels": labels | about if name == "sloth_slo_info" else labels}
        for name, expr in rows.items()
    ]


def own_labels(objective: Objective) -> dict[str, str]:
    """The objective's labels under names that Prometheus allows."""
    return {label_name(name): value for name, value in objective.labels.items()}


def budget_of(objective: Objective) -> str:
    """The budget without the noise of 1 - 0.999."""
    return repr(round(objective.budget, 12))


def burn_alerts(objective: Objective, pairs: Sequence[Pair]) -> list[Json]:
    """A page and a ticket, each when any of its pairs burns; pairs that must hold for a while are alerts of their own."""
    found: list[Json] = []
    severities: tuple[Severity, ...] = ("page", "ticket")
    for severity in severities:
        alive = [pair for pair in pairs if pair.severity == severity and pair.threshold(objective.target) < 1]
        at_once = [pair for pair in alive if not pair.held_min]
        groups = ([at_once] if at_once else []) + [[pair] for pair in alive if pair.held_min]
        found += [burn_alert(objective, severity, group) for group in groups]
    return found


def burn_alert(objective: Objective, severity: Severity, pairs: Sequence[Pair]) -> Json:
    """One alert: both windows of any of the pairs burn."""
    mine, budget = selector(identity(objective)), budget_of(objective)
    parts: list[str] = []
    for pair in pairs:
        both = [
            f"max(slo:sli_error:ratio_rate{span_text(length)}{mine} > ({pair.factor:g} * {budget})) without (sloth_window)"
            for length in (pair.short_min, pair.long_min)
        ]
        parts.append(f"({' and '.join(both)})")
    title = objective.title or objective.id
    rule: Json = {
        "alert": "BudgetBurn",
        "expr": " or ".join(parts),
        "labels": {**own_labels(objective), "objective": objective.id, "sloth_severity": severity},
        "annotations": {
            "summary": f"{title}: the error budget burns too fast ({severity})",
            "description": (
                f"The promise of {objective.target:.4%} is at risk: more than "
                + " or ".join(
                    f"{pair.factor:g} times the budget over {span_text(pair.long_min)} and {span_text(pair.short_min)}"
                    for pair in pairs
                )
                + "."
            ),
        },
    }
    held = pairs[0].held_min
    return rule | {"for": span_text(held)} if held else rule


def absent_alert(objective: Objective, match: Mapping[str, str]) -> Json:
    """No data is not good data: the counters themselves are gone."""
    found = f"absent({COUNTER}{selector({'objective': objective.id, **match})})"
    return {
        "alert": "NoData",
        "expr": found,
        "for": "10m",
        "labels": {**own_labels(objective), **identity(objective), "sloth_severity": "ticket"},
        "annotations": {"summary": f"{objective.title or objective.id}: no counters, nothing is watched"},
    }


def rules_yaml(objectives: Sequence[Objective], match: Mapping[str, str] | None = None) -> str:
    """A file of rules for Prometheus; a comment at its head names each pair that was left out because it could never fire."""
    groups: list[Json] = []
    notes: list[str] = []
    for objective in objectives:
        groups += rule_groups(objective, match=match)
        notes += [
            f"# {objective.id}: left out {pair.severity} {pair.name}, it can never fire: "
            f"{pair.factor:g} times the budget needs a target above {least_target(pair.factor):.2%}\n"
            for pair in pairs_of(objective.window)
            if pair.threshold(objective.target) >= 1
        ]
    body = yaml.safe_dump({"groups": groups}, sort_keys=False, width=10_000, allow_unicode=True)
    return "".join(notes) + body
