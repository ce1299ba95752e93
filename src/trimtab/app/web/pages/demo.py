"""The demonstration: how far it is, and what to look at."""

from typing import Any

from trimtab.app.demo import PROJECT
from trimtab.app.http.demo import show_demo
from trimtab.app.web.asking import Asking

SOON_S = 2


def page(asking: Asking) -> dict[str, Any]:
    """How far it is; while it is played, the page loads itself again."""
    found = asking.ask(show_demo, "/demo")
    playing = found["state"] == "playing"
    return {
        "found": found,
        "inside": asking.grant.project == PROJECT,
        "may_play": "admin" in asking.grant.scopes,
        "refresh": SOON_S if playing else 0,
    }
