"""What happens to a request of the API: who asks, may they, how often, what they ask, the answer, the log."""

import asyncio
import hashlib
from collections.abc import Mapping
from time import monotonic
from typing import Any, cast

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from trimtab.app.bootstrap import Server
from trimtab.app.http.access import (
    HARMLESS,
    Caller,
    Entry,
    caller_of,
    check_same_site,
    check_sign_in,
    grant_of,
)
from trimtab.app.http.api.arguments import check, read_arguments
from trimtab.app.http.api.declare import Arguments, Operation
from trimtab.app.http.api.pages import page, turn_to
from trimtab.app.http.api.replay import once
from trimtab.app.http.problem import json_response
from trimtab.app.http.reading import whole_number
from trimtab.loop.access import AuditEntry
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import TrimtabError, Unauthorised

LONGEST_TARGET = 500
LONGEST_WAIT_S = 10
LOOKS_S = 0.25
"""So often whoever waits for an answer is looked after; looking costs next to nothing."""
PREFIX = "/api/v1"


def route_of(server: Server, operation: Operation) -> Route:
    """The route of an operation."""

    async def call(request: Request) -> Response:
        caller = caller_of(server, request)
        grant = await granted(server, request, operation, caller)
        if request.method in HARMLESS:
            return await read(server, request, operation, grant)
        return await write(server, request, operation, (grant, caller))

    return Route(f"{PREFIX}{operation.path}", call, methods=[operation.method])


async def granted(server: Server, request: Request, operation: Operation, caller: Caller) -> Grant | None:
    """The grant of a request, None for whoever comes to get one."""
    if operation.door is None:
        grant = await grant_of(server, request)
        if not grant.owner:
            server.access.pace.take(grant.who)
        return grant
    server.access.doors.take(caller.address)
    if operation.group == "sign-in" or not caller.token:
        check_sign_in(server, request)
        return None
    if request.method not in HARMLESS:
        check_same_site(server, request)
    try:
        return await grant_of(server, request)
    except TrimtabError:
        return None


async def read(server: Server, request: Request, operation: Operation, grant: Grant | None) -> Response:
    """A read: nothing is logged; an answer that the client has already is not sent again."""
    arguments, _ = await read_arguments(server, request, operation)
    if grant is not None and operation.scope:
        grant.require(operation.scope)
    response = await perform(server, request, operation, grant, arguments)
    if not operation.tagged:
        return response
    answer, until_s = tagged(request, response), monotonic() + wait_of(arguments)
    while operation.waits and answer.status_code == 304 and monotonic() < until_s:
        await asyncio.sleep(LOOKS_S)
        if await request.is_disconnected():
            break
        answer = tagged(request, await perform(server, request, operation, grant, arguments))
    return answer


def wait_of(arguments: Arguments) -> int:
    """How long whoever asks waits for another answer."""
    return min(whole_number(arguments, "wait_s") or 0, LONGEST_WAIT_S)


def tagged(request: Request, response: Response) -> Response:
    """The answer with a tag of what is in it, or 304 where the client has just that."""
    if response.status_code != 200:
        return response
    tag = f'"{hashlib.blake2b(response.body, digest_size=12).hexdigest()}"'
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if tag in known or known == ["*"]:
        return Response(status_code=304, headers={"etag": tag})
    response.headers["etag"] = tag
    return response


async def write(
    server: Server,
    request: Request,
    operation: Operation,
    who: tuple[Grant | None, Caller],
    given: Arguments | None = None,
) -> Response:
    """A write: it is in the audit log with what came of it, before it is answered.

    `given` are the arguments where they came in another form than the body of a request of the API.
    """
    grant, caller = who
    arguments: Arguments = dict(request.path_params)
    status = 500
    try:
        if grant is not None and operation.scope:
            grant.require(operation.scope)
        read = (given, b"") if given is not None else await read_arguments(server, request, operation)
        arguments, raw = read
        response = await once(
            server,
            (request, raw, operation),
            grant,
            lambda: perform(server, request, operation, grant, arguments),
        )
        status = response.status_code
    except TrimtabError as error:
        status = error.status
        raise
    finally:
        entry = AuditEntry(
            at_ns=server.clock.now_ns(),
            project=grant.project if grant else "",
            who=(grant.who if grant else "") or named(operation, arguments),
            action=f"{operation.method} {PREFIX}{operation.template}",
            target=target_of(operation, arguments),
            address=caller.address[:100],
            outcome=status,
        )
        await asyncio.to_thread(server.access.audit.append, entry)
    return response


def named(operation: Operation, arguments: Mapping[str, Any]) -> str:
    """Who somebody says they are at the door."""
    return f"as:{str(arguments.get('name') or '')[:100]}" if operation.door else ""


def target_of(operation: Operation, arguments: Mapping[str, Any]) -> str:
    """What a write was about: only of the arguments that the route declares fit to be kept."""
    said = [f"{name}={arguments[name]}" for name in operation.target if arguments.get(name) is not None]
    return " ".join(said)[:LONGEST_TARGET].encode("utf-8", "replace").decode()


async def perform(
    server: Server, request: Request, operation: Operation, grant: Grant | None, arguments: Arguments
) -> Response:
    """Check the arguments and do what the route does, off the event loop."""
    check(server, grant, operation, arguments)
    if operation.door is not None:
        entry = Entry(
            server=server,
            caller=caller_of(server, request),
            grant=grant,
            arguments=arguments,
        )
        return await asyncio.to_thread(operation.door, entry)
    if grant is None or operation.use is None:
        raise Unauthorised("no API key", hint="send the header `Authorization: Bearer tt_...`")
    if grant.person and request.method not in HARMLESS and any(one.name == "by" for one in operation.takes):
        arguments["by"] = grant.who.removeprefix("user:")
    if operation.pages is None:
        found = await asyncio.to_thread(operation.use, server, grant, arguments)
        return found if isinstance(found, Response) else json_response(found)
    limit, cursor = turn_to(operation.pages, arguments)
    found = await asyncio.to_thread(operation.use, server, grant, arguments)
    return json_response(page(operation.pages, cast("Arguments", found), limit, cursor))
