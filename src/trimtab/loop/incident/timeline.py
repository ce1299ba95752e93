"""From events to what is known: each event changes the incident in one way."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from trimtab.loop.incident.model import Event, Hypothesis, Incident, Member, Update, What
from trimtab.vocabulary.kernel import Invalid


def fold(incident: Incident | None, events: Iterable[Event]) -> Incident:
    """The incident after further events; raises `Invalid` for events that do not follow each other."""
    for event in events:
        expected = 1 if incident is None else incident.version + 1
        if event.number != expected:
            raise Invalid(f"event {event.number} of {event.incident}", hint=f"the next one is {expected}")
        if incident is None:
            incident = opened(event)
        else:
            incident = replace(CHANGES[event.what](incident, event), version=event.number)
    if incident is None:
        raise Invalid("no events", hint="an incident begins with the event opened")
    return incident


def opened(event: Event) -> Incident:
    """The incident that an event opens."""
    if event.what != "opened":
        raise Invalid(f"the first event is {event.what}", hint="an incident begins with the event opened")
    said = event.said
    return Incident(
        project=event.project,
        id=event.incident,
        title=said["title"],
        gravity=said["gravity"],
        detected_ns=said.get("detected_ns", event.at_ns),
        objective=said.get("objective", ""),
        keys=(said["key"],) if said.get("key") else (),
        pages=(said["page"],) if said.get("page") else (),
        members=(Member(**said["alert"]),) if said.get("alert") else (),
        impact_ns=said.get("impact_ns"),
        first_bad_ns=said.get("first_bad_ns"),
        version=1,
    )


def when(event: Event) -> int:
    """The time at which something happened, which may be before it was recorded."""
    return event.said.get("happened_ns") or event.at_ns


def joined(incident: Incident, event: Event) -> Incident:
    """An alert joins; one that fires again replaces what it was."""
    member = Member(**event.said["alert"])
    others = tuple(one for one in incident.members if one.fingerprint != member.fingerprint)
    return replace(
        incident,
        members=(*others, member),
        keys=with_one(incident.keys, event.said.get("key", "")),
        pages=with_one(incident.pages, event.said.get("page", "")),
    )


def with_one(held: tuple[str, ...], more: str) -> tuple[str, ...]:
    """Names with one more, each once."""
    return held if not more or more in held else (*held, more)


def ended(incident: Incident, event: Event) -> Incident:
    """An alert is over."""
    gone = event.said["fingerprint"]
    members = tuple(
        replace(one, ended_ns=when(event)) if one.fingerprint == gone else one for one in incident.members
    )
    return replace(incident, members=members)


def acknowledged(incident: Incident, event: Event) -> Incident:
    """Somebody looks after it; the first time counts."""
    first = incident.acknowledged_ns or when(event)
    return replace(incident, status="acknowledged", acknowledged_ns=first)


def mitigated(incident: Incident, event: Event) -> Incident:
    """Users no longer suffer."""
    first = incident.acknowledged_ns or when(event)
    return replace(incident, status="mitigated", mitigated_ns=when(event), acknowledged_ns=first)


def resolved(incident: Incident, event: Event) -> Incident:
    """It is over; what was not mitigated before is so now."""
    return replace(
        incident,
        status="resolved",
        resolved_ns=when(event),
        mitigated_ns=incident.mitigated_ns or when(event),
        acknowledged_ns=incident.acknowledged_ns or when(event),
    )


def reopened(incident: Incident, _event: Event) -> Incident:
    """It was not over."""
    return replace(incident, status="open", mitigated_ns=None, resolved_ns=None)


def graded(incident: Incident, event: Event) -> Incident:
    """It is graver, or less so."""
    return replace(incident, gravity=event.said["gravity"])


def assigned(incident: Incident, event: Event) -> Incident:
    """Somebody takes a role; without a person nobody has it."""
    roles = {name: person for name, person in incident.roles.items() if name != event.said["role"]}
    if event.said["person"]:
        roles[event.said["role"]] = event.said["person"]
    return replace(incident, roles=roles)


def updated(incident: Incident, event: Event) -> Incident:
    """Others were told."""
    update = Update(
        at_ns=event.at_ns,
        by=event.who,
        impact=event.said["impact"],
        actions=tuple(event.said["actions"]),
        eta_ns=event.said["eta_ns"],
    )
    return replace(incident, updates=(*incident.updates, update))


def noted(incident: Incident, _event: Event) -> Incident:
    """A note changes nothing but the timeline."""
    return incident


def dated(incident: Incident, event: Event) -> Incident:
    """The begin is known better."""
    changed: Mapping[str, Any] = event.said
    return replace(
        incident,
        impact_ns=changed.get("impact_ns", incident.impact_ns),
        first_bad_ns=changed.get("first_bad_ns", incident.first_bad_ns),
    )


def supposed(incident: Incident, event: Event) -> Incident:
    """Somebody has an idea of the cause."""
    idea = Hypothesis(id=event.said["id"], text=event.said["text"], by=event.who)
    return replace(incident, hypotheses=(*incident.hypotheses, idea))


def examined(incident: Incident, event: Event) -> Incident:
    """An idea stands differently now."""
    said = event.said
    ideas = tuple(
        replace(
            one,
            standing=said["standing"],
            evidence=(*one.evidence, *([said["evidence"]] * bool(said["evidence"]))),
        )
        if one.id == said["id"]
        else one
        for one in incident.hypotheses
    )
    return replace(incident, hypotheses=ideas)


CHANGES: Mapping[What, Callable[[Incident, Event], Incident]] = {
    "joined": joined,
    "ended": ended,
    "acknowledged": acknowledged,
    "mitigated": mitigated,
    "resolved": resolved,
    "reopened": reopened,
    "graded": graded,
    "assigned": assigned,
    "updated": updated,
    "noted": noted,
    "dated": dated,
    "supposed": supposed,
    "examined": examined,
}
