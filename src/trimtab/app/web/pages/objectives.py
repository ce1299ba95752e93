"""What is promised and what is left of it."""

from typing import Any

from trimtab.app.http.promising import budget, budgets
from trimtab.app.http.reading import changes
from trimtab.app.web.asking import Asking, Json


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
    changed: list[Json] = []
    if agent:
        changed = asking.ask(changes, "/changes", {"agent": agent, "limit": 50}, dear=True)["changes"]
    first = points[0][0] if points else 0
    shown = [row for row in changed if row["first_ns"] >= first]
    marks = [(row["first_ns"], f"{row['kind']} {row['subject']} {row['value']}") for row in shown]
    return {
        "found": found,
        "now": found["now"],
        "points": points,
        "marks": marks,
        "changed": shown,
        "agent": agent,
    }
