"""A server behind the gateway, kept up: opened, listed, watched, opened again after a pause."""

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
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
from trimtab.vocabulary.kernel import Invalid, TrimtabError

Progress = ProgressFnT
FIRST_S, LONGEST_S = 0.5, 30.0
LIST_S, CALM_S = 10.0, 0.5
MOST_TOOLS = 2000
RELIST_S = 60.0
"""So often the tools of a server that says nothing of changes are read again."""
GONE = "Session terminated"
REFUSED = frozenset({INVALID_PARAMS, METHOD_NOT_FOUND})
"""Errors by which a server says that it did nothing."""
ANSWER: TypeAdapter[Any] = TypeAdapter(CallToolResult | types.InputRequiredResult)


@dataclass(slots=True, kw_only=True)
class Seen:
    """What is known of a server: its tools as they are, why it cannot be used, how often it was opened.

    `strays` are messages that it sent and nobody can read.
    """

    tools: dict[str, types.Tool] = field(default_factory=dict[str, types.Tool])
    definitions: tuple[Definition, ...] = ()
    fault: str = "it was not opened yet"
    opened: int = 0
    strays: int = 0


class Server:
    """One server; `changed` is called when it comes, goes, or says that its tools are others."""

    def __init__(self, upstream: Upstream, changed: Callable[[], None], dice: random.Random) -> None:
        """Know it; `run` keeps it up."""
        self.upstream, self._changed, self._dice = upstream, changed, dice
        self.seen = Seen()
        self.tried = asyncio.Event()
        self._client: Client | None = None
        self._broken, self._why = asyncio.Event(), ""
        self._again, self._settled = asyncio.Event(), asyncio.Event()
        self._settled.set()

    @property
    def up(self) -> bool:
        """Whether it can be called."""
        return self._client is not None

    @property
    def lost(self) -> str:
        """Why the connection that was last open has ended."""
        return self._why or "it has ended"

    @property
    def transport(self) -> str:
        """What it is reached by, as OpenTelemetry calls it."""
        return "tcp" if self.upstream.url else "pipe"

    @property
    def protocol(self) -> str | None:
        """The version of the protocol that it speaks."""
        return self._client.protocol_version if self._client else None

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """Its tools as they would be pinned, as they were when it last said."""
        return self.seen.definitions

    def tool(self, name: str) -> types.Tool | None:
        """One of its tools."""
        return self.seen.tools.get(name)

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
        self._why = ""
        client = Client(
            cast("Any", Connection(self.upstream, self._end)),
            client_info=types.Implementation(name="trimtab", version="1"),
            message_handler=self._heard,
            cache=None,
        )
        async with asyncio.timeout(self.upstream.start_s):
            await client.__aenter__()
        try:
            async with asyncio.timeout(self.upstream.start_s):
                self._learn(await listed(client))
            self._client = client
            self.seen.opened += 1
            self.seen.fault = ""
            self.tried.set()
            self._changed()
            await self._until_broken(client)
            self.seen.fault = self._why or "it has ended"
        finally:
            self._client = None
            self.seen.fault = self.seen.fault or "it is being closed"
            self._changed()
            await self._close(client)

    async def _close(self, client: Client) -> None:
        """Close the connection; who cancels in the middle of it leaves a process behind."""
        self._settled.clear()
        try:
            await client.__aexit__(None, None, None)
        finally:
            self._settled.set()

    async def stop(self, running: asyncio.Task[None]) -> None:
        """End the task that keeps it up."""
        await self._settled.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

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
                    await asyncio.wait({broken}, timeout=CALM_S)
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
        elif isinstance(message, Exception):
            self.seen.strays += 1

    def _end(self, why: str) -> None:
        """It cannot be used any more."""
        self._why = self._why or why
        self._broken.set()

    def _learn(self, tools: Iterable[types.Tool]) -> bool:
        """Take in its tools; of two with one name the first. Whether they are others than before."""
        found: dict[str, types.Tool] = {}
        for one in tools:
            found.setdefault(one.name, one)
        if found == self.seen.tools:
            return False
        self.seen.tools = found
        self.seen.definitions = tuple(definition_of(self.upstream.name, one) for one in found.values())
        return True

    async def relist(self) -> None:
        """Read its tools again; where it does not say, they stay as they were."""
        client = self._client
        if client is None:
            return
        try:
            async with asyncio.timeout(LIST_S):
                found = await listed(client)
        except Invalid as error:
            self._end(error.message)
            return
        except (MCPError, TimeoutError, ValueError, RuntimeError):
            return
        if self._learn(found):
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
            self._end("it has ended")
        if error.code == INVALID_REQUEST and error.message == GONE:
            self._end("it has forgotten the session")
            return NotSent(f"{self.upstream.name} has forgotten the session; it is opened again")
        if error.code in REFUSED:
            return Failed(error.message)
        return None


async def listed(client: Client) -> tuple[types.Tool, ...]:
    """All tools that a server gives, page after page."""
    found: list[types.Tool] = []
    cursor: str | None = None
    while True:
        page: ListToolsResult = await client.session.list_tools(params=PaginatedRequestParams(cursor=cursor))
        found += page.tools
        if len(found) > MOST_TOOLS or (page.next_cursor and not page.tools):
            raise Invalid(
                f"it offers more than {MOST_TOOLS} tools", hint="put the tools behind servers of their own"
            )
        cursor = page.next_cursor
        if not cursor:
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
    if isinstance(error, TrimtabError):
        return error.message
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, FileNotFoundError):
        return f"there is no such command: {error.filename or error}"
    return f"{type(error).__name__}: {error}"[:300] if str(error) else type(error).__name__
