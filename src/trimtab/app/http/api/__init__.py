"""The control API: each route declared once, for what it does and for how it is described."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trimtab.app.bootstrap import Server
from trimtab.app.http.api.call import PREFIX, route_of, tagged, write
from trimtab.app.http.api.controlled import CONTROLLED
from trimtab.app.http.api.declare import Operation
from trimtab.app.http.api.entered import ENTERED
from trimtab.app.http.api.kept import KEPT
from trimtab.app.http.api.measured import MEASURED, SEEN
from trimtab.app.http.api.openapi import describe
from trimtab.app.http.api.promised import ALERTS, INCIDENTS, PROMISES
from trimtab.app.http.api.shown import SHOWN
from trimtab.app.http.problem import json_response

__all__ = ["OPERATIONS", "api_routes", "operation_of", "write"]

OPERATIONS: Sequence[Operation] = (
    *SEEN,
    *MEASURED,
    *PROMISES,
    *ALERTS,
    *INCIDENTS,
    *CONTROLLED,
    *KEPT,
    *ENTERED,
    *SHOWN,
)


def operation_of(method: str, path: str) -> Operation:
    """The operation of a method and a path as it is declared; for pages that do what a route does."""
    return next(one for one in OPERATIONS if (one.method, one.path) == (method, path))


def api_routes(server: Server) -> list[Route]:
    """Every route of the control API, and the document that describes them."""

    async def openapi(request: Request) -> Response:
        return tagged(request, json_response(describe(OPERATIONS)))

    routes = [route_of(server, one) for one in OPERATIONS]
    return [Route(f"{PREFIX}/openapi.json", openapi, methods=["GET"]), *routes]
