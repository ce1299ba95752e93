"""What contracts decided, what seemed to be injected, where models refused, and how people answered."""

from typing import Any

from trimtab.app.http.control import approval_figures
from trimtab.app.http.measuring import show_safety
from trimtab.app.web.asking import Asking
from trimtab.app.web.pages.sessions import SPANS, since_ns

COLUMNS = (
    ("deny", "denied", "bad"),
    ("ask", "asked", "warn"),
    ("transform", "changed", ""),
    ("warn", "warned", ""),
    ("would deny", "would deny", ""),
    ("would ask", "would ask", ""),
    ("would transform", "would change", ""),
    ("would warn", "would warn", ""),
    ("suspected", "seems injected", "bad"),
)
"""What is counted of decisions: its name, its head, its colour."""


def page(asking: Asking) -> dict[str, Any]:
    """Decisions by agent, tool and reason, and approvals; of a cohort where the address names one."""
    query = {name: value for name, value in asking.query.items() if value}
    cohort = {name: value for name, value in query.items() if name != "since"}
    since = since_ns(asking)
    found = asking.ask(show_safety, "/safety", cohort | {"since_ns": since}, dear=True)
    return {
        "found": found,
        "columns": COLUMNS,
        "figures": asking.ask(approval_figures, "/approvals/figures", {"since_ns": since}),
        "state": query,
        "cohort": cohort,
        "spans": ("", *SPANS),
    }
