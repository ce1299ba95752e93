"""A thousand calls by the official client to an official server that hangs, dies, errs, changes and lies: each counted."""

import os
import subprocess
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import mcp_types as types
import pytest
from mcp import Client
from tests.support.mcp.gateways import before, peer, peer_on_http, until, written
from tests.support.server import TRIMTAB

pytestmark = [pytest.mark.full, pytest.mark.timeout(600)]
CALM = {"minimum": 1000, "window": 1000}
SOON = {"timeout": "200ms", "retry": {"attempts": 2, "backoff": "1ms"}, "breaker": CALM}
PAYS = {"effect": "irreversible", "arguments": {"amount": {"max": 1000}}, "breaker": CALM}
TOOLS: dict[str, dict[str, Any]] = {
    **{name: {"effect": "read"} for name in ("get", "note", "err")},
    "hang": {"effect": "read", **SOON},
    "pay": PAYS,
    "pay_and_hang": {**PAYS, "timeout": "2s"},  # enough to reach the peer on a busy machine
    "pay_and_die": PAYS,
    "pay_and_err": PAYS,
    "change": {"effect": "idempotent_write"},
}
CALLS = 1000


def course(number: int) -> tuple[str, dict[str, Any], str]:
    """Call `number`: its tool, its arguments, and what the contract says must come of it."""
    pay = {"to": "a", "amount": number}
    rare = {
        9: ("hang", {}, "failed"),
        19: ("pay_and_hang", pay, "unknown"),
        29: ("pay_and_die", pay, "unknown"),
        39: ("pay_and_err", pay, "unknown"),
        49: ("pay", {**pay, "amount": 5000}, "refused"),
        59: ("die", {}, "refused"),
        69: ("pay_and_hang", {**pay, "amount": number - 50}, "unknown"),
        79: ("pay_and_die", {**pay, "amount": number - 50}, "unknown"),
        89: ("pay_and_err", {**pay, "amount": number - 50}, "unknown"),
        99: ("note", {"id": "a"}, "ok"),
    }
    if number % 10 == 9:
        return rare[number % 100]
    if number % 10 in (6, 7):
        return "pay", {**pay, "amount": number - number % 10}, "ok"  # the second is the first once more
    return ("err", {}, "tool_error") if number % 10 == 8 else ("get", {"id": str(number)}, "ok")


def ending(result: types.CallToolResult) -> str:
    if not result.is_error:
        return "ok"
    return (result.meta or {}).get("trimtab/status", "tool_error")


class Peers:
    """The peer of a transport, which somebody must start again where it speaks HTTP."""

    def __init__(self, folder: Path, far: bool, stack: ExitStack) -> None:
        self.folder, self.far, self._stack, self._port = folder, far, stack, 0

    def start(self) -> dict[str, Any]:
        if not self.far:
            return peer(self.folder)
        url, _ = self._stack.enter_context(peer_on_http(self.folder, self._port))
        self._port = int(url.split(":")[2].removesuffix("/mcp"))
        return {"url": url}


async def until_back(client: Client) -> None:
    async def back() -> bool:
        return any(one.name == "get" for one in (await client.list_tools()).tools)

    while not await back():
        pass


@pytest.mark.parametrize("far", [False, True], ids=["stdio", "http"])
async def test_a_thousand_calls_end_as_the_contract_says(tmp_path: Path, far: bool) -> None:
    (tmp_path / "peer").mkdir()
    with ExitStack() as stack:
        peers = Peers(tmp_path / "peer", far, stack)
        listen = {"listen": {"port": 0}} if far else {}
        path = written(tmp_path, TOOLS, {"desk": peers.start()}, **listen)
        pin = [TRIMTAB, "mcp-gateway", "--config", str(path), "--pin"]
        subprocess.run(pin, check=True, env=os.environ | {"XDG_STATE_HOME": str(tmp_path / "state")})  # noqa: ASYNC221 - nothing else runs yet
        wrong: list[Any] = []
        ends: Counter[str] = Counter()
        async with before(path, far) as client:
            await until_back(client)
            for number in range(CALLS):
                tool, args, wanted = course(number)
                found = await client.call_tool(tool, args)
                ends[ending(found)] += 1
                if ending(found) != wanted:
                    wrong.append((number, tool, wanted, found))
                if tool == "pay_and_die" and number % 100 == 29:
                    if far:
                        peers.start()
                    await until_back(client)
            await client.call_tool("change", {})
            await until((tmp_path / "peer" / "tools.json").exists)
            names = {one.name for one in (await client.list_tools()).tools}
    assert wrong == []
    assert ends == {"ok": 810, "tool_error": 100, "failed": 10, "unknown": 60, "refused": 20}
    paid = (tmp_path / "peer" / "paid").read_text().splitlines()
    assert len(paid) == 100 + 10 + 10 + 10
    assert names == TOOLS.keys() - {"get"}


def test_the_course_pays_each_sum_once_per_tool() -> None:
    units = Counter(
        (tool, args["amount"])
        for tool, args, end in map(course, range(CALLS))
        if tool.startswith("pay") and end != "refused"
    )
    assert set(units.values()) == {2}
    assert len(units) == 130
