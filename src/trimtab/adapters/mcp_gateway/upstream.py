"""A server behind the gateway, kept up: opened, listed, watched, opened again after a pause."""

import asyncio
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import mcp_types as types
from mcp import Client, MCPError
from mcp.client.subscriptions import Subscription
from mcp.shared.dispatcher import ProgressFnT
from mcp_types import (
    CONNECTION_CLOSED,
    INVALID_PARAMS,
    INVALID_REQUEST,
    METHOD_NOT_FOUND,
    CallToolRequest,
    CallToolRequestParams,
    CallToolResult,
    ListToolsResult,
    PaginatedRequestParams,
)
from mcp_types.version import MODERN_PROTOCOL_VERSIONS
from pydantic import TypeAdapter

from trimtab.adapters.mcp_gateway.connection import Connection
from trimtab.edge.gateway import Definition, Upstream
from trimtab.edge.runtime import Failed, NotSent

Progress = ProgressFnT
FIRST_S, LONGEST_S = 0.5, 30.0
LIST_S, MOST_PAGES = 10.0, 100
RELIST_S = 60.0
"""So often the tools of a server that says nothing of changes are read again."""
GONE = "Session terminated"
REFUSED = frozenset({INVALID_PARAMS, METHOD_NOT_FOUND})
"""Errors by which a server says that it did nothing."""
ANSWER: TypeAdapter[Any] = TypeAdapter(CallToolResult | types.InputRequiredResult)


@dataclass(slots=True, kw_only=True)
class Seen:
    """What is known of a server: its tools as they are, why it cannot be used, how often it was opened."""

    tools: tuple[types.Tool, ...] = ()
    fault: str = "it was not opened yet"
    opened: int = 0


