"""Signing in at another system: the browser leaves with one secret in a cookie, and comes back with a code."""

import asyncio
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from trimtab.app.bootstrap import Outside, Server
from trimtab.app.http.access import Caller, caller_of, set_cookie
from trimtab.app.web import entry
from trimtab.app.web.frame import HEADERS
from trimtab.loop.access import LASTS_S, AuditEntry
from trimtab.vocabulary.kernel import Missing, TrimtabError, Unauthorised

LEAVE, BACK, OUT = "/sign-in/oidc", "/sign-in/oidc/callback", "/sign-out/oidc"
TRIP, SECURE_TRIP = "trimtab_trip", "__Host-trimtab_trip"
LONGEST = 4000


@dataclass(slots=True)
class Note:
    """What the audit log says of somebody who came back: who they are, as far as that is known, and what came of it."""

    who: str = "as:"
    why: str = ""
    outcome: int = 500


def routes(server: Server) -> list[BaseRoute]:
    """The three addresses of it; they answer 404 where no other system is set."""

    async def depart(request: Request) -> Response:
        return await asyncio.to_thread(leave, server, request)

    async def come_back(request: Request) -> Response:
        return await asyncio.to_thread(arrive, server, request)

    async def sign_out(request: Request) -> Response:
        return await asyncio.to_thread(sign_out_there, server, request)

    return [
        Route(LEAVE, depart, methods=["GET"]),
        Route(BACK, come_back, methods=["GET"]),
        Route(OUT, sign_out, methods=["GET"]),
    ]


def leave(server: Server, request: Request) -> Response:
    """Send a browser away to sign in, from a page of ours alone."""
    target = entry.onward(request.query_params.get("next", "/"))
    try:
        outside = outside_of(server)
        entry.same_site(request)
        caller = caller_of(server, request)
        server.access.doors.take(caller.address)
        trip = outside.trips.begin(target if len(target) < LONGEST // 2 else "/")
        address = outside.provider.departure(trip, here(server, request, BACK))
    except TrimtabError as error:
        return entry.ask(server, target, error=error)
    answer = RedirectResponse(address, 303, HEADERS)
    answer.set_cookie(
        SECURE_TRIP if caller.secure else TRIP,
        trip.pack(),
        max_age=LASTS_S,
        path="/",
        secure=caller.secure,
        httponly=True,
        samesite="lax",  # the way back begins at another site
    )
    return answer


def arrive(server: Server, request: Request) -> Response:
    """Let in whoever comes back as somebody with a role; it is in the audit log, and so is whoever is refused."""
    caller, note = caller_of(server, request), Note()
    try:
        outside_of(server)
        server.access.doors.take(caller.address)
    except TrimtabError as error:
        return entry.ask(server, "/", error=error)
    try:
        answer = welcome_back(server, request, caller, note)
        note.outcome = answer.status_code
    except TrimtabError as error:
        note.outcome, note.why = error.status, error.message
        answer = entry.ask(server, "/", error=error)
    finally:
        server.access.audit.append(
            AuditEntry(
                at_ns=server.clock.now_ns(),
                project="",
                who=note.who,
                action=f"GET {BACK}",
                target=note.why[:500],
                address=caller.address[:100],
                outcome=note.outcome,
            )
        )
    answer.delete_cookie(
        SECURE_TRIP if caller.secure else TRIP, path="/", secure=caller.secure, httponly=True, samesite="lax"
    )
    return answer


def welcome_back(server: Server, request: Request, caller: Caller, note: Note) -> Response:
    """Turn the code into a person, and the person into a session with an id of its own."""
    outside, asked = outside_of(server), request.query_params
    packed = request.cookies.get(SECURE_TRIP if caller.secure else TRIP, "")
    trip = outside.trips.end(packed[:LONGEST], asked.get("state", "")[:LONGEST])
    if asked.get("iss", server.settings.oidc_issuer) != server.settings.oidc_issuer:
        raise Unauthorised("another issuer answers", hint="sign in again", code="issuer")
    code = asked.get("code", "")[:LONGEST]
    if asked.get("error") or not code:
        raise Unauthorised(
            "the issuer did not let you in", hint="sign in again, or ask whoever runs it", code="denied"
        )
    claims = outside.provider.arrival(trip, code, here(server, request, BACK))
    note.who = f"as:{claims.name}"
    roles = outside.rules.roles(claims)
    token, person = server.access.people.admit(claims, roles, caller.address, before=caller.token)
    note.who = f"user:{person.name}"
    answer = RedirectResponse(entry.onward(trip.onward), 303, HEADERS)
    set_cookie(answer, token, secure=caller.secure, max_age_s=server.settings.session_max_s)
    for name in (entry.KEY, entry.PROJECT):  # from now on it is a person who looks
        answer.delete_cookie(name, httponly=True, samesite="strict")
    return answer


def sign_out_there(server: Server, request: Request) -> Response:
    """Send a browser to where it signs out of the other system, too."""
    try:
        outside = outside_of(server)
        entry.same_site(request)
        server.access.doors.take(caller_of(server, request).address)
        address = outside.provider.farewell(here(server, request, "/sign-in"))
    except TrimtabError as error:
        return entry.ask(server, "/", error=error)
    return RedirectResponse(address or "/sign-in", 303, HEADERS)


def here(server: Server, request: Request, path: str) -> str:
    """The address of a page of ours, as the browser knows it and the issuer has it on its list."""
    public = server.settings.public_url.rstrip("/")
    return f"{public or f'{request.url.scheme}://{request.url.netloc}'}{path}"


def outside_of(server: Server) -> Outside:
    """The other system; raises `Missing` where none is set."""
    if server.access.outside is None:
        raise Missing("people sign in here with a password", hint="TRIMTAB_OIDC_ISSUER sets another way")
    return server.access.outside
