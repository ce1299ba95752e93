"""One connection to a server: how it is opened, and when it has ended."""

import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from types import TracebackType
from typing import Any, Self

import httpx2
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.message import SessionMessage

from trimtab.adapters.mcp_gateway.bodies import bounded
from trimtab.adapters.mcp_gateway.lines import MOST_BYTES, NAME, TOO_LONG
from trimtab.edge.gateway import Upstream

CONNECT_S, SILENT_S = 10.0, 300.0
"""How long a server may take to be reached, and how long an open stream may say nothing; calls have times of their own."""

Ended = Callable[[str], None]


class Reading:
    """A stream of messages that says when it has ended."""

    def __init__(self, stream: Any, ended: Ended) -> None:
        """Read from a stream of the SDK."""
        self._stream, self._ended = stream, ended

    def __aiter__(self) -> Self:
        """Its messages."""
        return self

    async def __anext__(self) -> Any:
        """The next message."""
        try:
            found = await self._stream.__anext__()
        except StopAsyncIteration:
            self._ended("it has ended")
            raise
        if isinstance(found, SessionMessage) and getattr(found.message, "method", "") == TOO_LONG:
            self._ended(f"it sent a message of more than {MOST_BYTES >> 20} MiB")
        return found

    async def __aenter__(self) -> Self:
        """Open it."""
        await self._stream.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Close it."""
        return await self._stream.__aexit__(kind, error, trace)

    def __getattr__(self, name: str) -> Any:
        """Whatever else the SDK asks of its streams."""
        return getattr(self._stream, name)


class Connection:
    """The transport to one server; `ended` is told why the other side cannot be used any more."""

    def __init__(self, server: Upstream, ended: Ended) -> None:
        """Know the server; nothing is opened yet."""
        self._server, self._ended = server, ended
        self._transport: AbstractAsyncContextManager[Any] | None = None
        self._client: Any = None

    async def __aenter__(self) -> tuple[Any, Any]:
        """Open it: the streams of messages."""
        self._transport = self._opened()
        read, write = await self._transport.__aenter__()
        return Reading(read, self._ended), write

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Close it; a command is ended."""
        try:
            return await self._transport.__aexit__(kind, error, trace) if self._transport else None
        finally:
            if self._client is not None:
                await self._client.aclose()

    def _opened(self) -> AbstractAsyncContextManager[Any]:
        server = self._server
        if server.url:
            timeout = httpx2.Timeout(CONNECT_S, read=SILENT_S)
            hooks = {"response": [bounded]}
            self._client = httpx2.AsyncClient(
                headers=dict(server.headers), timeout=timeout, event_hooks=hooks
            )
            return streamable_http_client(server.url, http_client=self._client, max_sse_event_size=MOST_BYTES)
        return stdio_client(
            StdioServerParameters(
                command=server.command[0],
                args=list(server.command[1:]),
                env=dict(server.environment),
                cwd=server.folder,
                encoding=NAME,
            ),
            errlog=sys.stderr,
        )