class Server:
    """One server; `changed` is called when it comes, goes, or says that its tools are others."""

    def __init__(self, upstream: Upstream, changed: Callable[[], None], dice: random.Random) -> None:
        """Know it; `run` keeps it up."""
        self.upstream, self._changed, self._dice = upstream, changed, dice
        self.seen = Seen()
        self.tried = asyncio.Event()
        self._client: Client | None = None
        self._broken = asyncio.Event()
        self._again = asyncio.Event()

    @property
    def up(self) -> bool:
        """Whether it can be called."""
        return self._client is not None

    @property
    def transport(self) -> str:
        """What it is reached by, as OpenTelemetry calls it."""
        return "tcp" if self.upstream.url else "pipe"

    @property
    def protocol(self) -> str | None:
        """The version of the protocol that it speaks."""
        return self._client.protocol_version if self._client else None

    def definitions(self) -> list[Definition]:
        """Its tools as they would be pinned, as they were when it last said."""
        return [definition_of(self.upstream.name, one) for one in self.seen.tools]

    def tool(self, name: str) -> types.Tool | None:
        """One of its tools."""
        return next((one for one in self.seen.tools if one.name == name), None)

    async def run(self) -> None:
        """Keep it up until this task is cancelled."""
        failures = 0
        while True:
            begun = self.seen.opened
            try:
                await self._serve()
            except Exception as error:  # noqa: BLE001 - whatever a server does, the gateway stays
                self.seen.fault = words_of(error)
            finally:
                self._client = None
                self.tried.set()
                self._changed()
            failures = 0 if self.seen.opened > begun else failures + 1
            pause_s = min(LONGEST_S, FIRST_S * 2**failures) * self._dice.uniform(0.5, 1.0)
            await asyncio.sleep(pause_s)

    async def _serve(self) -> None:
        """Open it and wait for its end."""
        self._broken.clear()
        client = Client(
            cast("Any", Connection(self.upstream, self._broken.set)),
            client_info=types.Implementation(name="trimtab", version="1"),
            message_handler=self._heard,
            cache=None,
        )
        async with asyncio.timeout(self.upstream.start_s):
            await client.__aenter__()
        try:
            async with asyncio.timeout(self.upstream.start_s):
                self.seen.tools = await listed(client)
            self._client = client
            self.seen.opened += 1
            self.seen.fault = ""
            self.tried.set()
            self._changed()
            await self._until_broken(client)
            self.seen.fault = "it has ended"
        finally:
            self._client = None
            await client.__aexit__(None, None, None)

    async def _until_broken(self, client: Client) -> None:
        """List its tools again when it says so, and now and then; over when it has gone."""
        hearing = asyncio.create_task(self._listen(client))
        broken = asyncio.create_task(self._broken.wait())
        try:
            while not broken.done():
                again = asyncio.create_task(self._again.wait())
                waiting = {broken, again}
                await asyncio.wait(waiting, timeout=RELIST_S, return_when=asyncio.FIRST_COMPLETED)
                again.cancel()
                self._again.clear()
                if not broken.done():
                    await self.relist()
        finally:
            for task in (hearing, broken):
                task.cancel()
            await asyncio.gather(hearing, broken, return_exceptions=True)

    async def _listen(self, client: Client) -> None:
        """Of a server of the revision 2026-07-28: hear of changes on a stream of their own, where it has one."""
        if client.protocol_version not in MODERN_PROTOCOL_VERSIONS:
            return
        with suppress(Exception):
            stream: Subscription
            async with client.listen(tools_list_changed=True) as stream:
                async for _ in stream:
                    self._again.set()

    async def _heard(self, message: Any) -> None:
        if isinstance(message, types.ToolListChangedNotification):
            self._again.set()

    async def relist(self) -> None:
        """Read its tools again; where it does not say, they stay as they were."""
        client = self._client
        if client is None:
            return
        try:
            async with asyncio.timeout(LIST_S):
                found = await listed(client)
        except (MCPError, TimeoutError, ValueError, RuntimeError):
            return
        if found != self.seen.tools:
            self.seen.tools = found
            self._changed()

    async def call(self, tool: str, args: Mapping[str, Any], progress: Progress | None) -> CallToolResult:
        """Call a tool; raises `NotSent`, `Failed`, or an error after which nobody knows."""
        client = self._client
        if client is None:
            raise NotSent(f"the server {self.upstream.name} cannot be used: {self.seen.fault}")
        request = CallToolRequest(params=CallToolRequestParams(name=tool, arguments=dict(args)))
        try:
            found = await client.session.send_request(request, ANSWER, progress_callback=progress)
        except MCPError as error:
            found = self._meaning(error)
            if found is None:
                raise
            raise found from error
        if isinstance(found, types.InputRequiredResult):
            raise Failed(f"{tool} asks for input in the middle of a call, which is not handed on")
        return found

    def _meaning(self, error: MCPError) -> Exception | None:
        """What a protocol's error says of the call; None where that is nothing."""
        if error.code == CONNECTION_CLOSED:
            self._broken.set()
        if error.code == INVALID_REQUEST and error.message == GONE:
            self._broken.set()
            return NotSent(f"{self.upstream.name} has forgotten the session; it is opened again")
        if error.code in REFUSED:
            return Failed(error.message)
        return None


async def listed(client: Client) -> tuple[types.Tool, ...]:
    """All tools that a server gives, page after page."""
    found: list[types.Tool] = []
    cursor: str | None = None
    for _ in range(MOST_PAGES):
        page: ListToolsResult = await client.session.list_tools(params=PaginatedRequestParams(cursor=cursor))
        found += page.tools
        cursor = page.next_cursor
        if not cursor:
            break
    return tuple(found)


def definition_of(server: str, tool: types.Tool) -> Definition:
    """A tool as it would be pinned."""
    hints = tool.annotations
    return Definition(
        server=server,
        tool=tool.name,
        description=tool.description or "",
        input=tool.input_schema,
        output=tool.output_schema,
        annotations=hints.model_dump(by_alias=True, exclude_none=True) if hints else {},
    )


def words_of(error: BaseException) -> str:
    """An error in words; of a group the first that says something."""
    if isinstance(error, BaseExceptionGroup):
        found = cast("BaseExceptionGroup[BaseException]", error)
        return words_of(found.exceptions[0])
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, FileNotFoundError):
        return f"there is no such command: {error.filename or error}"
    return f"{type(error).__name__}: {error}"[:300] if str(error) else type(error).__name__
