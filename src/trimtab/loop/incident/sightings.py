"""From alerts to incidents: a page that fires opens one or joins one; a ticket only joins.

An alert joins the incident of its project that is not resolved and is about the same objective, or took in alerts of the
same group. Played again with the same alerts nothing more happens, so it can be repeated after a crash.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import orjson

from trimtab.loop.alert import Acknowledgement, Alert, Turn, dedup_key
from trimtab.loop.incident.model import GRAVITIES, Event, Gravity, Incident, Member, Status
from trimtab.loop.incident.ports import STALE, IncidentStore
from trimtab.loop.incident.respond import By, record, text
from trimtab.vocabulary.kernel import Conflict, Invalid, Missing

TRIMTAB = "trimtab"
TRIES = 5
RECENT, MOST = 200, 10_000
GOING: tuple[Status, ...] = ("open", "acknowledged", "mitigated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """An alert that people were told of: in which group, under which deduplication key, and since when (ns since the epoch)."""

    alert: Alert
    group: str
    told_ns: int
    page: str = ""


def sightings_of(turn: Turn) -> list[Sighting]:
    """The alerts of a turn of the pipeline that fire in groups that people were told of, pages first."""
    found = [
        Sighting(
            alert=alert,
            group=group.key,
            told_ns=max(group.opened_ns, alert.starts_ns),
            page=dedup_key(group),
        )
        for group in turn.groups.values()
        if group.opened_ns
        for alert in group.alerts.values()
        if alert.ends_ns is None
    ]
    return sorted(found, key=lambda one: (not is_page(one.alert), one.told_ns, one.alert.fingerprint))


def attend(
    store: IncidentStore, project: str, sightings: Sequence[Sighting], firing: Iterable[Alert], now_ns: int
) -> list[Incident]:
    """Open and join incidents by what is seen, and note which of their alerts are over; gives those that changed."""
    changed: dict[str, Incident] = {}
    going = store.incidents(project, GOING, limit=MOST)
    recent = store.incidents(project, ("resolved",), limit=RECENT)
    held = [*going, *recent]
    for sighting in sightings:
        incident = next((one for one in held if takes(one, sighting)), None)
        if any(knows(one, sighting) for one in held):
            continue  # also where a person resolved it while its alert still fires
        if incident is not None:
            said = {"alert": asdict(member_of(sighting.alert)), "key": sighting.group, "page": sighting.page}
            incident = change(store, project, incident.id, lambda at, said=said: join(at, said, now_ns))
        elif is_page(sighting.alert):
            incident = open_incident(store, opening(project, sighting, now_ns))
        else:
            continue
        changed[incident.id] = incident
        held = [incident, *(one for one in held if one.id != incident.id)]
    alive = {one.fingerprint for one in firing}
    for incident in held:
        for gone in over(incident, alive):
            changed[incident.id] = change(
                store, project, incident.id, lambda at, gone=gone: end(at, gone, now_ns)
            )
    return list(changed.values())


def is_page(alert: Alert) -> bool:
    """Whether it may wake people."""
    return alert.labels.get("severity") == "page"


def takes(incident: Incident, sighting: Sighting) -> bool:
    """Whether an alert belongs to an incident that goes on."""
    objective = sighting.alert.labels.get("objective", "")
    same = bool(objective) and incident.objective == objective
    return incident.status != "resolved" and (same or sighting.group in incident.keys)


def knows(incident: Incident, sighting: Sighting) -> bool:
    """Whether an incident took in this very firing of an alert; one that goes on also knows under which key it pages."""
    alert = sighting.alert
    there = any(
        one.fingerprint == alert.fingerprint and one.starts_ns == alert.starts_ns for one in incident.members
    )
    known = not sighting.page or sighting.page in incident.pages or incident.status == "resolved"
    return there and known


def acknowledgements(incident: Incident, by: By) -> list[Acknowledgement]:
    """What ends the escalation of every page of an incident, for the alert store to keep."""
    return [
        Acknowledgement(project=incident.project, key=page, by=by.who, at_ns=by.at_ns, note=incident.id)
        for page in incident.pages
    ]


def over(incident: Incident, alive: Collection[str]) -> list[str]:
    """The alerts of an incident that no longer fire and of which that is not yet noted."""
    return [
        one.fingerprint for one in incident.members if one.ended_ns is None and one.fingerprint not in alive
    ]


def member_of(alert: Alert) -> Member:
    """An alert as an incident keeps it."""
    return Member(
        name=alert.labels.get("alertname", ""),
        fingerprint=alert.fingerprint,
        severity=alert.labels.get("severity", ""),
        starts_ns=alert.starts_ns,
    )


def opening(project: str, sighting: Sighting, now_ns: int) -> Event:
    """The event by which a page opens an incident; of the same firing it is always the same incident."""
    alert = sighting.alert
    named = orjson.dumps([project, alert.fingerprint, alert.starts_ns])
    first_bad_ns = time_of(alert.annotations.get("first_bad", ""))
    said: dict[str, Any] = {
        "title": alert.annotations.get("summary") or alert.labels.get("alertname", "incident"),
        "gravity": gravity_of(alert.labels),
        "objective": alert.labels.get("objective", ""),
        "key": sighting.group,
        "page": sighting.page,
        "alert": asdict(member_of(alert)),
        "detected_ns": sighting.told_ns,
        "impact_ns": alert.starts_ns if first_bad_ns is None else min(first_bad_ns, sighting.told_ns),
        "first_bad_ns": first_bad_ns,
    }
    name = hashlib.blake2b(named, digest_size=6).hexdigest()
    return Event(
        project=project, incident=f"inc-{name}", number=1, at_ns=now_ns, who=TRIMTAB, what="opened", said=said
    )


def declare(project: str, by: By, title: str, gravity: str, objective: str = "") -> Event:
    """The event by which a person opens an incident; when it began is `happened_ns`, if that is known."""
    if gravity not in GRAVITIES:
        raise Invalid(f"no gravity: {gravity!r}", hint=f"of {', '.join(GRAVITIES)}")
    if not by.who.strip():
        raise Invalid("who is missing", hint="every event says who did it")
    if by.happened_ns is not None and by.happened_ns > by.at_ns:
        raise Invalid("began in the future", hint="give a time up to now")
    name = hashlib.blake2b(orjson.dumps([project, by.who, by.at_ns, title]), digest_size=6).hexdigest()
    said = {
        "title": text(title, "title"),
        "gravity": gravity,
        "objective": objective,
        "detected_ns": by.at_ns,
        "impact_ns": by.happened_ns,
    }
    return Event(
        project=project,
        incident=f"inc-{name}",
        number=1,
        at_ns=by.at_ns,
        who=by.who,
        what="opened",
        said=said,
    )


def gravity_of(labels: Mapping[str, str]) -> Gravity:
    """What the label `gravity` says; sev2 where it says nothing."""
    said = labels.get("gravity", "")
    return said if said in GRAVITIES else "sev2"


def time_of(written: str) -> int | None:
    """An RFC 3339 time in ns since the Unix epoch, or None."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        return None
    return int(at.timestamp()) * 1_000_000_000 if at.tzinfo else None


