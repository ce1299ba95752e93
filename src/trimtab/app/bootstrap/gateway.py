"""The gateway of MCP tools, put together, where the extra `mcp` is installed."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trimtab.edge import sdk
from trimtab.edge.gateway import Gateway, Offer, gateway_at, pins_at, write_pins
from trimtab.edge.sdk import framework
from trimtab.vocabulary.contract import Contract
from trimtab.vocabulary.kernel import Invalid

if TYPE_CHECKING:
    from trimtab.adapters.mcp_gateway import Behind

EXTRA = "pip install 'trimtab[mcp]'"
SILENT = ("client", "mcp.client", "mcp.shared")
"""Loggers of the SDK that write a page for each line of a server that is no message. What is wrong with a server is told once, by us."""
Tell = Callable[[str], None]


@asynccontextmanager
async def opened(gateway: Gateway, told: Tell, *, pinned: bool = True) -> AsyncGenerator["Behind"]:
    """The servers of a gateway under its contract, each tried once."""
    from trimtab.adapters.mcp_gateway import Behind, ask_client

    for name in SILENT:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    pins = pins_at(gateway.pins) if pinned else None
    sdk.init(gateway.agent, contract=gateway.contract, **options_of(gateway))
    try:
        if gateway.ask == "client":
            framework.ask_here(ask_client)
        behind = Behind(gateway, pins, told)
        async with behind.running():
            yield behind
    finally:
        sdk.shutdown()


def options_of(gateway: Gateway) -> dict[str, Any]:
    """What the SDK is told; people are asked by way of the server where it is known who signs for it."""
    found: dict[str, Any] = {}
    if gateway.ask == "server" or gateway.control:
        found["ask"] = "server"
    if gateway.environment:
        found["environment"] = gateway.environment
    if gateway.control:
        from trimtab.adapters.ed25519 import trusting

        found["control"] = trusting(gateway.control)
    return found


def read(path: Path, env: Mapping[str, str]) -> Gateway:
    """The gateway of a file; raises `Invalid` where it is wrong, or where MCP is not installed."""
    if find_spec("mcp") is None:
        raise Invalid("a gateway needs the MCP SDK, which is not installed", hint=EXTRA)
    return gateway_at(path, env)


async def looked_at(
    gateway: Gateway, told: Tell
) -> tuple[tuple[Offer, ...], dict[str, str], Contract | None]:
    """What would be offered, the servers that cannot be used and why, and the contract."""
    async with opened(gateway, told) as behind:
        down = {name: one.seen.fault for name, one in behind.servers.items() if not one.up}
        return tuple(behind.offers), down, framework.contract()


async def pin(gateway: Gateway, told: Tell) -> int:
    """Pin what the servers say now; how many tools. Raises `Invalid` where a server cannot be asked."""
    async with opened(gateway, told, pinned=False) as behind:
        for name, one in behind.servers.items():
            if not one.up:
                raise Invalid(
                    f"the server {name} cannot be used: {one.seen.fault}",
                    hint="nothing was pinned; mend it first",
                )
        found = behind.definitions()
    write_pins(gateway.pins, found)
    return len(found)


async def serve(gateway: Gateway, told: Tell) -> None:
    """Serve until the client leaves, or until SIGINT or SIGTERM."""
    from trimtab.adapters.mcp_gateway import Door, serve_http, serve_stdio

    async with stopping(), opened(gateway, told) as behind:
        door = Door(behind, gateway.name, version("trimtab"))
        try:
            if gateway.listen is None:
                await serve_stdio(door)
            else:
                await serve_http(door, gateway.listen, lambda address: told(f"listening on {address}"))
        finally:
            door.close()


@asynccontextmanager
async def stopping() -> AsyncGenerator[None]:
    """Within it, SIGINT and SIGTERM end what is waited for, in order."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    asked = False

    def stop() -> None:
        nonlocal asked
        if not asked and task is not None:
            asked = True
            task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, stop)
    try:
        yield
    except asyncio.CancelledError:
        if not asked:
            raise
        if task is not None:
            task.uncancel()
