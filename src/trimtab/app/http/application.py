"""The ASGI application: hot OTLP routes in plain Starlette, the control API beside them."""

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trimtab.app.bootstrap import Server
from trimtab.app.http.api import api_routes
from trimtab.app.http.otlp import otlp_routes
from trimtab.app.http.problem import json_response, problem
from trimtab.vocabulary.kernel import Invalid, Missing, TrimtabError


def application(server: Server) -> Starlette:
    """The application over an open server."""

    async def health(_request: Request) -> Response:
        return json_response({"status": "ok", "trouble": server.applier.trouble})

    async def refused(_request: Request, error: Exception) -> Response:
        if isinstance(error, TrimtabError):
            return problem(error)
        if isinstance(error, HTTPException) and error.status_code == 404:
            return problem(Missing("no such path", hint="see /api/v1"))
        detail = error.detail if isinstance(error, HTTPException) else "the server failed"
        answer = Invalid(str(detail)) if isinstance(error, HTTPException) else TrimtabError(str(detail))
        return problem(answer)

    return Starlette(
        routes=[*otlp_routes(server), *api_routes(server), Route("/healthz", health)],
        exception_handlers={TrimtabError: refused, HTTPException: refused},
    )
