"""Play the demonstration beside the server, into the project `demo`; and take all of it away again."""

from dataclasses import asdict
from typing import Any

from trimtab.app.bootstrap import Server
from trimtab.app.bootstrap.folder import read_address
from trimtab.app.demo import PROJECT, SEED, TENANT, promises
from trimtab.app.http.incidents import act_on_incident
from trimtab.app.http.reading import whole_number
from trimtab.loop.store import Grant, Scope, create_key, find_sessions
from trimtab.vocabulary.kernel import Conflict, Unavailable

Arguments = dict[str, Any]
SCOPES = ["ingest", "read"]
DELETED = "the demonstration was deleted"


def show_demo(server: Server, _grant: Grant, _arguments: Arguments) -> object:
    """How far the demonstration is; `there`, whether its project holds any session."""
    return {"project": PROJECT, "there": sessions_in(server) > 0, **server.stage.told()}


def play_demo(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Play the demonstration into the project `demo`, in the background; refused where that holds anything already."""
    if sessions_in(server):
        raise Conflict(
            f"the project {PROJECT} holds sessions already", hint="look at it, or DELETE /api/v1/demo first"
        )
    address = read_address(server.settings.data)
    if address is None:
        raise Unavailable("this server listens nowhere", hint="`trimtab demo` starts one")
    key_id, key = create_key(server.state, server.clock, PROJECT, "plays the demonstration", SCOPES)
    server.promise(PROJECT, promises())

    def over() -> None:
        server.state.revoke_key(key_id, server.clock.now_ns())
        server.keyring.forget()

    try:
        server.stage.begin(address.http, key, over, whole_number(arguments, "seed", SEED) or SEED)
    except Conflict:
        over()
        raise
    return show_demo(server, grant, arguments)


def delete_demo(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """Delete the demonstration: its sessions, bodies and words are erased, its promises end, its incidents are resolved."""
    if server.stage.standing.state == "playing":
        raise Conflict("the demonstration is being played", hint="wait until it is over")
    server.promise(PROJECT, {})
    inside = Grant(project=PROJECT, scopes=frozenset({"admin"}), who=grant.who)
    for one in server.watched.incidents.incidents(PROJECT):
        if one.status != "resolved":
            done = {"incident": one.id, "action": "resolve", "why": DELETED, "by": grant.who}
            act_on_incident(server, inside, done)
    _, removed = server.keeper.erase(PROJECT, "tenant", server.door.identity(TENANT))
    server.stage.forget()
    return {"removed": asdict(removed), "left": sessions_in(server)}


def sessions_in(server: Server) -> int:
    """How many sessions its project has."""
    return find_sessions(server.analytics, Scope(project=PROJECT), limit=1)[1]
