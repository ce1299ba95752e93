"""Groups of like failures, and one of them."""

from typing import Any

from trimtab.app.http.failing import failures, show_failure
from trimtab.app.web.asking import Asking
from trimtab.app.web.pages.sessions import since_ns

SORTS = ("users", "money", "time", "sessions")


def page(asking: Asking) -> dict[str, Any]:
    """The groups, the one first that hits most."""
    query = asking.query
    sort = query.get("sort", "users")
    found = asking.ask(
        failures,
        "/failures",
        {
            "agent": query.get("agent", ""),
            "by": query.get("by", ""),
            "sort": sort,
            "since_ns": since_ns(asking),
        },
        dear=True,
    )
    state = {name: query.get(name, "") for name in ("agent", "by", "sort", "since")}
    return {"found": found, "sorts": SORTS, "sort": sort, "state": state}


def one(asking: Asking) -> dict[str, Any]:
    """A group: what it is, where it shows, and sessions that show it."""
    given = {"fingerprint": asking.path["fingerprint"]}
    found = asking.ask(show_failure, "/failures/{fingerprint}", given, dear=True)
    return {"found": found, "group": found["group"]}
