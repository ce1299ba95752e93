"""What happened, who does what about it, and what can be done next."""

from typing import Any

from trimtab.app.http.incidents import list_incidents, show_incident
from trimtab.app.web.asking import Asking, Json
from trimtab.app.web.pages.alerts import split
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
    rows = breaching(found["incident"])
    return {
        "rows": rows,
        "split": split(asking, rows) if rows else None,
        "found": found["incident"],
        "possible": found["possible"],
        "roles": ROLES,
        "gravities": GRAVITIES,
        "timeline": [event | {"words": words_of(event["said"])} for event in found["timeline"]],
        "refresh": 15,
    }


def breaching(incident: Json) -> Json:
    """The filter of the sessions that broke the objective of an incident in its time; empty where either is not known."""
    since_ns = incident["first_bad_ns"] or incident["impact_ns"]
    if not incident["objective"] or not since_ns:
        return {}
    ends = {"until_ns": incident["resolved_ns"]} if incident["resolved_ns"] else {}
    return {"breaches": incident["objective"], "since_ns": since_ns, **ends}


def words_of(said: dict[str, Any]) -> str:
    """What an event says, in a line."""
    parts: list[str] = []
    for name, value in said.items():
        if name == "alert" and value:
            parts.append(f"alert {value['name']} ({value['fingerprint'][:8]})")
        elif value not in (None, "", [], {}, ()) and not name.endswith("_ns"):
            parts.append(f"{name} {value}")
    return "; ".join(parts)
