"""What the console changes: plain forms, each of which does what a route of the API does, with its checks and its audit."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from trimtab.app.bootstrap import Server
from trimtab.app.http.access import caller_of, check_same_site
from trimtab.app.http.api import operation_of, write
from trimtab.app.http.api.declare import Operation
from trimtab.app.http.otlp import read_body
from trimtab.app.web.entry import grant_of, onward
from trimtab.app.web.frame import HEADERS
from trimtab.app.web.lengths import length_ns
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Missing

Json = dict[str, Any]
Fields = Mapping[str, list[str]]
MAX_FORM = 100_000
NEXT, LASTS = "next", "lasts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What a form does: a route of the API."""

    method: str = "POST"
    path: str

    @property
    def operation(self) -> Operation:
        """The route, as it is declared."""
        return operation_of(self.method, self.path)


ACTS: Mapping[str, Act] = {
    "approve": Act(path="/approvals/{approval}/approve"),
    "deny": Act(path="/approvals/{approval}/deny"),
    "break-glass": Act(path="/approvals/{approval}/break_glass"),
    "review": Act(path="/approvals/{approval}/review"),
    "revoke": Act(path="/approvals/{approval}/revoke"),
    "declare": Act(path="/incidents"),
    "incident": Act(path="/incidents/{incident}"),
    "acknowledge": Act(path="/alerts/ack"),
    "silence": Act(path="/silences"),
    "end-silence": Act(path="/silences/end"),
    "keep-view": Act(path="/views"),
    "remove-view": Act(path="/views/remove"),
    "tell": Act(path="/sessions/{session:path}/facts"),
}


def arguments_of(operation: Operation, fields: Fields, now_ns: int) -> Json:
    """The fields of a form as the arguments of a route; `lasts=2h` says when it ends."""
    lists = {one.name for one in operation.takes if one.schema.get("type") == "array"}
    found: Json = {name: values if name in lists else values[-1] for name, values in fields.items()}
    found.pop(NEXT, None)
    if lasts := found.pop(LASTS, None):
        found["ends_ns"] = now_ns + length_ns(LASTS, str(lasts))
    return found


def acting(server: Server) -> Callable[[Request], Awaitable[Response]]:
    """The handler of forms: does what a form says, and goes on to the page that it names."""

    async def handle(request: Request) -> Response:
        act = ACTS.get(str(request.path_params["act"]))
        if act is None:
            raise Missing("no such form", hint="go back and load the page again")
        check_same_site(server, request)
        grant, operation = grant_of(server, request), act.operation
        if not grant.owner:
            server.access.pace.take(grant.who)
        raw = (await read_body(request, MAX_FORM)).decode("utf-8", "replace")
        fields = parse_qs(raw)
        given = arguments_of(operation, fields, server.clock.now_ns())
        await write(
            server, request, operation, (grant, caller_of(server, request)), signed(given, operation, grant)
        )
        return RedirectResponse(onward(fields.get(NEXT, ["/"])[0]), 303, HEADERS)

    return handle


def signed(given: Json, operation: Operation, grant: Grant) -> Json:
    """The arguments with who acts: of a person the API knows it; a key that gives no name is named as the audit log does."""
    if any(one.name == "by" for one in operation.takes):
        return {"by": grant.who} | given
    return given
