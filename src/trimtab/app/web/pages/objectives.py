"""What is promised and what is left of it."""

from typing import Any

from trimtab.app.http.promising import backtest, budget, budgets
from trimtab.app.http.reading import changes
from trimtab.app.web.asking import Asking, Json
from trimtab.loop.store import MINUTE_NS


def changed_since(asking: Asking, agent: str, since_ns: int) -> list[Json]:
    """What changed about an agent (about any where none is named) since a time, the latest first."""
    found: list[Json] = asking.ask(changes, "/changes", {"agent": agent, "limit": 50}, dear=True)["changes"]
    return [row for row in found if row["first_ns"] >= since_ns]


def marks_of(changed: list[Json], agent: str) -> list[tuple[int, str]]:
    """Changes as marks of a chart; each says whose it is where the chart is not of one agent."""
    return [
        (
            row["first_ns"],
            f"{'' if agent else row['agent'] + ': '}{row['kind']} {row['subject']} {row['value']}",
        )
        for row in changed
    ]


def tried_of(asking: Asking, objective: str) -> Json:
    """What the rules of an objective would have sent in the latest 30 days."""
    listed: list[Json] = asking.ask(backtest, "/promises/backtest", dear=True)["objectives"]
    return next(one for one in listed if one["objective"] == objective)


def page(asking: Asking) -> dict[str, Any]:
    """Every objective with what is left of its budget."""
    return {"found": asking.ask(budgets, "/slo"), "refresh": 30}


def one(asking: Asking) -> dict[str, Any]:
    """One objective over its window, the changes of its agent beside it."""
    found = asking.ask(budget, "/slo/{objective}", {"objective": asking.path["objective"]})
    history, agent = found["history"], found["now"]["cohort"].get("agent", "")
    points = [
        (at, None if left is None else left * 100)
        for at, left in zip(history["at_ns"], history["left"], strict=True)
    ]
    changed = changed_since(asking, agent, points[0][0] if points else 0) if agent else []
    tried = bool(asking.query.get("backtest"))
    return {
        "tried": tried_of(asking, found["now"]["id"]) if tried else None,
        "step_ns": history["step_min"] * MINUTE_NS,
        "found": found,
        "now": found["now"],
        "points": points,
        "changed": changed,
        "marks": marks_of(changed, agent),
        "agent": agent,
    }
