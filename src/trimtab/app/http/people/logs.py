"""The audit logs of agents over the API: what was seen of them, signed by this server."""

from dataclasses import asdict
from typing import Any

from trimtab.app.bootstrap import Server
from trimtab.loop.access import Offered, Seen
from trimtab.loop.store import Grant

Arguments = dict[str, Any]


def see_log(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Sign a checkpoint of an agent's audit log that grew from the one before; one that contradicts it is refused, and kept.

    The first decides which key the log has.
    """
    witness = server.access.witness
    offered = Offered(
        origin=arguments["origin"],
        key=arguments["key"],
        note=arguments["note"],
        proof=arguments.get("proof") or [],
        old=arguments.get("old"),
    )
    seen = witness.see(grant.project, offered)
    return {"origin": seen.origin, "size": seen.size, "note": seen.note, "witness": witness.key}


def list_logs(server: Server, grant: Grant, _: Arguments) -> object:
    """The audit logs of agents that were seen here, each with its last checkpoint."""
    return {"logs": [told(one) for one in server.access.seen.logs(grant.project)]}


def list_seen(server: Server, grant: Grant, arguments: Arguments) -> object:
    """What was seen of an audit log, the earliest first; `note` is what `trimtab audit verify --seen` takes."""
    found = server.access.seen.checkpoints(grant.project, arguments["origin"])
    return {"checkpoints": [told(one) | {"place": at} for at, one in enumerate(found)]}


def told(seen: Seen) -> Arguments:
    """A checkpoint as the API gives it."""
    return {name: value for name, value in asdict(seen).items() if name not in ("project", "follows")}
