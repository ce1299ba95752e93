"""The load: OTLP bodies over keep-alive HTTP connections from a process of its own; its report is JSON on stdout.

`python -m bench.client '{"port": 1, "bodies": "/path", "connections": 8, "headers": {}, "first": 0, "count": 10}'`
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import uvloop

from bench.bodies import read_bodies

HOST = "127.0.0.1"
MAX_RETRIES = 120
RETRY_S = 0.1
"""How long a refused client waits where the answer has no Retry-After."""
TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What is sent where: bodies `first` to `first + count` of a file."""

    port: int
    bodies: str
    first: int
    count: int
    connections: int = 8
    headers: dict[str, str] = field(default_factory=dict[str, str])


def run_load(load: Load) -> dict[str, Any]:
    """Send the load from a new process; gives its report (times in s of the monotonic clock, latencies in ms)."""
    command = [sys.executable, "-m", "bench.client", json.dumps(asdict(load))]
    found = subprocess.run(command, check=True, capture_output=True, timeout=TIMEOUT_S)
    return json.loads(found.stdout)


async def answer(reader: asyncio.StreamReader) -> tuple[int, float]:
    """Status and Retry-After (s) of one response; its body is read and thrown away."""
    status, *lines = (await reader.readuntil(b"\r\n\r\n")).lower().split(b"\r\n")
    pairs = (line.partition(b":") for line in lines)
    headers = {name: value.strip() for name, _, value in pairs}
    if b"content-length" in headers:
        await reader.readexactly(int(headers[b"content-length"]))
    elif headers.get(b"transfer-encoding") == b"chunked":
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    return int(status.split(b" ", 2)[1]), float(headers.get(b"retry-after", RETRY_S))


class Sender:
    """Connections that share one stream of bodies; a 429 or 503 is counted and tried again when the server says."""

    def __init__(self, load: Load, bodies: list[bytes]) -> None:
        self._load = load
        self._bodies: Iterator[bytes] = iter(bodies)
        extra = "".join(f"{name}: {value}\r\n" for name, value in load.headers.items())
        self._head = (
            f"POST /v1/traces HTTP/1.1\r\nhost: {HOST}\r\ncontent-type: application/x-protobuf\r\n{extra}"
        )
        self.latencies_ms: list[float] = []
        self.waited_ms: list[float] = []
        self.retried = 0

    async def connection(self) -> None:
        """Send bodies until none is left."""
        reader, writer = await asyncio.open_connection(HOST, self._load.port)
        for body in self._bodies:
            head = f"{self._head}content-length: {len(body)}\r\n\r\n".encode()
            await self._send(reader, writer, head + body)
        writer.close()

    async def _send(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, message: bytes) -> None:
        first = time.monotonic()
        for _ in range(MAX_RETRIES):
            started = time.monotonic()
            writer.write(message)
            await writer.drain()
            status, retry_after_s = await answer(reader)
            if status == 200:
                self.latencies_ms.append((time.monotonic() - started) * 1e3)
                self.waited_ms.append((time.monotonic() - first) * 1e3)
                return
            if status not in {429, 503}:
                raise RuntimeError(f"the server answered {status}")
            self.retried += 1
            await asyncio.sleep(retry_after_s)
        raise RuntimeError("the server refused for too long")


async def send(load: Load) -> dict[str, Any]:
    """Send everything; the report."""
    bodies = read_bodies(Path(load.bodies))[load.first : load.first + load.count]
    sender = Sender(load, bodies)
    cpu = time.process_time()
    started = time.monotonic()
    async with asyncio.TaskGroup() as group:
        for _ in range(load.connections):
            group.create_task(sender.connection())
    ended = time.monotonic()
    return {
        "bodies": len(bodies),
        "bytes": sum(map(len, bodies)),
        "started": started,
        "seconds": ended - started,
        "client_cpu_s": time.process_time() - cpu,
        "retried": sender.retried,
        "latencies_ms": sorted(round(value, 3) for value in sender.latencies_ms),
        "waited_ms": sorted(round(value, 3) for value in sender.waited_ms),
    }


if __name__ == "__main__":
    print(json.dumps(uvloop.run(send(Load(**json.loads(sys.argv[1]))))))
