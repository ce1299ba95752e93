"""Whom the gateway asks by way of a real server: people, where nobody at the client can be asked."""

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from tests.support.mcp.gateways import PATIENCE_S, peer, written
from tests.support.server import TRIMTAB, Served, serving

pytestmark = [pytest.mark.full, pytest.mark.timeout(120)]
PAY = {"effect": "irreversible", "approval": {}, "timeout": "60s"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "data") as found:
        yield found


def gateway(
    served: Served, folder: Path, listen: dict[str, Any] | None = None, **pay: Any
) -> StdioServerParameters:
    """What a client starts: a gateway that knows who signs for the server."""
    more: dict[str, Any] = {"listen": listen} if listen else {}
    key = served.request("GET", "/api/v1/control/key").json["key"]
    path = written(folder, {"pay": PAY | pay}, {"desk": peer(folder)}, control=key, **more)
    env = os.environ | {
        "TRIMTAB_URL": f"http://127.0.0.1:{served.port}",
        "TRIMTAB_KEY": served.key,
        "XDG_STATE_HOME": str(folder / "state"),
    }
    return StdioServerParameters(command=TRIMTAB, args=["mcp-gateway", "--config", str(path)], env=env)


async def waiting(served: Served) -> dict[str, Any]:
    """The one request that waits for a person."""
    async with asyncio.timeout(PATIENCE_S):
        while not (rows := (await asyncio.to_thread(asked, served))):  # noqa: ASYNC110 - the state is another process's
            await asyncio.sleep(0.05)
    (row,) = rows
    return row


def asked(served: Served) -> list[dict[str, Any]]:
    return served.request("GET", "/api/v1/approvals").json["approvals"]


def answer(word: str, row: dict[str, Any], folder: Path) -> None:
    """Answer as a person does."""
    said = ["approvals", word, row["id"], "--reason", "I know the payee", "--data", str(folder / "data")]
    subprocess.run([TRIMTAB, *said], capture_output=True, text=True, check=True)


def paid(folder: Path) -> int:
    file = folder / "paid"
    return len(file.read_text().splitlines()) if file.exists() else 0


async def test_a_call_goes_on_once_somebody_has_agreed_at_the_server(served: Served, tmp_path: Path) -> None:
    async with Client(gateway(served, tmp_path)) as client:
        call = asyncio.create_task(client.call_tool("pay", {"to": "a", "amount": 50}))
        row = await waiting(served)
        assert (row["tool"], row["args"], paid(tmp_path)) == ("pay", '{"to": "a", "amount": 50}', 0)
        await asyncio.to_thread(answer, "approve", row, tmp_path)
        found = await call
        call = asyncio.create_task(client.call_tool("pay", {"to": "a", "amount": 51}))
        await asyncio.to_thread(answer, "deny", await waiting(served), tmp_path)
        denied = await call
    assert (found.is_error, denied.is_error, paid(tmp_path)) == (False, True, 1)
    assert (denied.meta or {})["trimtab/status"] == "waiting"


async def test_a_call_that_nobody_answered_in_time_is_repeated_after_the_yes(
    served: Served, tmp_path: Path
) -> None:
    async with Client(gateway(served, tmp_path, timeout="1s")) as client:
        stopped = await client.call_tool("pay", {"to": "a", "amount": 50})
        await asyncio.to_thread(answer, "approve", await waiting(served), tmp_path)
        found = await client.call_tool("pay", {"to": "a", "amount": 50})
    assert "Once somebody has (`trimtab approvals`)" in stopped.content[-1].text
    assert (stopped.is_error, found.is_error, paid(tmp_path)) == (True, False, 1)


async def test_it_stops_also_while_people_are_asked(served: Served, tmp_path: Path) -> None:
    command = gateway(served, tmp_path, {"port": 0}, timeout="600s")
    with subprocess.Popen(  # noqa: ASYNC220 - it returns at once
        [command.command, *command.args], stderr=subprocess.PIPE, text=True, env=command.env
    ) as process:
        assert process.stderr is not None
        url = next(line for line in process.stderr if "listening" in line).split()[-1]
        client = await Client(url).__aenter__()
        call = asyncio.create_task(client.call_tool("pay", {"to": "a", "amount": 50}))
        await waiting(served)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, PATIENCE_S) == 0
        call.cancel()
        with contextlib.suppress(Exception):
            await client.__aexit__(None, None, None)
