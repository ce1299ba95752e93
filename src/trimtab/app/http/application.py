"""The ASGI application: hot OTLP routes in plain Starlette, the control API beside them."""

import asyncio
from collections.abc import Sequence

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from trimtab.app.bootstrap import Server
from trimtab.app.http.api import api_routes
from trimtab.app.http.metrics import Exposition
from trimtab.app.http.otlp import otlp_routes
from trimtab.app.http.problem import json_response, problem
from trimtab.vocabulary.kernel import Invalid, Missing, TrimtabError

FAILED = "the server failed; its log says why"


def application(server: Server, screens: Sequence[BaseRoute] = ()) -> Starlette:
    """The application over an open server; `screens` are the routes of the console, which asks the same functions."""

    async def health(_request: Request) -> Response:
        return json_response({"status": "ok", "trouble": server.applier.trouble})

    async def refused(_request: Request, error: Exception) -> Response:
        return problem(error) if isinstance(error, TrimtabError) else problem(TrimtabError(FAILED))

    exposition = Exposition(server)

    async def metrics(request: Request) -> Response:
        grant = server.grant(request.headers.get("authorization"), request.headers.get("x-trimtab-project"))
        grant.require("read")
        return await asyncio.to_thread(exposition.render, grant)

    routes = [Route("/healthz", health), Route("/metrics", metrics)]
    return Starlette(
        routes=[*otlp_routes(server), *api_routes(server), *routes, *screens],
        exception_handlers={TrimtabError: refused, HTTPException: no_route, Exception: refused},
    )


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
