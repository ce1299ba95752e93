"""What is kept and cared for over the API: facts, keys, backup, rebuild, health."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson

from trimtab.app.bootstrap import Server
from trimtab.app.bootstrap.care import back_up, rebuild_rows
from trimtab.app.bootstrap.doctor import catalogue, diagnose
from trimtab.app.http.reading import whole_number
from trimtab.loop.store import ERASED_BY, KEPT_KINDS, Grant, changed, create_key
from trimtab.vocabulary.kernel import Invalid, Missing

Arguments = dict[str, Any]


def take_facts(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Store facts; answered when durable."""
    ticket = server.door.facts(grant.project, arguments.get("items", arguments))
    return {"accepted": ticket.items, "position": ticket.durable.result()}


def status(server: Server, _grant: Grant, arguments: Arguments) -> object:
    """How far the rows follow the journal; `wait_for` waits for a position that the journal has."""
    wanted = whole_number(arguments, "wait_for", 0) or 0
    if wanted:
        server.applier.wait(min(wanted, server.journal.last()), 30.0)
    return {
        "journal": server.journal.last(),
        "applied": server.applier.position,
        "backlog_bytes": server.applier.backlog_bytes,
        "skipped": server.applier.skipped,
        "trouble": server.applier.trouble,
    }


def doctor(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """Whether the store is sound, and what to do if not."""
    return {"checks": diagnose(server, grant.project)}


def doctor_catalogue(_server: Server, _grant: Grant, _arguments: Arguments) -> object:
    """Everything that the doctor looks at, why, and what to do."""
    return {"checks": list(catalogue().values())}


def show_retention(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """How many days the project keeps what (null is for ever), and what the last pass did."""
    retention = server.state.retention(grant.project)
    return {
        "project": grant.project,
        "days": {kind: retention.days(kind) for kind in KEPT_KINDS},
        "last_pass": server.keeper.last_pass(),
    }


def set_retention(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Keep one kind for a number of days, or `forever`; what is now too old goes with the next pass."""
    kind, raw = str(arguments.get("kind", "")), arguments.get("days")
    days = None if raw == "forever" else whole_number(arguments, "days")
    if days is None and raw != "forever":
        raise Invalid("no days", hint='send {"kind": "bodies", "days": 14}, or "forever"')
    server.state.set_retention(grant.project, changed(server.state.retention(grant.project), kind, days))
    return show_retention(server, grant, arguments)


def run_retention(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """Remove what is no longer kept, now, in all projects."""
    grant.require_owner("runs retention for all projects")
    return server.keeper.retain()


def erase(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Erase a user, a tenant or a session of the project; with `dry_run` only say what would go."""
    named = [(what, str(arguments[what])) for what in ERASED_BY if arguments.get(what)]
    if len(named) != 1:
        raise Invalid("name one user, one tenant or one session", hint='send {"user": "..."}')
    what, said = named[0]
    value = server.door.identity(said)
    if arguments.get("dry_run"):
        return {"dry_run": True, "would_remove": server.keeper.preview(grant.project, what, value, said)}
    found, done = server.keeper.erase(grant.project, what, value, said)
    return {"id": found, "removed": asdict(done)}


def list_erasures(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """The erasures of the project: what, when and how much, never whom."""
    rows = [row for row in server.state.erasures() if row["project"] == grant.project]
    shown = ("id", "what", "requested_ns", "finished_ns")
    return {
        "erasures": [{n: row[n] for n in shown} | {"removed": orjson.loads(row["counts"])} for row in rows]
    }


def backup(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Back up into an empty folder on the server's machine."""
    grant.require_owner("backs up all projects")
    folder = arguments.get("folder")
    if not folder:
        raise Invalid("no folder", hint='send {"folder": "/path"}')
    return back_up(server, Path(str(folder)))


def rebuild(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """Derive all rows again from the journal."""
    grant.require_owner("rebuilds all projects")
    return rebuild_rows(server)


def list_keys(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """The keys of the project, without the keys themselves."""
    return {"keys": server.state.keys(grant.project)}


def make_key(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Make a key; it is in this answer and never again. Only the owner names another project."""
    scopes = str(arguments.get("scopes", "ingest,read")).split(",")
    project = str(arguments.get("new_project") or grant.project)
    if project != grant.project:
        grant.require_owner("makes keys of other projects")
    key_id, key = create_key(server.state, server.clock, project, str(arguments.get("name", "")), scopes)
    return {"id": key_id, "project": project, "scopes": scopes, "key": key}


def revoke_key(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Revoke a key at once."""
    key_id = str(arguments.get("id", ""))
    mine = grant.owner or key_id in {row["id"] for row in server.state.keys(grant.project)}
    if not mine or not server.state.revoke_key(key_id, server.clock.now_ns()):
        raise Missing(f"no such key: {key_id}", hint="`trimtab keys list` shows their ids")
    server.keyring.forget()
    return {"revoked": key_id}
