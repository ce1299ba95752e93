"""Answers over HTTP that are one body: none without end is read, however small it comes over the wire."""

from collections.abc import AsyncGenerator

import httpx2

from trimtab.adapters.mcp_gateway.lines import MOST_BYTES


class TooLong(httpx2.StreamError):
    """A body of more than is read."""


async def bounded(response: httpx2.Response) -> None:
    """Let no more of a body be read than of a message elsewhere; events of a stream have that bound each."""
    if response.headers.get("content-type", "").lower().startswith("text/event-stream"):
        return
    parts_of = response.aiter_bytes

    async def within(chunk_size: int | None = None) -> AsyncGenerator[bytes]:
        read = 0
        async for part in parts_of(chunk_size):
            read += len(part)
            if read > MOST_BYTES:
                raise TooLong(f"it is longer than {MOST_BYTES >> 20} MiB")
            yield part

    # What reads a body as a whole reads its parts, unpacked.
    response.aiter_bytes = within
