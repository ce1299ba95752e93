"""`Idempotency-Key`: a write that is sent again is answered again, and not done again.

https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header/
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response

from trimtab.app.bootstrap import Server
from trimtab.app.http.api.declare import Operation
from trimtab.app.http.problem import problem
from trimtab.loop.access import INTERRUPTED, UNDER_WAY, KeptReply
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Conflict, Invalid, TrimtabError, Unavailable

LONGEST = 255


class Unprocessable(Invalid):
    """Well formed, but not what stands there already."""

    code = "idempotency_key"
    status = 422


async def once(
    server: Server,
    asked: tuple[Request, bytes, Operation],
    grant: Grant | None,
    act: Callable[[], Awaitable[Response]],
) -> Response:
    """Act, or answer as when the same was asked before with the same key."""
    request, raw, operation = asked
    key = request.headers.get("idempotency-key")
    if key is None or grant is None or operation.door is not None:
        return await act()
    key = key.strip().strip('"')
    if not 0 < len(key) <= LONGEST or not key.isprintable():
        raise Invalid(f"Idempotency-Key has 1 to {LONGEST} characters", hint="for example a UUID")
    who, replies = f"{grant.project}/{grant.who}", server.access.replies
    digest = digest_of(request, raw)
    kept = await asyncio.to_thread(replies.begin, who, key, digest, server.clock.now_ns())
    if kept is not None:
        return replayed(kept, digest)
    try:
        response = await act()
    except Unavailable:
        await asyncio.to_thread(replies.release, who, key)
        raise
    except TrimtabError as error:
        response = problem(error)
    except BaseException:
        left = KeptReply(digest=digest, status=INTERRUPTED, media="", body=b"")
        await asyncio.to_thread(replies.keep, who, key, left)
        raise
    reply = KeptReply(
        digest=digest,
        status=response.status_code,
        media=response.headers.get("content-type", ""),
        body=without_secrets(operation, bytes(response.body)),
    )
    await asyncio.to_thread(replies.keep, who, key, reply)
    return response


def digest_of(request: Request, raw: bytes) -> str:
    """What is the same where the same is asked."""
    head = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return hashlib.sha256(head + raw).hexdigest()


def replayed(kept: KeptReply, digest: str) -> Response:
    """The answer that stands; raises where it is for something else, or not there."""
    if kept.digest != digest:
        raise Unprocessable("this Idempotency-Key stands for another request", hint="use a new key for it")
    if kept.status == UNDER_WAY:
        raise Conflict("the same request is under way", hint="ask again in a moment", code="in_flight")
    if kept.status == INTERRUPTED:
        raise Conflict(
            "the server failed during this request: it may be done, or not",
            hint="look whether it is done; if not, send it with a new key",
            code="interrupted",
        )
    return Response(
        kept.body, kept.status, {"idempotency-replayed": "true"}, media_type=kept.media or "application/json"
    )


def without_secrets(operation: Operation, body: bytes) -> bytes:
    """The answer as it is kept: what is shown once is not in it."""
    if not operation.secret:
        return body
    found: Any = orjson.loads(body)
    if not isinstance(found, dict):
        return body
    fields = cast("dict[str, Any]", found)
    return orjson.dumps(fields | {name: None for name in operation.secret if name in fields})
