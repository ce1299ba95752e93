"""Every page of the console: path, function."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote

import orjson
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from trimtab.app.bootstrap import Server
from trimtab.app.http.problem import storable
from trimtab.app.http.reading import show_step
from trimtab.app.web import elsewhere, entry, files, show
from trimtab.app.web.acting import acting
from trimtab.app.web.asking import Asking
from trimtab.app.web.frame import HEADERS, render
from trimtab.app.web.pages import (
    alerts,
    approvals,
    change,
    cost,
    demo,
    failures,
    home,
    incidents,
    objectives,
    queue,
    safety,
    session,
    sessions,
    tools,
)
from trimtab.app.web.recent import DEAR_S, Recent
from trimtab.vocabulary.kernel import TrimtabError

Page = Callable[[Asking], dict[str, Any]]
PAGES: tuple[tuple[str, str, Page], ...] = (
    ("/", "home.html", home.page),
    ("/sessions", "sessions.html", sessions.page),
    ("/sessions/{session:path}", "session.html", session.page),
    ("/follow/sessions", "follow.html", sessions.follow),
    ("/queue", "queue.html", queue.page),
    ("/failures", "failures.html", failures.page),
    ("/failures/{fingerprint:path}", "failure.html", failures.one),
    ("/objectives", "objectives.html", objectives.page),
    ("/objectives/{objective:path}", "objective.html", objectives.one),
    ("/tools", "tools.html", tools.page),
    ("/safety", "safety.html", safety.page),
    ("/alerts", "alerts.html", alerts.page),
    ("/silences", "silences.html", alerts.silences),
    ("/incidents", "incidents.html", incidents.page),
    ("/incidents/{incident}", "incident.html", incidents.one),
    ("/approvals", "approvals.html", approvals.page),
    ("/change", "change.html", change.page),
    ("/cost", "cost.html", cost.page),
    ("/demo", "demo.html", demo.page),
)


def console(server: Server, dear_s: float = DEAR_S) -> list[BaseRoute]:
    """The routes of the console; an answer that took longer than `dear_s` may be shown again for some minutes."""
    recent = Recent(server.clock, dear_s)
    pages: list[BaseRoute] = [shown(server, recent, row) for row in PAGES]
    return [
        Route("/sign-in", entry.sign_in_page(server), methods=["GET"]),
        Route("/sign-in", entry.sign_in(server), methods=["POST"]),
        Route("/sign-out", entry.sign_out(server), methods=["POST"]),
        *elsewhere.routes(server),
        Route("/welcome/{token}", entry.welcome_page, methods=["GET"]),
        Route("/do/{act}", refusing(acting(server)), methods=["POST"]),
        Route("/demo/{token}", show.admit(server), methods=["GET"]),
        Route("/demo/{token}", refusing(show.doing(server)), methods=["POST"]),
        Route("/raw/{trace}/{span}", refusing(raw(server)), methods=["GET"]),
        Route("/export/sessions", refusing(exported(server, recent)), methods=["GET"]),
        *files.routes(),
        *pages,
    ]


def asking_of(server: Server, recent: Recent, request: Request) -> Asking:
    """What a request may ask."""
    return Asking(
        server=server,
        recent=recent,
        grant=entry.grant_of(server, request),
        origin=f"{request.url.scheme}://{request.url.netloc}",
        query=request.query_params,
        path=request.path_params,
    )


def refused(request: Request, error: TrimtabError) -> Response:
    """What went wrong, as a page; without a key the way to sign in."""
    if error.status == 401:
        target = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/sign-in?again=1&next={quote(target, safe='')}", 303, HEADERS)
    return render("error.html", {"error": error, "here": request.url.path}, status=error.status)


def refusing(handle: Callable[[Request], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
    """A handler whose refusals are pages."""

    async def call(request: Request) -> Response:
        try:
            return await handle(request)
        except TrimtabError as error:
            return refused(request, error)

    return call


def shown(server: Server, recent: Recent, row: tuple[str, str, Page]) -> Route:
    """A page: its function asks off the event loop, its template shows what was answered."""
    path, template, page = row

    def make(request: Request) -> Response:
        asking = asking_of(server, recent, request)
        values = page(asking)
        frame = {
            "here": request.url.path,
            "calls": asking.calls,
            "project": asking.grant.project,
            "now_ns": asking.now_ns,
            "counted_ns": asking.counted_ns,
            "may": asking.may,
            "waiting": approvals.waiting(asking),
        }
        answer = render(template, frame | values)
        answer.background = BackgroundTask(asking.renew) if asking.kept else None
        return answer

    async def call(request: Request) -> Response:
        return await asyncio.to_thread(make, request)

    return Route(path, refusing(call), methods=["GET"])


def exported(server: Server, recent: Recent) -> Callable[[Request], Awaitable[Response]]:
    """The sessions that the filters of an address leave, as a file."""

    async def call(request: Request) -> Response:
        return await asyncio.to_thread(sessions.export, asking_of(server, recent, request))

    return call


def raw(server: Server) -> Callable[[Request], Awaitable[Response]]:
    """A step as it was kept, as text that no browser takes for a page."""

    async def call(request: Request) -> Response:
        grant = await asyncio.to_thread(entry.grant_of, server, request)
        found = await asyncio.to_thread(show_step, server, grant, dict(request.path_params))
        text = orjson.dumps(storable(found), default=str, option=orjson.OPT_INDENT_2)
        sandbox = HEADERS | {"Content-Security-Policy": "default-src 'none'; sandbox"}
        return Response(text, 200, sandbox, media_type="text/plain; charset=utf-8")

    return call
