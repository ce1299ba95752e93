"""The first page: is anything wrong, and what changed."""

from collections.abc import Mapping
from typing import Any

from trimtab.app.http.alerting import list_alerts
from trimtab.app.http.failing import failures
from trimtab.app.http.incidents import list_incidents
from trimtab.app.http.measuring import compared as compared_weeks
from trimtab.app.http.measuring import indicators
from trimtab.app.http.promising import budgets
from trimtab.app.http.reading import changes
from trimtab.app.web.asking import Asking, Json

SHOWN = "task_success,cost_per_success,cost_per_session"
GOING, WORST = 8, 3


def page(asking: Asking) -> dict[str, Any]:
    """Every agent with what it promised, what goes wrong now, and what changed last."""
    measured = asking.ask(indicators, "/sli", {"by": "agent", "name": SHOWN}, dear=True)
    promised = asking.ask(budgets, "/slo")
    compared = asking.ask(compared_weeks, "/compare", dear=True)
    differing = {one["agent"]: one for one in compared["agents"]}
    return {
        "agents": [agent_of(group, promised["objectives"], differing) for group in measured["groups"]],
        "unplaced": [one for one in promised["objectives"] if "agent" not in one["cohort"]],
        "promised": promised,
        "incidents": asking.ask(list_incidents, "/incidents")["incidents"],
        "alerts": asking.ask(list_alerts, "/alerts"),
        "changes": asking.ask(changes, "/changes", {"limit": GOING}, dear=True)["changes"],
        "groups": asking.ask(failures, "/failures", {"limit": GOING}, dear=True)["groups"],
        "spans": (compared["now"], compared["before"]),
        "origin": asking.origin,
        "refresh": 15,
    }


def agent_of(group: Json, promised: list[Json], differing: Mapping[str, Json]) -> Json:
    """One agent: its indicators by name, its objectives, and what became worse since last week."""
    agent = group["group"].get("agent", "")
    found = differing.get(agent, {"compared": 0, "differing": []})
    return {
        "agent": agent,
        "compared": found["compared"],
        "worse": [one for one in found["differing"] if one["worse"]][:WORST],
        "measured": {one["name"]: one for one in group["indicators"]},
        "objectives": [one for one in promised if one["cohort"].get("agent") == agent],
    }
