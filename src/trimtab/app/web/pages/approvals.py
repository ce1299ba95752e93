"""Calls of agents that wait for a person's yes, with what is in doubt about them; and those of the past."""

import json
from typing import Any, cast

from trimtab.app.http.control import approval_figures, list_approvals
from trimtab.app.web.asking import Asking

Json = dict[str, Any]
PAST = 200
"""So many requests of the past are shown, the latest first."""


def page(asking: Asking) -> Json:
    """What waits; with `all=yes` what was answered or is over, too."""
    everything = "yes" if asking.query.get("all") == "yes" else ""
    found: list[Json] = asking.ask(list_approvals, "/approvals", {"all": everything})["approvals"]
    reviews = [one for one in found if one["review_status"] in {"due", "overdue"}]
    waits = [one for one in found if one["status"] == "requested"]
    return {
        "everything": everything,
        "waits": [one | {"rows": rows_of(one), "yeses": yeses(one)} for one in waits],
        "reviews": [one | {"rows": rows_of(one)} for one in reviews],
        "past": [one | {"rows": rows_of(one)} for one in found if one["status"] != "requested"][:PAST],
        "figures": asking.ask(approval_figures, "/approvals/figures"),
        "refresh": 15,
    }


def waiting(asking: Asking) -> int:
    """How many calls wait for a yes or a review: the number in the menu."""
    return len(asking.ask(list_approvals, "/approvals", silent=True)["approvals"])


def yeses(request: Json) -> list[str]:
    """Who said yes so far."""
    return [one["who"] for one in request["responses"] if one["yes"]]


def rows_of(request: Json) -> list[Json]:
    """The arguments, each with what is in doubt about it; a doubt about what is no argument stands by itself."""
    try:
        args = json.loads(request["args"] or "{}")
    except ValueError:
        args = request["args"]
    named = cast("Json", args) if isinstance(args, dict) else {"arguments": args}
    doubts: dict[str, str] = dict(request["doubts"])
    rows = [
        {"name": name, "value": words(value), "doubt": "; ".join(doubts_of(doubts, name))}
        for name, value in named.items()
    ]
    return rows + [{"name": name, "value": "", "doubt": said} for name, said in doubts.items()]


def doubts_of(doubts: dict[str, str], name: str) -> list[str]:
    """The doubts about an argument or a part of it, taken out of those that are left."""
    mine = [one for one in doubts if one == name or one.startswith((f"{name}.", f"{name}["))]
    return [doubts.pop(one) for one in mine]


def words(value: Any) -> str:
    """A value as a person reads it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, indent=1)
