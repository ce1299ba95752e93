"""The document that edges obey, and the key to check it with."""

from typing import Any

from starlette.responses import Response

from trimtab.app.bootstrap import Server
from trimtab.app.http.people.signing import said
from trimtab.loop.store import Grant

Arguments = dict[str, Any]


def show_control(server: Server, grant: Grant, arguments: Arguments) -> object:
    """What an agent must do now, as a signed note; an agent's own key may ask.

    With `If-None-Match` and `wait_s` the answer comes as soon as it is another one.
    """
    if "ingest" not in grant.scopes:
        grant.require("read")
    agent, environment = said(arguments, "agent"), str(arguments.get("environment") or "")
    note = server.control.signed(grant.project, agent, environment)
    return Response(note, media_type="text/plain")


def show_key(server: Server, _grant: Grant, _arguments: Arguments) -> object:
    """The public key that documents are checked with: an agent is given it as `control`."""
    return {"key": str(server.control.key)}
