"""What people do about an incident: each is one event, or a `Conflict` that says what is possible instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.loop.incident.model import GRAVITIES, ROLES, Event, Incident, Status, What
from trimtab.vocabulary.kernel import Conflict, Invalid

POSSIBLE: Mapping[Status, Mapping[str, What]] = {
    "open": {"acknowledge": "acknowledged", "mitigate": "mitigated", "resolve": "resolved"},
    "acknowledged": {"mitigate": "mitigated", "resolve": "resolved"},
    "mitigated": {"resolve": "resolved", "reopen": "reopened"},
    "resolved": {"reopen": "reopened"},
}
"""From a status by an action to the event: what is not here is a conflict."""
MAX_TEXT, MAX_ACTIONS = 10_000, 50


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who does something, when it is recorded, and when it happened if that was earlier (ns since the Unix epoch)."""

    who: str
    at_ns: int
    happened_ns: int | None = None


def record(incident: Incident, by: By, what: What, said: Mapping[str, Any]) -> Event:
    """The next event of an incident; raises `Invalid` for nobody, and for a time that cannot be."""
    if not by.who.strip():
        raise Invalid("who is missing", hint="every event says who did it")
    happened = by.happened_ns
    if happened is not None:
        if happened > by.at_ns:
            raise Invalid("happened in the future", hint="give a time up to now")
        said = {**said, "happened_ns": happened}
    return Event(
        project=incident.project,
        incident=incident.id,
        number=incident.version + 1,
        at_ns=by.at_ns,
        who=by.who.strip(),
        what=what,
        said=said,
    )


def move(incident: Incident, by: By, action: str, why: str) -> Event:
    """One step between two statuses; raises `Conflict` where that is not possible."""
    possible = POSSIBLE[incident.status]
    if action not in possible:
        raise Conflict(
            f"incident {incident.id} is {incident.status}: {action} is not possible",
            hint=f"possible now: {', '.join(possible)}",
        )
    return record(incident, by, possible[action], {"why": text(why, "why", least=0)})


def acknowledge(incident: Incident, by: By, why: str = "") -> Event:
    """Somebody looks after it; raises `Invalid` before it was detected."""
    if (by.at_ns if by.happened_ns is None else by.happened_ns) < incident.detected_ns:
        raise Invalid("happened before the incident was detected", hint="give a later time")
    return move(incident, by, "acknowledge", why)


def mitigate(incident: Incident, by: By, why: str = "") -> Event:
    """Users no longer suffer, though the cause may still be there; raises `Invalid` before the impact began."""
    after_impact(incident, by)
    return move(incident, by, "mitigate", why)


def resolve(incident: Incident, by: By, why: str = "") -> Event:
    """It is over; raises `Invalid` before it was mitigated or the impact began."""
    after_impact(incident, by)
    return move(incident, by, "resolve", why)


def reopen(incident: Incident, by: By, why: str) -> Event:
    """It was not over; needs a reason."""
    return move(incident, by, "reopen", text(why, "why"))


def after_impact(incident: Incident, by: By) -> None:
    """Raise `Invalid` for a time before the impact, or before the mitigation."""
    at_ns = by.at_ns if by.happened_ns is None else by.happened_ns
    earliest = max(incident.impact_ns or 0, incident.mitigated_ns or 0)
    if at_ns < earliest:
        raise Invalid(
            "happened before the incident began or was mitigated", hint="correct one of the two times"
        )


def grade(incident: Incident, by: By, gravity: str) -> Event:
    """Set how grave it is."""
    if gravity not in GRAVITIES:
        raise Invalid(f"no gravity: {gravity!r}", hint=f"of {', '.join(GRAVITIES)}")
    return record(incident, by, "graded", {"gravity": gravity, "before": incident.gravity})


def assign(incident: Incident, by: By, role: str, person: str) -> Event:
    """Give a role to a person; "" takes it away."""
    if role not in ROLES:
        raise Invalid(f"no role: {role!r}", hint=f"of {', '.join(ROLES)}")
    return record(incident, by, "assigned", {"role": role, "person": text(person.strip(), "person", least=0)})


def update(
    incident: Incident, by: By, impact: str, actions: Sequence[str] = (), eta_ns: int | None = None
) -> Event:
    """Tell others: the impact, what is being done, and when to expect more; raises `Invalid` for an ETA in the past."""
    if eta_ns is not None and eta_ns <= by.at_ns:
        raise Invalid("eta: in the past", hint="a later time, or none when nobody knows")
    if len(actions) > MAX_ACTIONS:
        raise Invalid(f"{len(actions)} actions", hint=f"at most {MAX_ACTIONS}")
    said = {
        "impact": text(impact, "impact"),
        "actions": [text(one, "action") for one in actions],
        "eta_ns": eta_ns,
    }
    return record(incident, by, "updated", said)


def note(incident: Incident, by: By, said: str) -> Event:
    """Add a note to the timeline."""
    return record(incident, by, "noted", {"text": text(said, "note")})


def date(
    incident: Incident, by: By, *, impact_ns: int | None = None, first_bad_ns: int | None = None
) -> Event:
    """Correct when it began; raises `Invalid` for a time in the future or after its mitigation."""
    given = {"impact_ns": impact_ns, "first_bad_ns": first_bad_ns}
    said = {name: value for name, value in given.items() if value is not None}
    if not said:
        raise Invalid("no time is given", hint="give impact_ns or first_bad_ns")
    latest = min(by.at_ns, incident.mitigated_ns or by.at_ns)
    for name, value in said.items():
        if value > latest:
            raise Invalid(f"{name}: in the future or after the mitigation", hint="give an earlier time")
    return record(incident, by, "dated", said)


def text(given: str, name: str, least: int = 1) -> str:
    """A text within bounds; raises `Invalid`."""
    if not least <= len(given.strip()) <= MAX_TEXT:
        raise Invalid(f"{name}: {len(given)} characters", hint=f"from {least} to {MAX_TEXT}")
    return given.strip()
