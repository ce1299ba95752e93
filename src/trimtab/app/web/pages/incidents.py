"""What happened, who does what about it, and what can be done next."""

from typing import Any

from trimtab.app.http.incidents import list_incidents, show_incident
from trimtab.app.web.asking import Asking
from trimtab.loop.incident import GRAVITIES, ROLES


def page(asking: Asking) -> dict[str, Any]:
    """The incidents that go on; with `all=yes` those that are over, too."""
    everything = "yes" if asking.query.get("all") == "yes" else ""
    return {
        "found": asking.ask(list_incidents, "/incidents", {"all": everything}),
        "everything": everything,
        "gravities": GRAVITIES,
        "refresh": 15,
    }


def one(asking: Asking) -> dict[str, Any]:
    """An incident and its timeline."""
    found = asking.ask(show_incident, "/incidents/{incident}", {"incident": asking.path["incident"]})
    return {
        "found": found["incident"],
        "possible": found["possible"],
        "roles": ROLES,
        "gravities": GRAVITIES,
        "timeline": [event | {"words": words_of(event["said"])} for event in found["timeline"]],
        "refresh": 15,
    }


def words_of(said: dict[str, Any]) -> str:
    """What an event says, in a line."""
    parts: list[str] = []
    for name, value in said.items():
        if name == "alert" and value:
            parts.append(f"alert {value['name']} ({value['fingerprint'][:8]})")
        elif value not in (None, "", [], {}, ()) and not name.endswith("_ns"):
            parts.append(f"{name} {value}")
    return "; ".join(parts)
