"""The server that clients see."""

import asyncio
import secrets
from contextlib import suppress
from typing import Any

from mcp import MCPError
from mcp.server import Server
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel.server import NotificationOptions
from mcp.server.models import InitializationOptions
from mcp.server.session import ServerSession
from mcp_types import (
    UNSUPPORTED_PROTOCOL_VERSION,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)
from mcp_types.version import HANDSHAKE_PROTOCOL_VERSIONS

from trimtab.adapters.mcp_gateway.behind import Behind
from trimtab.adapters.mcp_gateway.calling import Caller
from trimtab.adapters.mcp_gateway.results import stopped
from trimtab.edge.sdk import Stopped, Visit

SESSION_HEADER = "mcp-session-id"


class Served(Server[Any]):
    """The SDK's server, which says that its list of tools can change."""

    def create_initialization_options(
        self,
        notification_options: NotificationOptions | None = None,
        experimental_capabilities: dict[str, dict[str, Any]] | None = None,
        extensions: dict[str, dict[str, Any]] | None = None,
    ) -> InitializationOptions:
        """What clients are told when they come in."""
        options = notification_options or NotificationOptions(tools_changed=True)
        return super().create_initialization_options(options, experimental_capabilities, extensions)


class Door:
    """Where clients come in; each has a session of its own, which ends when it leaves."""

    def __init__(self, behind: Behind, name: str, version: str) -> None:
        """Offer what the servers behind it have."""
        self._behind, self._caller = behind, Caller(behind)
        self._lone = secrets.token_hex(16)
        self._visits: dict[str, tuple[Visit, ServerSession]] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self.server = Served(
            name, version=version, on_list_tools=self._list, on_call_tool=self._call_in_words
        )
        self.server.middleware.append(handshake_only)
        behind.hear(self._changed)

    def close(self) -> None:
        """End the sessions that are left."""
        for session in list(self._visits):
            self._leave(session)

    async def _list(
        self, context: ServerRequestContext[Any, Any], _: PaginatedRequestParams | None
    ) -> ListToolsResult:
        """The tools that can be used now."""
        with suppress(Stopped):
            self._visit(context)
        await self._behind.refresh()
        return ListToolsResult(tools=self._behind.tools())

    async def _call_in_words(
        self, context: ServerRequestContext[Any, Any], params: CallToolRequestParams
    ) -> CallToolResult:
        """Call a tool."""
        try:
            visit = self._visit(context)
        except Stopped as error:
            return stopped(error)
        return await self._caller.call(visit, context, params)

    def _visit(self, context: ServerRequestContext[Any, Any]) -> Visit:
        """The session of a client: that of its connection; begun where this is its first request."""
        headers = getattr(context.request, "headers", None) or {}
        name = headers.get(SESSION_HEADER) or self._lone
        found = self._visits.get(name)
        if found is None:
            found = self._visits[name] = (Visit(name), context.session)
            connection = context.session._connection  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - the SDK has no other way to hear of its end
            connection.exit_stack.callback(self._leave, name)
        return found[0]

    def _leave(self, name: str) -> None:
        found = self._visits.pop(name, None)
        if found is not None:
            found[0].end()

    def _changed(self) -> None:
        """Tell every client that other tools are offered."""
        for _, session in self._visits.values():
            task = asyncio.get_running_loop().create_task(tell(session))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)


async def tell(session: ServerSession) -> None:
    """Tell a client that other tools are offered; one that has left needs to know nothing."""
    with suppress(Exception):
        await session.send_tool_list_changed()


async def handshake_only(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Let in only clients that open a session: a contract is about sessions, and from 2026-07-28 on MCP has none.

    The answer names the versions that are spoken; the official clients then open a session.
    """
    if ctx.protocol_version not in HANDSHAKE_PROTOCOL_VERSIONS:
        raise MCPError(
            UNSUPPORTED_PROTOCOL_VERSION,
            "a gateway under a contract needs sessions: open one with initialize",
            {"supported": list(HANDSHAKE_PROTOCOL_VERSIONS), "requested": ctx.protocol_version},
        )
    return await call_next(ctx)
