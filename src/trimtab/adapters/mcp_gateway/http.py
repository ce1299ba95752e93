"""Clients that come in over streamable HTTP."""

import asyncio
import contextlib
import hmac
import socket
from collections.abc import Callable, Generator

import uvicorn
from mcp.server.transport_security import TransportSecuritySettings
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from trimtab.adapters.mcp_gateway.door import Door
from trimtab.edge.gateway import Listen
from trimtab.vocabulary.kernel import Unavailable

PATH = "/mcp"
GRACE_S = 3
HERE = ("127.0.0.1:*", "localhost:*", "[::1]:*")


class Keyed:
    """Lets nobody in who does not bear the key."""

    def __init__(self, app: ASGIApp, key: str) -> None:
        """Stand before an application."""
        self._app, self._key = app, f"Bearer {key}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request in, or answer it."""
        if scope["type"] == "http":
            given = Request(scope).headers.get("authorization", "")
            if not hmac.compare_digest(given.encode(), self._key):
                answer = JSONResponse(
                    {"error": "a key is needed: Authorization: Bearer ..."},
                    status_code=401,
                    headers={"WWW-Authenticate": "Bearer"},
                )
                return await answer(scope, receive, send)
        await self._app(scope, receive, send)


class Quiet(uvicorn.Server):
    """A server that leaves signals to whoever runs it."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Capture none."""
        yield


def application(door: Door, listen: Listen) -> ASGIApp:
    """The door over HTTP: only under names that it is known by, for pages of its own only, and with the key where there is one."""
    app = door.server.streamable_http_app(
        streamable_http_path=PATH,
        transport_security=TransportSecuritySettings(
            enable_dns_rebinding_protection=True,
            allowed_hosts=[*HERE, *listen.hosts],
            allowed_origins=[*(f"http://{one}" for one in HERE), *listen.origins],
        ),
    )
    return Keyed(app, listen.key) if listen.key else app


async def serve_http(door: Door, listen: Listen, listening: Callable[[str], None]) -> None:
    """Serve until cancelled; what is under way then has a few seconds. `listening` is told the address."""
    try:
        family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
        listener = socket.create_server((listen.host, listen.port), family=family)
    except OSError as error:
        raise Unavailable(
            f"{listen.host}:{listen.port} cannot be listened on: {error.strerror}", hint="name another port"
        ) from error
    with listener:
        config = uvicorn.Config(
            application(door, listen), log_level="warning", timeout_graceful_shutdown=GRACE_S, ws="none"
        )
        server = Quiet(config)
        serving = asyncio.create_task(server.serve([listener]))
        host = f"[{listen.host}]" if ":" in listen.host else listen.host
        listening(f"http://{host}:{listener.getsockname()[1]}{PATH}")
        try:
            await asyncio.shield(serving)
        finally:
            server.should_exit = True
            await serving
