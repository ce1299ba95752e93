"""What agents and models cost, and how much of it is known."""

from typing import Any

from trimtab.app.http.measuring import indicators
from trimtab.app.web.asking import Asking
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
    return {
        "tables": tables,
        "shown": SHOWN,
        "state": {"since": asking.query.get("since", "")},
    }
