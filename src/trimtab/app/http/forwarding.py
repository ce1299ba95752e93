"""Destinations over the API: which there are, how far each is."""

import contextlib
from typing import Any
from urllib.parse import urlparse

from trimtab.app.bootstrap import Server
from trimtab.loop.access import Reach
from trimtab.loop.ingest import destination_of
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Invalid

Arguments = dict[str, Any]
LOCAL = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0"})  # noqa: S104 - compared with, not listened on


def show(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """The destinations of the project: what went, what waits, what stood against it."""
    return {"destinations": server.forwarder.status(grant.project)}


def add(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Hand the project's telemetry on to another backend from now on."""
    destination = destination_of(grant.project, arguments)
    where = urlparse(destination.url)
    own = {server.settings.host, *LOCAL} if server.settings.host in LOCAL else {server.settings.host}
    if where.hostname in own and where.port == server.settings.http_port:
        raise Invalid("this is the address of Trimtab itself", hint="what is handed on would come back")
    with contextlib.suppress(OSError):  # a name that nobody knows yet is tried again when something is sent
        Reach.read(server.settings.reach).addresses(where.hostname or "", where.port or 0)
    server.forwarder.add(destination, from_start=bool(arguments.get("from_start")))
    return show(server, grant, arguments)


def remove(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Stop handing on to a destination."""
    name = str(arguments.get("name", ""))
    server.forwarder.remove(grant.project, name)
    return {"removed": name}
