"""Gateways for tests: the document, and one at work in this process with an official client before it."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import yaml
from mcp import Client

from trimtab.adapters.mcp_gateway import Behind, Door, ask_client
from trimtab.edge import sdk
from trimtab.edge.gateway import gateway_at, pins_at

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
async def at_work(path: Path, **client: Any) -> AsyncGenerator[Desk]:
    """A gateway in this process, on a clock that stands still, and the official client before it."""
    told: list[str] = []
    gateway = gateway_at(path, {})
    with sdk.testing("shop", contract=gateway.contract, ask=ask_client) as steps:
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


async def until(holds: Callable[[], bool]) -> None:
    """Wait for a state, however slow the machine is."""
    async with asyncio.timeout(PATIENCE_S):
        while not holds():  # noqa: ASYNC110 - the state is another process's
            await asyncio.sleep(0.01)
