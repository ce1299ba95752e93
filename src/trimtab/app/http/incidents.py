"""Incidents over the API: what happened, who does what about it, and how long it took."""

from dataclasses import asdict
from typing import Any

from trimtab.app.bootstrap import Server
from trimtab.app.http.alerting import MOST, who
from trimtab.app.http.reading import whole_number
from trimtab.loop.incident import (
    POSSIBLE,
    By,
    Event,
    Incident,
    Status,
    acknowledge,
    acknowledgements,
    assign,
    change,
    date,
    declare,
    examine,
    grade,
    measure,
    mitigate,
    note,
    open_incident,
    reopen,
    resolve,
    suppose,
    update,
)
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Invalid, Missing

Arguments = dict[str, Any]
GOING: tuple[Status, ...] = ("open", "acknowledged", "mitigated")


def list_incidents(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Incidents that go on, the latest first; `all=yes` those that are resolved, too. With the four times over them."""
    statuses = () if str(arguments.get("all", "")) == "yes" else GOING
    since_ns = whole_number(arguments, "since_ns") or 0
    found = server.watched.incidents.incidents(grant.project, statuses, since_ns, MOST)
    every = server.watched.incidents.incidents(grant.project, since_ns=since_ns, limit=MOST)
    return {
        "incidents": [asdict(one) for one in found],
        "times": {name: asdict(one) for name, one in measure(every).items()},
    }


def show_incident(server: Server, grant: Grant, arguments: Arguments) -> object:
    """One incident (a beginning of its id will do), its timeline, and which moves are possible now."""
    incident = find_incident(server, grant, str(arguments["incident"]))
    events = server.watched.incidents.timeline(grant.project, incident.id)
    return {
        "incident": asdict(incident),
        "timeline": [asdict(one) for one in events],
        "possible": list(POSSIBLE[incident.status]),
    }


def find_incident(server: Server, grant: Grant, name: str) -> Incident:
    """The incident of an id, or the only one whose id begins so."""
    found = server.watched.incidents.incident(grant.project, name)
    if found is not None:
        return found
    like = [
        one
        for one in server.watched.incidents.incidents(grant.project, limit=MOST)
        if one.id.startswith((name, f"inc-{name}"))
    ]
    if len(like) != 1 or not name:
        raise Missing(f"no incident, or several: {name}", hint="`trimtab incident list` shows them")
    return like[0]


def declare_incident(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Open an incident by hand."""
    by = By(
        who=who(arguments), at_ns=server.clock.now_ns(), happened_ns=whole_number(arguments, "happened_ns")
    )
    event = declare(
        grant.project,
        by,
        str(arguments.get("title") or ""),
        str(arguments.get("gravity") or "sev2"),
        str(arguments.get("objective") or ""),
    )
    return asdict(open_incident(server.watched.incidents, event))


def act_on_incident(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Do something about an incident: acknowledge, mitigate, resolve, reopen, grade, assign, update, note, date, suppose, examine."""
    incident = find_incident(server, grant, str(arguments["incident"]))
    action = str(arguments.get("action") or "")
    by = By(
        who=who(arguments), at_ns=server.clock.now_ns(), happened_ns=whole_number(arguments, "happened_ns")
    )
    done = change(
        server.watched.incidents, grant.project, incident.id, lambda at: event_of(at, by, action, arguments)
    )
    if action == "acknowledge":
        for one in acknowledgements(done, by):
            server.watched.alerts.acknowledge(one)
    return asdict(done)


def event_of(incident: Incident, by: By, action: str, given: Arguments) -> Event:
    """The event of an action; raises `Invalid` for an action that there is not."""

    def said(name: str) -> str:
        return str(given.get(name) or "")

    actions = {
        "acknowledge": lambda: acknowledge(incident, by, said("why")),
        "mitigate": lambda: mitigate(incident, by, said("why")),
        "resolve": lambda: resolve(incident, by, said("why")),
        "reopen": lambda: reopen(incident, by, said("why")),
        "grade": lambda: grade(incident, by, said("gravity")),
        "assign": lambda: assign(incident, by, said("role"), said("person")),
        "update": lambda: update(
            incident, by, said("impact"), given.get("actions") or (), whole_number(given, "eta_ns")
        ),
        "note": lambda: note(incident, by, said("note")),
        "date": lambda: date(
            incident,
            by,
            impact_ns=whole_number(given, "impact_ns"),
            first_bad_ns=whole_number(given, "first_bad_ns"),
        ),
        "suppose": lambda: suppose(incident, by, said("idea")),
        "examine": lambda: examine(incident, by, said("hypothesis"), said("standing"), said("evidence")),
    }
    if action not in actions:
        raise Invalid(f"no such action: {action!r}", hint=f"one of {', '.join(actions)}")
    return actions[action]()
