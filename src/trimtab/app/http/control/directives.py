"""Directives over the API: given, listed, taken back."""

from dataclasses import asdict
from typing import Any, cast

from trimtab.app.bootstrap import Server
from trimtab.app.http.alerting import who
from trimtab.app.http.people.signing import said
from trimtab.app.http.reading import whole_number
from trimtab.loop.mitigation import Wish
from trimtab.loop.store import Grant, KeyScope
from trimtab.vocabulary.control import Direction, Directive, Owner, direction, read_what

Arguments = dict[str, Any]
SCOPE: dict[Direction, KeyScope] = {"narrow": "respond", "choose": "edit", "widen": "admin"}
"""Whoever answers for agents at night may take from them; only an admin gives them more."""
LASTS_S = 3600


def list_directives(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Directives that stand or will, the latest first; `all=yes` those that are over or taken back, too."""
    now_ns = server.clock.now_ns()
    every = str(arguments.get("all") or "") == "yes"
    found = server.control.store.directives(grant.project, 0 if every else now_ns)
    return {"directives": [shown(one, now_ns) for one in found if every or one.undone_ns is None]}


def direct(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Give a directive: what narrows needs the scope respond, what chooses edit, what widens admin."""
    what = read_what(said(arguments, "what"))
    owner = cast("Owner", str(arguments.get("owner") or "person"))
    grant.require(SCOPE[direction(what)])
    if owner != "person":
        grant.require("edit")
    wish = Wish(
        what=what,
        owner=owner,
        who=who(arguments),
        reason=said(arguments, "reason"),
        lasts_s=whole_number(arguments, "lasts_s", LASTS_S) or LASTS_S,
        agent=str(arguments.get("agent") or "*"),
        environment=str(arguments.get("environment") or "*"),
        from_ns=whole_number(arguments, "from_ns"),
    )
    return shown(server.control.direct(grant.project, wish), server.clock.now_ns())


def undo_directive(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Take a directive back, by its id or the beginning of it; as soon as edges hear of it, it holds no longer."""
    name, reason = str(arguments["directive"]), said(arguments, "reason")
    going = server.control.store.directives(grant.project, server.clock.now_ns())
    if any(one.id.startswith(name) and one.direction == "choose" for one in going):
        grant.require("edit")
    found = server.control.undo(grant.project, name, who(arguments), reason)
    return shown(found, server.clock.now_ns())


def shown(one: Directive, now_ns: int) -> Arguments:
    """A directive, with its direction and whether it stands."""
    return asdict(one) | {"direction": one.direction, "stands": one.stands(now_ns)}
