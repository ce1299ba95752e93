"""`trimtab mcp-gateway` between a server and a client that both attack it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.support.mcp.gateways import PATIENCE_S, written
from tests.support.server import TRIMTAB

HOSTILE = Path(__file__).parents[1] / "support" / "mcp" / "hostile.py"
HELLO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
HUGE = (64 << 20) + 10


def started(path: Path, *args: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [TRIMTAB, "mcp-gateway", "--config", str(path), *args],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        input=given,
        env=os.environ | {"XDG_STATE_HOME": str(path.parent / "state")},
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    command = {"command": [sys.executable, str(HOSTILE), str(tmp_path)]}
    return written(tmp_path, {"fine": {"effect": "read"}, "garbage": {"effect": "read"}}, {"bad": command})


def asked(number: int, method: str, **params: Any) -> str:
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n"


def test_what_a_server_says_steers_no_terminal(tmp_path: Path, path: Path) -> None:
    tools = [{"name": "a\x1b[2J[red]\u202eb", "inputSchema": {"type": "object"}}]
    (tmp_path / "tools.json").write_text(json.dumps(tools))
    found = started(path, "--check")
    assert "\x1b" not in found.stdout + found.stderr
    assert "\u202e" not in found.stdout + found.stderr
    assert "a\\x1b[2J[red]\\u202eb is withdrawn: its name is none" in found.stderr


def answers(path: Path, given: str, until: int) -> tuple[list[dict[str, Any]], str, int]:
    """What a client that sends this hears until the answer to one request, the log, and how the gateway ended."""
    command = [TRIMTAB, "mcp-gateway", "--config", str(path)]
    env = os.environ | {"XDG_STATE_HOME": str(path.parent / "state")}
    found: list[dict[str, Any]] = []
    log = path.parent / "log"
    with (
        log.open("w") as said,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, env=env
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(given)
        process.stdin.flush()
        for line in process.stdout:
            found.append(json.loads(line))
            if found[-1].get("id") == until:
                break
        process.stdin.close()
        ended = process.wait(PATIENCE_S)
    return found, log.read_text(), ended


def test_a_client_that_calls_before_it_says_who_it_is_gets_no_call(path: Path) -> None:
    found, _, ended = answers(path, asked(1, "tools/call", name="fine", arguments={}), 1)
    assert (ended, [one["id"] for one in found], "error" in found[0]) == (0, [1], True)


def test_a_message_without_end_is_left_out_and_the_next_is_answered(path: Path) -> None:
    given = asked(1, "initialize", **HELLO) + "x" * HUGE + "\n" + asked(2, "ping")
    found, said, ended = answers(path, given, 2)
    assert (ended, "Traceback" in said) == (0, False)
    assert [one["id"] for one in found if "result" in one] == [1, 2]


def test_lines_that_are_no_messages_do_not_fill_the_log(path: Path) -> None:
    given = asked(1, "initialize", **HELLO) + '{"jsonrpc": "2.0", "method": "notifications/initialized"}\n'
    found, log, ended = answers(path, given + asked(2, "tools/call", name="garbage", arguments={}), 2)
    said = [line for line in log.splitlines() if set(line) != {"x"}]
    assert (ended, found[-1]["result"]["content"][0]["text"]) == (0, "done")
    assert len(said) < 20
