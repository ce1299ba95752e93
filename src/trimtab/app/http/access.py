"""How a request becomes a grant: the one way, for the API and for pages."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from trimtab.app.bootstrap import Server
from trimtab.loop.access import grant_for
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Refused

COOKIE, SECURE_COOKIE = "trimtab", "__Host-trimtab"
HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
ELSEWHERE = "this request comes from another site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """From where a request comes: its address, what its cookie holds ("" without one), and whether the way is encrypted."""

    address: str
    token: str
    secure: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A request at the door, of somebody who signs in or out, or comes by a link; `grant` where they are known already."""

    server: Server
    caller: Caller
    grant: Grant | None
    arguments: dict[str, Any]


def caller_of(server: Server, request: Request) -> Caller:
    """From where a request comes."""
    public = urlsplit(server.settings.public_url).scheme
    secure = (public or request.url.scheme) == "https"
    return Caller(
        address=request.client.host if request.client else "",
        token=request.cookies.get(SECURE_COOKIE if secure else COOKIE, ""),
        secure=secure,
    )


async def grant_of(server: Server, request: Request, project: str | None = None) -> Grant:
    """What a request may do: by its `Authorization` header, else by the cookie of whoever signed in.

    `project` goes before the header `X-Trimtab-Project`. A write by cookie must come from a page of this server.
    Raises `Unauthorised`, `Refused` for a write from another site, `Missing` for a project of others.
    """
    header = request.headers.get
    project = project or header("x-trimtab-project")
    authorization = header("authorization")
    caller = caller_of(server, request)
    if authorization is not None or not caller.token:
        return server.grant(authorization, project)
    if request.method not in HARMLESS:
        check_same_site(server, request)
    return await asyncio.to_thread(grant_by_cookie, server, caller.token, project)


def grant_by_cookie(server: Server, token: str, project: str | None) -> Grant:
    """What whoever is signed in may do."""
    person = server.access.people.visitor(token)
    return grant_for(person, project, [str(row["name"]) for row in server.state.projects()])


def check_same_site(server: Server, request: Request) -> None:
    """Raise `Refused` unless the browser says that a page of this server asks.

    By Sec-Fetch-Site where the browser sends it, else by Origin; a request with neither is refused.
    """
    header = request.headers.get
    site, origin = header("sec-fetch-site"), header("origin")
    if site is not None:
        same = site == "same-origin"
    else:
        hosts = {header("host", ""), urlsplit(server.settings.public_url).netloc} - {""}
        same = origin is not None and urlsplit(origin).netloc in hosts
    if not same:
        raise Refused(
            ELSEWHERE, hint="use a page of this server, or an API key instead of the cookie", code="csrf"
        )


def check_sign_in(server: Server, request: Request) -> None:
    """Raise `Refused` for a browser that another site makes sign in; programs send neither header."""
    if {"origin", "sec-fetch-site"} & set(request.headers.keys()):
        check_same_site(server, request)


def set_cookie(response: Response, token: str, *, secure: bool, max_age_s: float) -> None:
    """Give a browser its cookie: no script reads it, no other site sends it with a write."""
    response.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        token,
        max_age=int(max_age_s),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def clear_cookie(response: Response, *, secure: bool) -> None:
    """Take a browser's cookie away."""
    response.delete_cookie(
        SECURE_COOKIE if secure else COOKIE, path="/", secure=secure, httponly=True, samesite="lax"
    )
