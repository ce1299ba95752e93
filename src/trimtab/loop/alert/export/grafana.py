"""A Grafana dashboard over the exported rules: what is left of the budgets, how fast they burn, and the events behind it."""

from collections.abc import Sequence
from typing import Any

from trimtab.loop.alert.export.prometheus import COUNTER, identity, windows_of
from trimtab.loop.alert.rules import pairs_of
from trimtab.loop.budget import Objective

Json = dict[str, Any]
SCHEMA = 39
"""Of Grafana 11; later ones migrate it when they load it."""
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
CHOSEN = '{sloth_id=~"$objective"}'


def dashboard(objectives: Sequence[Objective], title: str = "Promises", uid: str = "trimtab-slo") -> Json:
    """One dashboard for all objectives; choose them, and the Prometheus, at its top."""
    windows = sorted(
        {w for one in objectives for w in windows_of(one, pairs_of(one.window))[:-1]}, key=minutes
    )
    burns = [
        (f"slo:sli_error:ratio_rate{window}{CHOSEN} {per_budget()}", f"{{{{sloth_slo}}}} {window}")
        for window in windows
    ]
    periods = sorted({windows_of(one, pairs_of(one.window))[-1] for one in objectives}, key=minutes)
    shares = [
        (f"1 - slo:sli_error:ratio_rate{window}{CHOSEN}", f"{{{{sloth_slo}}}} {window}") for window in periods
    ]
    shares.append((f"slo:objective:ratio{CHOSEN}", "{{sloth_slo}} promised"))
    names = "|".join(one.id for one in objectives)
    counted = f'{COUNTER}{{objective=~"{names}"}}'
    panels = [
        stat("Budget left", f"slo:period_error_budget_remaining:ratio{CHOSEN}", "percentunit", (0, 0, 8)),
        stat("Burn rate now", f"slo:current_burn_rate:ratio{CHOSEN}", "none", (8, 0, 8)),
        stat("Burn rate of the period", f"slo:period_burn_rate:ratio{CHOSEN}", "none", (16, 0, 8)),
        graph(
            "Budget left over time",
            [(f"slo:period_error_budget_remaining:ratio{CHOSEN}", "{{sloth_slo}}")],
            "percentunit",
            (0, 6),
        ),
        graph("Burn rate by window", burns, "none", (12, 6)),
        graph("Share of good events", shares, "percentunit", (0, 14)),
        graph(
            "Events an hour",
            [(f"sum by (objective, outcome) (increase({counted}[1h]))", "{{objective}} {{outcome}}")],
            "short",
            (12, 14),
        ),
    ]
    return {
        "uid": uid,
        "title": title,
        "tags": ["slo", "trimtab"],
        "schemaVersion": SCHEMA,
        "version": 1,
        "editable": True,
        "timezone": "browser",
        "refresh": "1m",
        "time": {"from": "now-7d", "to": "now"},
        "templating": {"list": variables(objectives)},
        "annotations": {"list": []},
        "links": [],
        "panels": [{"id": at, **panel} for at, panel in enumerate(panels, start=1)],
    }


def minutes(window: str) -> int:
    """The length of a window's text."""
    return int(window[:-1]) * {"m": 1, "h": 60, "d": 1440}[window[-1]]


def per_budget() -> str:
    """What makes a burn rate of a share of bad events."""
    return f"/ on(sloth_id, sloth_slo, sloth_service) group_left slo:error_budget:ratio{CHOSEN}"


def variables(objectives: Sequence[Objective]) -> list[Json]:
    """The choice of a Prometheus and of objectives; those exported are there before the first query."""
    known = [identity(one)["sloth_id"] for one in objectives]
    query = {"qryType": 1, "query": "label_values(slo:objective:ratio, sloth_id)", "refId": "objectives"}
    return [
        {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus"},
        {
            "name": "objective",
            "label": "Objective",
            "type": "query",
            "datasource": SOURCE,
            "definition": query["query"],
            "query": query,
            "refresh": 2,
            "sort": 1,
            "multi": True,
            "includeAll": True,
            "current": {"text": ["All"], "value": ["$__all"]},
            "options": [{"text": one, "value": one, "selected": False} for one in known],
        },
    ]


def targets(queries: Sequence[tuple[str, str]]) -> list[Json]:
    """Queries with their legends, named A, B, C ..."""
    return [
        {
            "refId": chr(ord("A") + at),
            "datasource": SOURCE,
            "expr": expr,
            "legendFormat": legend,
            "range": True,
        }
        for at, (expr, legend) in enumerate(queries)
    ]


def stat(title: str, expr: str, unit: str, place: tuple[int, int, int]) -> Json:
    """One number for each objective, red where the budget is spent or burns faster than it lasts."""
    spent = unit == "percentunit"
    steps: list[Json] = [{"color": "red" if spent else "green", "value": None}]
    steps.append({"color": "green" if spent else "red", "value": 0 if spent else 1})
    return {
        "type": "stat",
        "title": title,
        "datasource": SOURCE,
        "gridPos": {"x": place[0], "y": place[1], "w": place[2], "h": 6},
        "targets": targets([(expr, "{{sloth_slo}}")]),
        "fieldConfig": {
            "defaults": {"unit": unit, "decimals": 2, "thresholds": {"mode": "absolute", "steps": steps}},
            "overrides": [],
        },
        "options": {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}},
    }


def graph(title: str, queries: Sequence[tuple[str, str]], unit: str, place: tuple[int, int]) -> Json:
    """Lines over time; a gap where there was no data."""
    return {
        "type": "timeseries",
        "title": title,
        "datasource": SOURCE,
        "gridPos": {"x": place[0], "y": place[1], "w": 12, "h": 8},
        "targets": targets(queries),
        "fieldConfig": {"defaults": {"unit": unit, "custom": {"spanNulls": False}}, "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"}, "tooltip": {"mode": "multi"}},
    }
