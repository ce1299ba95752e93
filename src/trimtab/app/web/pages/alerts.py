"""What fires, and what keeps silent."""

from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.app.http.alerting import list_alerts, list_silences
from trimtab.app.http.promising import budgets
from trimtab.app.web.asking import Asking, Json
from trimtab.app.web.words import matcher

LASTS = ("1h", "2h", "8h", "24h", "7d")
BEFORE_NS = 3_600_000_000_000
"""Rows are shown from so long before an alert fired: they made it fire."""


def page(asking: Asking) -> dict[str, Any]:
    """The alerts that fire, each with the way to its rows; with `all=yes` those that ended, too."""
    everything = "yes" if asking.query.get("all") == "yes" else ""
    found = asking.ask(list_alerts, "/alerts", {"all": everything})
    objectives = {one["id"]: one for one in asking.ask(budgets, "/slo")["objectives"]}
    return {
        "found": found,
        "rows": {one["fingerprint"]: breaching(one, objectives) for one in found["alerts"]},
        "everything": everything,
        "lasts": LASTS,
        "refresh": 15,
    }


def breaching(alert: Json, objectives: Mapping[str, Json]) -> Json | None:
    """The filter of the sessions that an alert is about; None where its objective is gone."""
    objective = objectives.get(alert["labels"].get("objective", ""))
    if objective is None:
        return None
    failed = {"outcome": "failure"} if objective["indicator"] == "task_success" else {}
    ends = {"until_ns": alert["ends_ns"]} if alert["ends_ns"] else {}
    return objective["cohort"] | failed | {"since_ns": alert["starts_ns"] - BEFORE_NS} | ends


def silences(asking: Asking) -> dict[str, Any]:
    """Silences that hold, are to come, or ended in the last week; a new one for the labels of the address."""
    found = asking.ask(list_silences, "/silences")
    return {"found": found, "given": matchers_of(asking.query), "lasts": LASTS, "refresh": 15}


def matchers_of(query: Mapping[str, str]) -> Sequence[str]:
    """The conditions that an address names: `slo=shop` becomes `slo="shop"`."""
    return [matcher(name, value) for name, value in query.items() if value]
