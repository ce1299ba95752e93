"""The ASGI application: hot OTLP routes in plain Starlette, the control API beside them."""

import asyncio
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trimtab.app.bootstrap import Server
from trimtab.app.http.access import grant_of
from trimtab.app.http.api import api_routes
from trimtab.app.http.metrics import Exposition
from trimtab.app.http.otlp import otlp_routes
from trimtab.app.http.problem import json_response, problem
from trimtab.vocabulary.kernel import Invalid, Missing, TrimtabError

SAFE = (
    (
        b"content-security-policy",
        b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-frame-options", b"DENY"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
"""For answers of the API; a page says itself what it may load."""
FAILED = "the server failed; its log says why"


def application(server: Server, screens: Sequence[BaseRoute] = ()) -> "SafeHeaders":
    """The application over an open server; `screens` are the routes of the console, which asks the same functions."""

    async def health(_request: Request) -> Response:
        return json_response({"status": "ok", "trouble": server.applier.trouble})

    async def refused(_request: Request, error: Exception) -> Response:
        return problem(error) if isinstance(error, TrimtabError) else problem(TrimtabError(FAILED))

    exposition = Exposition(server)

    async def metrics(request: Request) -> Response:
        grant = await grant_of(server, request)
        grant.require("read")
        return await asyncio.to_thread(exposition.render, grant)

    routes = [Route("/healthz", health), Route("/metrics", metrics)]
    return SafeHeaders(
        Starlette(
            routes=[*otlp_routes(server), *api_routes(server), *routes, *screens],
            exception_handlers={TrimtabError: refused, HTTPException: no_route, Exception: refused},
        )
    )


class SafeHeaders:
    """Adds to every answer what keeps browsers from misusing it; what an answer says itself stays."""

    def __init__(self, app: ASGIApp) -> None:
        """Around an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the headers."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                said = {name.lower() for name, _ in message["headers"]}
                more = [pair for pair in SAFE if pair[0] not in said]
                message["headers"] = [*message["headers"], *more]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] == "http" else send)


async def no_route(request: Request, error: Exception) -> Response:
    """No such path, or not with this method: the answer names what would do."""
    status, headers = (
        (error.status_code, dict(error.headers or {})) if isinstance(error, HTTPException) else (500, {})
    )
    if status == 404:
        return problem(Missing(f"no such path: {request.url.path[:200]}", hint="see /api/v1"))
    if status == 405:
        allowed = headers.get("Allow") or headers.get("allow") or "another method"
        found = Invalid(f"{request.method} is not for this path", hint=f"use {allowed}", code="method")
        return problem(found, status=405, headers={"Allow": allowed})
    return problem(
        Invalid(str(getattr(error, "detail", FAILED)), code="http"), status=status, headers=headers
    )
