"""The list of sessions: the whole state stands in the address."""

from typing import Any

from trimtab.app.http.reading import list_sessions
from trimtab.app.web.asking import Asking
from trimtab.app.web.lengths import UNIT_NS, length_ns
from trimtab.vocabulary.trace import OUTCOMES

SPANS = {"1h": 3600, "24h": 86_400, "7d": 604_800, "30d": 2_592_000}
OWN = ("outcome", "tool_error", "agent", "text", "since", "since_ns", "until_ns", "limit")
"""What the page itself means; every other name in the address is a dimension of a cohort."""
SIZES = (50, 200, 1000)


def since_ns(asking: Asking) -> int | None:
    """The beginning that `since=24h` names, to the minute, so that a page can be loaded twice."""
    raw = asking.query.get("since", "")
    if not raw:
        return None
    minute = asking.now_ns // UNIT_NS["m"] * UNIT_NS["m"]
    return max(0, minute - length_ns("since", raw))


def filters_of(asking: Asking) -> dict[str, Any]:
    """The filters of the address as the API takes them."""
    query = asking.query
    cohort = {name: value for name, value in query.items() if name not in OWN and value}
    return cohort | {
        "agent": query.get("agent", ""),
        "outcome": query.get("outcome", ""),
        "tool_error": query.get("tool_error", ""),
        "text": query.get("text", ""),
        "since_ns": query.get("since_ns", "") or since_ns(asking),
        "until_ns": query.get("until_ns", ""),
    }


def page(asking: Asking) -> dict[str, Any]:
    """Sessions that the filters leave, how many there are, and how many of each outcome."""
    filters, given = filters_of(asking), {name: value for name, value in asking.query.items() if value}
    limit = given.get("limit", "50")
    found = asking.ask(list_sessions, "/sessions", filters | {"limit": limit})
    counts = {
        outcome: asking.ask(
            list_sessions, "/sessions", filters | {"outcome": outcome, "limit": 1}, silent=True
        )["total"]
        for outcome in OUTCOMES
    }
    shown = len(found["sessions"])
    return {
        "found": found,
        "counts": counts,
        "state": dict.fromkeys(OWN, "") | given,
        "filtered": bool(given),
        "cohort": {name: value for name, value in given.items() if name not in OWN},
        "spans": SPANS,
        "more": next((size for size in SIZES if size > shown), None) if shown < found["total"] else None,
        "origin": asking.origin,
        "empty_store": not found["total"] and not given,
        "refresh": 15,
    }
