"""What people tell over the API of sessions they looked at, and the sessions that wait for somebody to look."""

import hashlib
from typing import Any

import orjson

from trimtab.app.bootstrap import Server
from trimtab.app.http.alerting import who
from trimtab.app.http.reading import number_of
from trimtab.loop.store import Grant, has_session
from trimtab.vocabulary.kernel import Invalid, Missing

Arguments = dict[str, Any]
TOLD = ("outcome", "score", "label")
APPLIED_S = 5.0


def tell(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Tell the outcome, a score or a label of a session, as the person who looked at it.

    One fact for each person, session, kind and name: who tells again corrects what they told.
    """
    session, by = server.door.identity(str(arguments["session"])), who(arguments)
    if not has_session(server.analytics, grant.project, session):
        raise Missing(f"no such session: {session}", hint="`trimtab sessions` lists them")
    kind, name = str(arguments.get("kind") or "outcome"), str(arguments.get("name") or "")
    if kind != "outcome" and not name:
        raise Invalid(f"a {kind} has a name", hint='for example "name": "helpful"')
    told = {"label": str(arguments.get("label") or ""), "value": number_of(arguments, "value")}
    if kind == "score" and told["value"] is None:
        raise Invalid("a score has a value", hint='for example "value": 0.5')
    if kind == "label" and not told["label"]:
        raise Invalid("a label has a word", hint='for example "label": "off topic"')
    fact = told | {
        "id": fact_id(by, session, kind, name),
        "kind": kind,
        "source": "human",
        "session": session,
        "name": name,
        "reason": str(arguments.get("reason") or ""),
    }
    position = server.door.facts(grant.project, [fact]).durable.result()
    server.applier.wait(position, APPLIED_S)
    return {"id": fact["id"], "position": position}


def fact_id(by: str, session: str, kind: str, name: str) -> str:
    """The id of what somebody tells: the same for the same thing."""
    digest = hashlib.sha256(orjson.dumps([by, session, kind, name])).hexdigest()
    return f"told-{digest[:24]}"
