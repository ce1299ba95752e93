"""Alerts and incidents over the API: what fires, who looks after it, what keeps silent, and how good the rules are."""

import secrets
from dataclasses import asdict
from typing import Any

from trimtab.app.bootstrap import Server
from trimtab.app.http.reading import whole_number
from trimtab.loop.alert import (
    Acknowledgement,
    Alert,
    PastIncident,
    SentAlert,
    Silence,
    check_silence,
    expire,
    judge_alerts,
    keys_by_alert,
    next_handover,
    on_call,
    phase,
    read_matcher,
)
from trimtab.loop.incident import (
    By,
    Event,
    Incident,
    acknowledge,
    change,
)
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Invalid, Missing

Arguments = dict[str, Any]
HOUR_NS, DAY_NS = 3_600_000_000_000, 86_400_000_000_000
GOING = ("open", "acknowledged", "mitigated")
MOST = 10_000


def who(arguments: Arguments) -> str:
    """Who does it; the commands send the name of whoever is at the terminal."""
    found = str(arguments.get("by") or "").strip()
    if not found:
        raise Invalid("by is missing", hint='who does it: "by": "ada"')
    return found


def alert_row(alert: Alert, key: str | None = None, by: str | None = None) -> Arguments:
    """An alert as it is shown."""
    return {
        "fingerprint": alert.fingerprint,
        "status": alert.status,
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "starts_ns": alert.starts_ns,
        "ends_ns": alert.ends_ns,
        "key": key,
        "acknowledged_by": by,
    }


def list_alerts(server: Server, grant: Grant, arguments: Arguments) -> object:
    """The alerts that fire, the oldest first, with the key by which they are acknowledged; `all=yes` those that ended, too."""
    everything = str(arguments.get("all", "")) == "yes"
    keys = keys_by_alert(server.watched.alerts, grant.project)
    given = server.watched.alerts.acknowledgements(grant.project)
    rows: list[Arguments] = []
    for one in server.watched.alerts.alerts(grant.project):
        if everything or one.ends_ns is None:
            key = keys.get(one.fingerprint)
            rows.append(alert_row(one, key, given[key].by if key in given else None))
    return {
        "alerts": rows,
        "looked_ns": server.watched.watch.looked_ns or None,
        "trouble": dict(server.watched.watch.trouble),
    }


