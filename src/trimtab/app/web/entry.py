"""Who looks: a person who signed in over the API, or a key, kept in a cookie that no script can read."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from trimtab.app.bootstrap import Server
from trimtab.app.http.access import caller_of, clear_cookie, grant_by_cookie
from trimtab.app.http.otlp import read_body
from trimtab.app.web.frame import render
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Refused, TrimtabError, Unauthorised

KEY, PROJECT = "trimtab_key", "trimtab_project"
DAYS_30_S = 30 * 86_400
MAX_FORM = 10_000


def grant_of(server: Server, request: Request) -> Grant:
    """What the visitor may read, by a key or as the person who signed in; raises `Unauthorised` without either."""
    key, token = request.cookies.get(KEY), caller_of(server, request).token
    project = request.cookies.get(PROJECT) or None
    if key:
        grant = server.grant(f"Bearer {key}", project)
    elif token:
        grant = grant_by_cookie(server, token, project)
    else:
        raise Unauthorised("not signed in", hint="sign in with your name, or with an API key")
    grant.require("read")
    return grant


def onward(given: str) -> str:
    """A path of this server to go on to; anything else is the first page."""
    plain = (
        given.startswith("/") and given[1:2] not in {"/", "\\"} and given.isprintable() and given.isascii()
    )
    return given if plain else "/"


def same_site(request: Request) -> None:
    """Refuse a form that another site sent."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise Refused("this form was sent by another site", hint="open the console and sign in there")


def sign_in_page(server: Server) -> Callable[[Request], Awaitable[Response]]:
    """The handler that asks for a name, or a key, or shows the way to the other system."""

    async def handle(request: Request) -> Response:
        asked = request.query_params
        more = {"again": bool(asked.get("again")), "out": bool(asked.get("out"))}
        return ask(server, onward(asked.get("next", "/")), more)

    return handle


def ask(
    server: Server, target: str, more: Mapping[str, object] | None = None, error: TrimtabError | None = None
) -> Response:
    """The page on which one signs in, with what went wrong."""
    outside = server.access.outside
    values = {"target": target, "elsewhere": outside.name if outside else "", "error": error, **(more or {})}
    return render("sign_in.html", values, status=error.status if error else 200)


def sign_in(server: Server) -> Callable[[Request], Awaitable[Response]]:
    """The handler that checks a key and keeps it in a cookie."""

    async def handle(request: Request) -> Response:
        fields: dict[str, list[str]] = {}
        try:
            same_site(request)
            fields = parse_qs((await read_body(request, MAX_FORM)).decode("utf-8", "replace"))
            key = fields.get("key", [""])[0].strip()
            project = fields.get("project", [""])[0].strip()
            server.grant(f"Bearer {key}", project or None).require("read")
        except TrimtabError as error:
            target = onward(fields.get("next", ["/"])[0])
            return ask(server, target, error=error)
        answer = RedirectResponse(onward(fields.get("next", ["/"])[0]), 303)
        for name, value in ((KEY, key), (PROJECT, project)):
            keep(answer, request, name, value)
        return answer

    return handle


def keep(answer: Response, request: Request, name: str, value: str) -> None:
    """Keep a value in the browser, out of reach of scripts and of other sites."""
    if value and value.isascii():
        secure = request.url.scheme == "https"
        answer.set_cookie(name, value, DAYS_30_S, httponly=True, samesite="strict", secure=secure)
    else:
        answer.delete_cookie(name, httponly=True, samesite="strict")


async def welcome_page(request: Request) -> Response:
    """Ask whoever comes by a link for a name and a password; the API sets them."""
    return render("welcome.html", {"token": request.path_params["token"]})


def sign_out(server: Server) -> Callable[[Request], Awaitable[Response]]:
    """The handler that forgets the key, and ends the session of a person."""

    async def handle(request: Request) -> Response:
        try:
            same_site(request)
        except TrimtabError as error:
            return render("error.html", {"error": error}, status=error.status)
        caller = caller_of(server, request)
        vouched = caller.token and await asyncio.to_thread(leave, server, caller.token)
        answer = RedirectResponse("/sign-in?out=1" if vouched else "/sign-in", 303)
        clear_cookie(answer, secure=caller.secure)
        answer.delete_cookie(KEY, httponly=True, samesite="strict")
        answer.delete_cookie(PROJECT, httponly=True, samesite="strict")
        return answer

    return handle


def leave(server: Server, token: str) -> bool:
    """End the session of a person; whether it was begun at another system, where it goes on."""
    people = server.access.people
    try:
        vouched = bool(people.visitor(token).issuer)
    except Unauthorised:
        return False
    people.sign_out(token, everywhere=False)
    return vouched
