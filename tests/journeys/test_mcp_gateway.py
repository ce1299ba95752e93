"""`trimtab mcp-gateway` as its user starts it: the official client before it, the official server behind it."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters
from tests.support.mcp.gateways import PATIENCE_S, peer, written
from tests.support.server import TRIMTAB

READS = {"get": {"effect": "read"}, "pay": {"effect": "irreversible", "approval": {"quorum": 2}}}


def started(path: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TRIMTAB, "mcp-gateway", "--config", str(path), *args],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        stdin=subprocess.DEVNULL,
        env=os.environ | {"XDG_STATE_HOME": str(path.parent / "state")},
    )


async def test_a_client_that_starts_it_sees_the_tools_and_the_server_is_told(tmp_path: Path) -> None:
    path = written(tmp_path, READS, {"desk": peer(tmp_path)})
    env = {"XDG_STATE_HOME": str(tmp_path / "state"), "TRIMTAB_LOG": str(tmp_path / "steps.jsonl")}
    command = StdioServerParameters(command=TRIMTAB, args=["mcp-gateway", "--config", str(path)], env=env)
    async with Client(command) as client:
        names = [one.name for one in (await client.list_tools()).tools]
        found = await client.call_tool("get", {"id": "a"})
        refused = await client.call_tool("pay", {"to": "a", "amount": 1})
    steps = [json.loads(line) for line in (tmp_path / "steps.jsonl").read_text().splitlines()]
    assert (names, found.structured_content) == (["get", "pay"], {"id": "a", "total": 5, "card": "4111"})
    assert (refused.is_error, (refused.meta or {})["trimtab/status"]) == (True, "waiting")
    assert [one.get("tool") for one in steps if one["kind"] == "tool"] == ["get", "pay"]
    assert len({one["session"] for one in steps}) == 1


def test_what_is_wrong_is_said_on_standard_error(tmp_path: Path) -> None:
    path = tmp_path / "mcp.yaml"
    path.write_text("apiVersion: trimtab/v1\nkind: McpGateway\nspec:\n  servers: [")
    bad = started(path)
    missing = started(tmp_path / "nothing.yaml")
    assert (bad.returncode, bad.stdout, missing.returncode, missing.stdout) == (2, "", 2, "")
    assert "mcp.yaml:5: no YAML" in bad.stderr
    assert "cannot read" in missing.stderr


def test_a_command_that_is_not_there_is_named_and_the_others_serve(tmp_path: Path) -> None:
    servers = {"desk": peer(tmp_path), "gone": {"command": ["no-such-command"]}}
    path = written(tmp_path, {"desk__get": {"effect": "read"}}, servers)
    table, rows = started(path, "--check"), started(path, "--check", "--json")
    assert (table.returncode, rows.returncode) == (1, 1)
    assert "server gone cannot be used: there is no such command: no-such-command" in table.stderr
    found = json.loads(rows.stdout)
    offered = [one["tool"] for one in found["tools"] if one["offered"]]
    assert (offered, list(found["down"])) == (["desk__get"], ["gone"])


def test_check_says_what_the_contract_says_of_each_tool_beside_what_the_server_says(tmp_path: Path) -> None:
    tools = {"pay": {"effect": "irreversible", "timeout": "5s", "arguments": {"to": {"from": ["user"]}}}}
    found = started(written(tmp_path, tools, {"desk": peer(tmp_path)}), "--check", "--json")
    rows: dict[str, Any] = {one["tool"]: one for one in json.loads(found.stdout)["tools"]}
    assert found.returncode == 0
    assert rows["pay"]["contract"] == "irreversible, 5 s, rules for to"
    (warning,) = rows["pay"]["warnings"]
    assert warning.startswith("to: only from user, which no gateway hears, so every call with it is asked")
    assert rows["get"]["warnings"] == []
    assert (rows["pay"]["server_says"], rows["pay"]["offered"]) == (["only reads"], True)
    assert (rows["get"]["why_not"], rows["get"]["offered"]) == ("the contract does not list it", False)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_it_is_asked_to_and_leaves_nothing_behind(
    tmp_path: Path, number: signal.Signals
) -> None:
    path = written(tmp_path, READS, {"desk": peer(tmp_path)})
    with subprocess.Popen(
        [TRIMTAB, "mcp-gateway", "--config", str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path / "state")},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        hello = {
            "protocolVersion": "2025-11-25",
            "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"},
        }
        asked = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}
        process.stdin.write(json.dumps(asked) + "\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 0
    assert answer["result"]["capabilities"]["tools"] == {"listChanged": True}
    left = subprocess.run(["pgrep", "-f", f"peer.py {tmp_path}"], capture_output=True, text=True)
    assert left.stdout == ""


async def test_one_that_listens_says_where_and_stops_with_a_client_still_there(tmp_path: Path) -> None:
    path = written(tmp_path, READS, {"desk": peer(tmp_path)}, listen={"port": 0})
    with subprocess.Popen(  # noqa: ASYNC220 - it returns at once
        [TRIMTAB, "mcp-gateway", "--config", str(path)],
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path / "state")},
    ) as process:
        assert process.stderr is not None
        said = process.stderr.readline().split()
        client = await Client(said[-1]).__aenter__()
        found = await client.call_tool("get", {"id": "a"})
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, PATIENCE_S) == 0
        with contextlib.suppress(Exception):
            await client.__aexit__(None, None, None)
    assert (said[:3], found.is_error) == (["trimtab:", "listening", "on"], False)


def test_it_stops_also_while_it_waits_for_a_server(tmp_path: Path) -> None:
    (tmp_path / "mute.py").write_text("import pathlib, sys; pathlib.Path('begun').touch(); sys.stdin.read()")
    mute = {"command": [sys.executable, "mute.py"], "folder": "."}
    path = written(tmp_path, READS, {"mute": mute})
    with subprocess.Popen(
        [TRIMTAB, "mcp-gateway", "--config", str(path)],
        stdin=subprocess.PIPE,
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path / "state")},
    ) as process:
        ends_s = time.monotonic() + PATIENCE_S
        while not (tmp_path / "begun").exists() and time.monotonic() < ends_s:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