def acknowledge_alert(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Say that somebody looks after an alert (by its fingerprint, or the beginning of it) and all of its group."""
    alert = find_alert(server, grant, str(arguments.get("alert") or ""))
    key = keys_by_alert(server.watched.alerts, grant.project).get(alert.fingerprint)
    if key is None:
        raise Missing("nobody was told of this alert yet", hint="it is told when its group has waited")
    by = who(arguments)
    first = server.watched.alerts.acknowledge(
        Acknowledgement(
            project=grant.project,
            key=key,
            by=by,
            at_ns=server.clock.now_ns(),
            note=str(arguments.get("note") or ""),
        )
    )
    for incident in server.watched.incidents.incidents(grant.project, ("open",)):
        if key in incident.keys or incident.objective == alert.labels.get("objective"):
            at = By(who=by, at_ns=server.clock.now_ns())
            change(
                server.watched.incidents, grant.project, incident.id, lambda one, at=at: acknowledged(one, at)
            )
    return {"key": key, "first": first, "by": server.watched.alerts.acknowledgements(grant.project)[key].by}


def acknowledged(incident: Incident, by: By) -> Event | None:
    """The event of an acknowledgement, None where somebody was quicker."""
    return acknowledge(incident, by) if incident.status == "open" else None


def find_alert(server: Server, grant: Grant, name: str) -> Alert:
    """The alert of a fingerprint, or of the only one that begins so."""
    found = [
        one
        for one in server.watched.alerts.alerts(grant.project)
        if name and one.fingerprint.startswith(name)
    ]
    if not found:
        raise Missing(f"no such alert: {name}", hint="`trimtab alerts` lists them")
    if len(found) > 1:
        raise Invalid(f"{name} begins several fingerprints", hint="give more of it")
    return found[0]


def make_silence(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Keep alerts silent for a while: those that match all conditions."""
    now_ns = server.clock.now_ns()
    given = arguments.get("matchers")
    matchers = tuple(read_matcher(str(one)) for one in given) if isinstance(given, list) else ()  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    silence = Silence(
        id=f"sil-{secrets.token_hex(6)}",
        project=grant.project,
        matchers=matchers,
        starts_ns=whole_number(arguments, "starts_ns") or now_ns,
        ends_ns=whole_number(arguments, "ends_ns") or now_ns + 2 * HOUR_NS,
        author=who(arguments),
        comment=str(arguments.get("comment") or ""),
    )
    server.watched.alerts.put_silence(check_silence(silence))
    return silence_row(silence, now_ns)


def silence_row(silence: Silence, now_ns: int) -> Arguments:
    """A silence as it is shown."""
    return {
        "id": silence.id,
        "state": phase(silence, now_ns),
        "matchers": [str(one) for one in silence.matchers],
        "starts_ns": silence.starts_ns,
        "ends_ns": silence.ends_ns,
        "author": silence.author,
        "comment": silence.comment,
    }


def list_silences(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """Silences that hold, are to come, or ended in the last week."""
    now_ns = server.clock.now_ns()
    found = server.watched.alerts.silences(grant.project, now_ns - 7 * DAY_NS)
    return {"silences": [silence_row(one, now_ns) for one in found]}


def end_silence(server: Server, grant: Grant, arguments: Arguments) -> object:
    """End a silence now."""
    now_ns, name = server.clock.now_ns(), str(arguments.get("id") or "")
    found = [one for one in server.watched.alerts.silences(grant.project, now_ns) if one.id == name]
    if not found:
        raise Missing(f"no silence holds: {name}", hint="`trimtab alerts silences` lists them")
    ended = expire(found[0], now_ns)
    server.watched.alerts.put_silence(ended)
    return silence_row(ended, now_ns)


def delivery_log(server: Server, grant: Grant, arguments: Arguments) -> object:
    """What was sent to whom, and what came of it; what waits, was refused, or was given up."""
    limit = whole_number(arguments, "limit", 100) or 100
    open_ones = [
        one
        for standing in ("waiting", "refused", "dead")
        for one in server.watched.alerts.queued(grant.project, standing, limit)
    ]
    return {
        "log": [asdict(one) for one in server.watched.alerts.log(grant.project, 0, limit)],
        "open": [
            {
                "id": one.message.id,
                "receiver": one.message.receiver,
                "title": one.message.title,
                "kind": one.message.kind,
                "standing": one.standing,
                "attempts": one.attempts,
                "due_ns": one.due_ns,
                "reason": one.reason,
            }
            for one in open_ones
        ],
    }


def revive_message(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Try a message again that was refused or given up."""
    name = str(arguments.get("id") or "")
    if not server.watched.alerts.revive(grant.project, name, server.clock.now_ns()):
        raise Missing(f"no such message: {name}", hint="`trimtab alerts log` shows what was given up")
    return {"revived": name}


def who_is_on_call(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Who is on call in each rotation, now or at a time, and until when."""
    routing = server.watched.applied(grant.project).routing
    at_ns = whole_number(arguments, "at_ns") or server.clock.now_ns()
    rotations = list(routing.rotations.values()) if routing else []
    return {
        "rotations": [
            {"rotation": one.name, "person": on_call(one, at_ns), "until_ns": next_handover(one, at_ns)}
            for one in rotations
        ]
    }


def quality(server: Server, grant: Grant, arguments: Arguments) -> object:
    """How good each rule was: precision, recall, detection and reset, from alerts and incidents that are linked."""
    since_ns = whole_number(arguments, "since_ns") or server.clock.now_ns() - 90 * DAY_NS
    incidents = server.watched.incidents.incidents(grant.project, since_ns=since_ns, limit=MOST)
    given = server.watched.alerts.acknowledgements(grant.project)
    sent = [
        SentAlert(
            rule=f"{incident.objective}/{member.name}",
            fired_ns=member.starts_ns,
            resolved_ns=member.ended_ns,
            acknowledged_ns=incident.acknowledged_ns
            or min((given[k].at_ns for k in incident.keys if k in given), default=None),
            acted=incident.mitigated_ns is not None or bool(incident.updates),
            incident=incident.id,
            key=member.fingerprint,
        )
        for incident in incidents
        for member in incident.members
    ]
    past = [
        PastIncident(id=one.id, started_ns=one.impact_ns or one.detected_ns, ended_ns=one.resolved_ns)
        for one in incidents
    ]
    return asdict(judge_alerts(sent, past)) | {"since_ns": since_ns, "incidents": len(past)}
