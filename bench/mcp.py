"""What a call costs through the gateway of MCP, beside a bare proxy of the same SDK, and beside no proxy: all over standard streams."""

import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from mcp import Client
from mcp.client.stdio import StdioServerParameters

from bench.outcome import Line, Outcome, no_target

PROGRAM = Path(__file__).with_name("peer_programs") / "echo.py"
CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: bench}
spec:
  mode: enforce
  ruleOfTwo: "off"
  tools:
    look: {effect: read}
    keep: {effect: keyed_write, idempotency: {key: [id]}}
    pay: {effect: irreversible}
"""
GATEWAY = """
apiVersion: trimtab/v1
kind: McpGateway
metadata: {name: bench}
spec:
  contract: contract.yaml
  servers:
    bench: {command: [PYTHON, PROGRAM, server]}
"""
BATCH = 50
WAYS = (
    ("direct", "direct", "look"),
    ("proxy", "proxy", "look"),
    ("read", "gateway", "look"),
    ("keyed", "gateway", "keep"),
    ("irreversible", "gateway", "pay"),
    ("told", "gateway, steps to a file", "look"),
)
"""What is measured, through what, with which tool."""


def run(*, quick: bool) -> Outcome:
    """Call through each in turn, batch by batch, in one run; `quick` calls less often."""
    rounds = 6 if quick else 40
    with tempfile.TemporaryDirectory() as name:
        raw = asyncio.run(measured(Path(name), rounds))
    return Outcome(name="mcp", raw=raw, lines=lines(raw))


async def measured(folder: Path, rounds: int) -> dict[str, float]:
    """Milliseconds of a call each way: the median and the 99th percentile."""
    async with opened(folder) as clients:
        spent: dict[str, list[float]] = {name: [] for name, _, _ in WAYS}
        for at in range(-1, rounds):
            for name, through, tool in WAYS:
                found = [
                    await timed(clients[through], tool, f"{at}-{number}-{name}") for number in range(BATCH)
                ]
                if at >= 0:  # the first round warms up
                    spent[name] += found
    raw: dict[str, float] = {"calls": rounds * BATCH}
    for name, took in spent.items():
        raw[f"{name}_p50_ms"] = round(statistics.median(took) * 1e3, 4)
        raw[f"{name}_p99_ms"] = round(statistics.quantiles(took, n=100)[98] * 1e3, 4)
    return raw


async def timed(client: Client, tool: str, unit: str) -> float:
    """Seconds of one call."""
    begun = time.perf_counter()
    found = await client.call_tool(tool, {"id": unit})
    took = time.perf_counter() - begun
    assert not found.is_error, found
    return took


@asynccontextmanager
async def opened(folder: Path) -> AsyncGenerator[dict[str, Client]]:
    """A client of each kind, with a server of its own behind it."""
    (folder / "contract.yaml").write_text(CONTRACT)
    text = GATEWAY.replace("PYTHON", sys.executable).replace("PROGRAM", str(PROGRAM))
    (folder / "mcp.yaml").write_text(text)
    trimtab = str(Path(sys.executable).with_name("trimtab"))
    gateway = [trimtab, "mcp-gateway", "--config", str(folder / "mcp.yaml")]
    quiet = {"XDG_STATE_HOME": str(folder / "quiet"), "PATH": os.environ["PATH"]}
    told = quiet | {"XDG_STATE_HOME": str(folder / "told"), "TRIMTAB_LOG": str(folder / "steps.jsonl")}
    commands = {
        "direct": ([sys.executable, str(PROGRAM), "server"], {}),
        "proxy": ([sys.executable, str(PROGRAM), "proxy"], {}),
        "gateway": (gateway, quiet),
        "gateway, steps to a file": (gateway, told),
    }
    async with AsyncExitStack() as stack:
        clients: dict[str, Client] = {}
        for name, (command, env) in commands.items():
            server = StdioServerParameters(command=command[0], args=command[1:], env=env)
            clients[name] = await stack.enter_async_context(Client(server, mode="legacy"))
            await clients[name].list_tools()
        yield clients


def lines(raw: dict[str, float]) -> list[Line]:
    """The medians, and what the gateway adds to the bare proxy of the same run."""
    proxy = raw["proxy_p50_ms"]
    names = {
        "direct": "a call with nothing between",
        "proxy": "through a bare proxy of the same SDK",
        "read": "through the gateway: a reading",
        "keyed": "through the gateway: a keyed write, in the ledger on disk",
        "irreversible": "through the gateway: for good, ledger and audit log",
        "told": "through the gateway: a reading, steps to a file",
    }
    found = [no_target(said, raw[f"{name}_p50_ms"], "ms, median", proxy) for name, said in names.items()]
    return [*found, no_target("the gateway over the proxy, a reading", raw["read_p50_ms"] - proxy, "ms")]
