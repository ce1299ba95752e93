"""What agents and models cost, and how much of it is known."""

from typing import Any

from trimtab.app.http.measuring import indicators, show_cost
from trimtab.app.web.asking import Asking, Json
from trimtab.app.web.pages.objectives import changed_since, marks_of
from trimtab.app.web.pages.sessions import since_ns

SHOWN = (
    *("cost_per_session", "cost_per_success", "tokens_per_success"),
    *("usage_coverage", "price_coverage"),
)
SPLITS = ("agent", "model")


def page(asking: Asking) -> dict[str, Any]:
    """The same numbers by agent and by model."""
    start = since_ns(asking)
    tables = {
        by: asking.ask(indicators, "/sli", {"by": by, "name": ",".join(SHOWN), "since_ns": start}, dear=True)[
            "groups"
        ]
        for by in SPLITS
    }
    spent = asking.ask(show_cost, "/cost", {"since_ns": start}, dear=True)
    days = spent["days"]
    changed = changed_since(asking, "", days[0]["day_ns"]) if days else []
    return {
        "month": spent["month"] if start is None else asking.ask(show_cost, "/cost", dear=True)["month"],
        "days": days,
        "points": [(one["day_ns"], one["cost_usd"]) for one in days] if any(map(priced, days)) else [],
        "changed": changed,
        "marks": marks_of(changed, ""),
        "tables": tables,
        "shown": SHOWN,
        "state": {"since": asking.query.get("since", "")},
    }


def priced(day: Json) -> bool:
    """Whether any session of a day has a known cost."""
    return day["sessions"] > day["unknown"]
