"""Calls that wait for a person, over the API: asked for by agents, answered by people."""

import secrets
from dataclasses import asdict
from typing import Any, cast

from starlette.responses import Response

from trimtab.app.bootstrap import Server
from trimtab.app.http.people.signing import said
from trimtab.app.http.reading import whole_number
from trimtab.loop.access import SCOPES_OF
from trimtab.loop.mitigation import Request
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Invalid, Refused

Arguments = dict[str, Any]
TTL_S, MOST_DOUBTS, WEEK_NS = 1800, 50, 7 * 86_400 * 1_000_000_000


def ask_approval(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Ask people for their yes to one call; an agent does that for itself. What is kept of the arguments is redacted."""
    now_ns, clean = server.clock.now_ns(), server.door.redact
    doubts = cast("dict[str, str]", arguments.get("doubts") or {})
    if len(doubts) > MOST_DOUBTS:
        raise Invalid("too many doubts", hint=f"at most {MOST_DOUBTS}")
    request = Request(
        id=secrets.token_hex(8),
        project=grant.project,
        agent=said(arguments, "agent"),
        environment=str(arguments.get("environment") or ""),
        session=server.door.identity(str(arguments.get("session") or "")),
        user=server.door.identity(str(arguments.get("user") or "")),
        tool=said(arguments, "tool"),
        args_digest=said(arguments, "args_digest"),
        contract_digest=said(arguments, "contract_digest"),
        args=clean(str(arguments.get("args") or "")),
        why=clean(str(arguments.get("why") or "")),
        doubts=tuple((clean(name), clean(value)) for name, value in sorted(doubts.items())),
        role=str(arguments.get("role") or ""),
        quorum=whole_number(arguments, "quorum", 1) or 1,
        not_requester=bool(arguments.get("not_requester", True)),
        made_ns=now_ns,
        until_ns=now_ns + (whole_number(arguments, "ttl_s", TTL_S) or TTL_S) * 1_000_000_000,
    )
    return shown(server.approvals.ask(request), now_ns)


def list_approvals(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Calls that wait for a yes, the latest first, after those that wait for a review; `all=yes` those that were answered or are over, too."""
    now_ns, every = server.clock.now_ns(), str(arguments.get("all") or "") == "yes"
    store = server.approvals.store
    open_ = {one.id: one for one in store.unreviewed(grant.project)}
    found = [one for one in store.requests(grant.project) if one.id not in open_]
    waits = [one for one in found if every or one.status(now_ns) == "requested"]
    return {"approvals": [shown(one, now_ns) for one in (*open_.values(), *waits)]}


def show_approval(server: Server, grant: Grant, arguments: Arguments) -> object:
    """One request, and what was said to it; with `If-None-Match` and `wait_s` as soon as that is something new.

    An agent's own key may ask.
    """
    if "ingest" not in grant.scopes:
        grant.require("read")
    found = server.approvals.find(grant.project, str(arguments["approval"]))
    return shown(found, server.clock.now_ns())


def approve(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Say yes to one call, with a reason; it counts once for whoever the key or the session is, whatever they call themselves."""
    request = server.approvals.find(grant.project, str(arguments["approval"]))
    check_role(grant, request.role)
    check_requester(server, grant, request)
    return answered(server, grant, arguments, yes=True)


def break_glass(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Let one call pass alone, although more people would have to say yes; somebody else must review that within 24 hours."""
    request = server.approvals.find(grant.project, str(arguments["approval"]))
    check_requester(server, grant, request)
    reason = server.door.redact(said(arguments, "reason"))
    return shown(
        server.approvals.break_glass(grant.project, request.id, grant.who, reason), server.clock.now_ns()
    )


def review_approval(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Close the review of a call that one person let pass alone; not whoever did, nor whom it was for."""
    request = server.approvals.find(grant.project, str(arguments["approval"]))
    check_requester(server, grant, request)
    reason = server.door.redact(said(arguments, "reason"))
    return shown(server.approvals.review(grant.project, request.id, grant.who, reason), server.clock.now_ns())


def check_requester(server: Server, grant: Grant, request: Request) -> None:
    """Raise `Refused` for whom the call is for, where the contract says that they may not; their name may be kept as a hash."""
    name = grant.who.rpartition(":")[2]
    if request.not_requester and request.user and server.door.identity(name) == request.user:
        raise Refused("whoever asks may not say yes", hint="somebody else must", code="requester")


def deny(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Say no to one call, with a reason; one no is enough."""
    return answered(server, grant, arguments, yes=False)


def answered(server: Server, grant: Grant, arguments: Arguments, *, yes: bool) -> object:
    """The request with one more answer."""
    name, reason = str(arguments["approval"]), server.door.redact(said(arguments, "reason"))
    found = server.approvals.answer(grant.project, name, grant.who, reason, yes=yes)
    return shown(found, server.clock.now_ns())


def revoke_approval(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Take a yes back that was not used yet."""
    name, reason = str(arguments["approval"]), server.door.redact(said(arguments, "reason"))
    found = server.approvals.revoke(grant.project, name, grant.who, reason)
    return shown(found, server.clock.now_ns())


def use_approval(server: Server, grant: Grant, arguments: Arguments) -> object:
    """The signed permit of a request that was granted; it is given out once."""
    return Response(
        server.approvals.consume(grant.project, str(arguments["approval"])), media_type="text/plain"
    )


def approval_figures(server: Server, grant: Grant, arguments: Arguments) -> object:
    """How requests ended (of the last week): how many, how long a yes took, and how many yeses came too quickly to be read."""
    since_ns = whole_number(arguments, "since_ns") or server.clock.now_ns() - WEEK_NS
    by_tool = [
        {"agent": agent, "tool": tool} | asdict(found)
        for agent, tool, found in server.approvals.figures_by_tool(grant.project, since_ns)
    ]
    return asdict(server.approvals.figures(grant.project, since_ns)) | {"by_tool": by_tool}


def check_role(grant: Grant, role: str) -> None:
    """Raise `Refused` for a role that somebody has not; one that the server does not know only an admin stands for."""
    if not role:
        return
    if (scopes := next((held for name, held in SCOPES_OF.items() if name == role), None)) is None:
        grant.require("admin")
    elif "admin" not in grant.scopes and not scopes <= grant.scopes:
        raise Refused(f"this call needs the yes of a {role}", hint="ask one of them", code="role")


def shown(one: Request, now_ns: int) -> Arguments:
    """A request, and where it stands."""
    review = {"review_status": one.review_status(now_ns), "review_due_ns": one.review_due_ns}
    return asdict(one) | {"status": one.status(now_ns), "doubts": dict(one.doubts)} | review
