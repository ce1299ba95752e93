"""Gateways for tests: the document, and one at work in this process with an official client before it."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import yaml
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from tests.support.server import TRIMTAB

from trimtab.adapters.mcp_gateway import Behind, Door, ask_client, serve_http
from trimtab.edge import sdk
from trimtab.edge.gateway import Listen, gateway_at, pins_at
from trimtab.edge.sdk import framework

PEER = Path(__file__).with_name("peer.py")
PATIENCE_S = 60.0


def peer(folder: Path) -> dict[str, Any]:
    """A peer that speaks on its standard streams."""
    return {"command": [sys.executable, str(PEER), str(folder)]}


def written(folder: Path, tools: dict[str, Any] | None, servers: dict[str, Any], **spec: Any) -> Path:
    """The files of a gateway, in a folder; its `contract` part stands beside the others."""
    contract = spec.pop("under", {})
    if tools is not None:
        body = {"mode": "enforce", "ruleOfTwo": "off", **contract, "tools": tools}
        document = {"kind": "AgentContract", "metadata": {"name": "shop"}, "spec": body}
        (folder / "contract.yaml").write_text(yaml.safe_dump({"apiVersion": "trimtab/v1", **document}))
        spec["contract"] = "contract.yaml"
    found = {"kind": "McpGateway", "metadata": {"name": "desk"}, "spec": {**spec, "servers": servers}}
    path = folder / "mcp.yaml"
    path.write_text(yaml.safe_dump({"apiVersion": "trimtab/v1", **found}))
    return path


class Desk:
    """A client, and the gateway that it came in by."""

    def __init__(self, client: Client, behind: Behind, told: list[str], steps: sdk.Collected) -> None:
        self.client, self.behind, self.told, self.steps = client, behind, told, steps
        self.changes: list[Any] = []

    async def call(self, name: str, **args: Any) -> Any:
        return await self.client.call_tool(name, args)

    async def names(self) -> set[str]:
        return {one.name for one in (await self.client.list_tools()).tools}

    def offered(self) -> set[str]:
        return {one.name for one in self.behind.offers.offered}


@asynccontextmanager
async def at_work(path: Path, afar: Any = None, **client: Any) -> AsyncGenerator[Desk]:
    """A gateway in this process, on a clock that stands still, and the official client before it; `afar` asks people elsewhere."""
    told: list[str] = []
    gateway = gateway_at(path, {})
    with sdk.testing("shop", contract=gateway.contract, ask=afar) as steps:
        framework.ask_here(ask_client)
        behind = Behind(gateway, pins_at(gateway.pins), told.append)
        async with behind.running():
            door = Door(behind, gateway.name, "1")
            changes: list[Any] = []

            async def heard(message: Any) -> None:
                changes.append(message)

            async with Client(
                door.server, mode="legacy", message_handler=heard, cache=None, **client
            ) as found:
                desk = Desk(found, behind, told, steps)
                desk.changes = changes
                yield desk


class House:
    """A gateway that listens, and what is known of it."""

    def __init__(self, url: str, behind: Behind, steps: sdk.Collected) -> None:
        self.url, self.behind, self.steps = url, behind, steps


@asynccontextmanager
async def listening(path: Path, listen: Listen | None = None) -> AsyncGenerator[House]:
    """A gateway in this process that clients come to over HTTP."""
    gateway = gateway_at(path, {})
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    with sdk.testing("shop", contract=gateway.contract) as steps:
        framework.ask_here(ask_client)
        behind = Behind(gateway, pins_at(gateway.pins), print)
        async with behind.running():
            door = Door(behind, gateway.name, "1")
            served = asyncio.create_task(serve_http(door, listen or Listen(port=0), address.set_result))
            try:
                yield House(await address, behind, steps)
            finally:
                served.cancel()
                await asyncio.gather(served, return_exceptions=True)
                door.close()


@contextmanager
def peer_on_http(folder: Path, port: int = 0) -> Generator[tuple[str, subprocess.Popen[bytes]]]:
    """A peer that speaks streamable HTTP: its address and its process."""
    (folder / "port").unlink(missing_ok=True)
    with subprocess.Popen([sys.executable, str(PEER), str(folder), "http", str(port)]) as process:
        try:
            ends_s = time.monotonic() + PATIENCE_S
            while not (folder / "port").exists() or not (folder / "port").read_text():
                assert process.poll() is None
                assert time.monotonic() < ends_s
                time.sleep(0.01)
            yield f"http://127.0.0.1:{(folder / 'port').read_text()}/mcp", process
        finally:
            process.kill()


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a state, however slow the machine is."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - the state is another process's
            await asyncio.sleep(0.01)


@asynccontextmanager
async def before(path: Path, far: bool, **env: str) -> AsyncGenerator[Client]:
    """The official client before `trimtab mcp-gateway` in a process of its own, over its standard streams or HTTP."""
    env = os.environ | {"XDG_STATE_HOME": str(path.parent / "state")} | env
    args = ["mcp-gateway", "--config", str(path)]
    if not far:
        async with Client(StdioServerParameters(command=TRIMTAB, args=args, env=env), cache=None) as client:
            yield client
        return
    with subprocess.Popen([TRIMTAB, *args], stderr=subprocess.PIPE, text=True, env=env) as process:  # noqa: ASYNC220 - it returns at once
        try:
            assert process.stderr is not None
            url = next(line for line in process.stderr if "listening" in line).split()[-1]
            async with Client(url, cache=None) as client:
                yield client
        finally:
            process.terminate()
            process.wait(PATIENCE_S)
