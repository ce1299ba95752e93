"""The one client that started the gateway, on its standard streams."""

import asyncio
import os
import sys
from typing import Any, Self

from mcp.server.runner import serve_loop
from mcp.server.stdio import stdio_server

from trimtab.adapters.mcp_gateway.door import Door
from trimtab.adapters.mcp_gateway.lines import MOST_BYTES

TOO_LONG = f"longer than {MOST_BYTES} bytes"
"""In place of a message that is too long: no JSON, which is what the client is told."""


class Lines:
    """Standard input, line by line; unlike a thread that reads, it can be left at any time."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        """Read from a stream."""
        self._reader = reader

    def __aiter__(self) -> Self:
        """Its lines."""
        return self

    async def __anext__(self) -> str:
        """The next line."""
        try:
            line = await self._reader.readline()
        except ValueError:
            return TOO_LONG
        if not line:
            raise StopAsyncIteration
        return line.decode("utf-8", "replace")


async def standard_input() -> Any:
    """Standard input as the SDK reads it; None, which is its own way, where it is a plain file."""
    reader = asyncio.StreamReader(limit=MOST_BYTES)
    loop = asyncio.get_running_loop()
    try:
        pipe = os.fdopen(os.dup(sys.stdin.fileno()), "rb", 0)
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    except ValueError:
        return None
    return Lines(reader)


async def serve_stdio(door: Door) -> None:
    """Serve until the client closes the stream."""
    async with stdio_server(stdin=await standard_input()) as (read, write):
        options = door.server.create_initialization_options()
        await serve_loop(door.server, read, write, lifespan_state={}, init_options=options)