def open_incident(store: IncidentStore, event: Event) -> Incident:
    """Keep a new incident; one that another opened by the same alert meanwhile is given instead."""
    try:
        return store.append([event])
    except Conflict:
        found = store.incident(event.project, event.incident)
        if found is None:
            raise
        return found


def join(incident: Incident, said: Mapping[str, Any], now_ns: int) -> Event | None:
    """An alert joins, unless it did meanwhile."""
    alert = said["alert"]
    known = {(one.fingerprint, one.starts_ns) for one in incident.members}
    if (alert["fingerprint"], alert["starts_ns"]) in known and said["page"] in ("", *incident.pages):
        return None
    return record(incident, By(who=TRIMTAB, at_ns=now_ns), "joined", said)


def end(incident: Incident, fingerprint: str, now_ns: int) -> Event | None:
    """An alert is over, unless that is noted already."""
    if fingerprint not in over(incident, ()):
        return None
    return record(incident, By(who=TRIMTAB, at_ns=now_ns), "ended", {"fingerprint": fingerprint})


def change(
    store: IncidentStore, project: str, name: str, decide: Callable[[Incident], Event | None]
) -> Incident:
    """Decide on the newest state of an incident and append; again where another was quicker.

    Raises `Missing`, and what `decide` raises; an event of None changes nothing.
    """
    for _ in range(TRIES):
        incident = store.incident(project, name)
        if incident is None:
            raise Missing(f"no incident: {name}", hint="`trimtab incident list` shows them")
        event = decide(incident)
        if event is None:
            return incident
        try:
            return store.append([event])
        except Conflict as error:
            if error.code != STALE:
                raise
    raise Conflict(f"incident {name} is changed by many at once", hint="try again", code=STALE)
