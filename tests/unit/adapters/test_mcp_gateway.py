"""The gateway of MCP between the official client and the official server, in one process."""

from pathlib import Path

import mcp_types as types
import pytest
from tests.support.mcp.gateways import at_work, peer, written

READS = {name: {"effect": "read"} for name in ("get", "note", "picture", "err", "steps")}
FOR_GOOD = {"pay": {"effect": "irreversible"}, "pay_and_err": {"effect": "irreversible"}}


def paid(folder: Path) -> int:
    file = folder / "paid"
    return len(file.read_text().splitlines()) if file.exists() else 0


def reasons(result: types.CallToolResult) -> list[str]:
    return (result.meta or {})["trimtab/reasons"]


async def test_results_go_through_as_they_came(tmp_path: Path) -> None:
    async with at_work(written(tmp_path, READS, {"desk": peer(tmp_path)})) as desk:
        picture = await desk.call("picture")
        err = await desk.call("err")
        got = await desk.call("get", id="a")
    assert [one.type for one in picture.content] == ["image", "text", "resource"]
    assert (picture.content[0].data, (picture.meta or {})["peer/kept"]) == ("aGVsbG8=", True)
    assert (err.is_error, err.content[0].text) == (True, "it did not work out")
    assert got.structured_content == {"id": "a", "total": 5, "card": "4111"}


async def test_only_what_the_contract_lists_is_offered_and_called(tmp_path: Path) -> None:
    async with at_work(written(tmp_path, {"get": {"effect": "read"}}, {"desk": peer(tmp_path)})) as desk:
        assert await desk.names() == {"get"}
        denied = await desk.call("pay", to="a", amount=1)
        with pytest.raises(Exception, match="Unknown tool: nothing"):
            await desk.call("nothing")
    assert (denied.is_error, reasons(denied), paid(tmp_path)) == (True, ["unlisted"], 0)


async def test_a_hint_that_lies_changes_nothing(tmp_path: Path) -> None:
    """The peer says of every tool that it only reads; the contract, which knows better, is what counts."""
    tools = {"pay": {"effect": "irreversible", "arguments": {"amount": {"max": 10}}}}
    async with at_work(written(tmp_path, tools, {"desk": peer(tmp_path)})) as desk:
        (offer,) = desk.behind.offers.offered
        assert offer.definition.annotations == {"readOnlyHint": True}
        first = await desk.call("pay", to="a", amount=5)
        again = await desk.call("pay", to="a", amount=5)
        denied = await desk.call("pay", to="a", amount=50)
    assert first.structured_content == again.structured_content == {"paid": 5}
    assert (reasons(denied), denied.is_error, paid(tmp_path)) == (["bounds"], True, 1)
    assert "amount is 50 (at most 10)" in denied.content[0].text


@pytest.mark.parametrize("mode", ["observe", "off"])
async def test_where_nothing_is_enforced_nothing_is_stopped(tmp_path: Path, mode: str) -> None:
    tools = {"pay": {"effect": "irreversible", "arguments": {"amount": {"max": 10}}}}
    path = written(tmp_path, tools, {"desk": peer(tmp_path)}, under={"mode": mode})
    async with at_work(path) as desk:
        first = await desk.call("pay", to="a", amount=50)
        again = await desk.call("pay", to="a", amount=50)
        err = await desk.call("err")
        step = desk.steps.of_kind("tool")[0]["attributes"]
    assert (first.is_error, again.is_error, paid(tmp_path)) == (False, False, 2)
    assert err.content[0].text == "it did not work out"
    assert step.get("trimtab.contract.would") == ("deny" if mode == "observe" else None)


async def test_a_call_is_a_step_as_opentelemetry_wants_it(tmp_path: Path) -> None:
    async with at_work(written(tmp_path, READS, {"desk": peer(tmp_path)})) as desk:
        await desk.call("get", id="a")
        await desk.call("err")
        good, bad = desk.steps.of_kind("tool")
    wanted = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "get",
        "mcp.method.name": "tools/call",
        "network.transport": "pipe",
        "trimtab.mcp.server": "desk",
    }
    assert {name: good["attributes"].get(name) for name in wanted} == wanted
    assert good["attributes"]["mcp.session.id"] == good["session"]
    assert good["attributes"]["mcp.protocol.version"] == "2025-11-25"
    assert (good["error"], bad["error"]["type"]) == (None, "tool_error")


async def test_an_error_after_something_that_cannot_be_repeated_is_not_taken_for_a_no(tmp_path: Path) -> None:
    async with at_work(written(tmp_path, FOR_GOOD, {"desk": peer(tmp_path)})) as desk:
        first = await desk.call("pay_and_err", to="a", amount=5)
        again = await desk.call("pay_and_err", to="a", amount=5)
        step = desk.steps.of_kind("tool")[0]
    assert [(one.meta or {})["trimtab/status"] for one in (first, again)] == ["unknown", "unknown"]
    assert first.content[-1].text == "it did not work out"
    assert (paid(tmp_path), step["error"]["type"]) == (1, "tool_error")


async def test_a_server_whose_errors_say_that_nothing_was_done_is_believed(tmp_path: Path) -> None:
    servers = {"desk": peer(tmp_path) | {"errors": "nothing_done"}}
    async with at_work(written(tmp_path, FOR_GOOD, servers)) as desk:
        first = await desk.call("pay_and_err", to="a", amount=5)
        again = await desk.call("pay_and_err", to="a", amount=5)
    assert (first.content[0].text, first.meta) == ("it did not work out", None)
    assert (again.is_error, (again.meta or {})["trimtab/status"]) == (True, "failed")


async def test_what_is_hidden_does_not_slip_through_beside_the_fields(tmp_path: Path) -> None:
    hides = {"effect": "read", "output": {"hidden": ["card"]}}
    tools = {"get": hides, "note": hides}
    async with at_work(written(tmp_path, tools, {"desk": peer(tmp_path)})) as desk:
        found = [await desk.call("get", id="a"), await desk.call("note", id="a")]
    assert "4111" not in str([one.model_dump() for one in found])
    assert found[0].structured_content["total"] == 5


async def test_words_beside_the_fields_are_a_strangers(tmp_path: Path) -> None:
    """Where an account was read in a text, the model did not think of it itself."""
    tools = {
        "note": {"effect": "read"},
        "pay": {"effect": "irreversible", "arguments": {"to": {"from": ["model"], "otherwise": "deny"}}},
    }
    async with at_work(written(tmp_path, tools, {"desk": peer(tmp_path)})) as desk:
        own = await desk.call("pay", to="DE11", amount=1)
        await desk.call("note", id="a")
        planted = await desk.call("pay", to="DE99", amount=1)
    assert (own.is_error, planted.is_error, reasons(planted)) == (False, True, ["source"])


async def test_progress_is_handed_on(tmp_path: Path) -> None:
    seen: list[tuple[float, float | None, str | None]] = []

    async def progress(progress: float, total: float | None, message: str | None) -> None:
        seen.append((progress, total, message))

    async with at_work(written(tmp_path, READS, {"desk": peer(tmp_path)})) as desk:
        await desk.client.call_tool("steps", {}, progress_callback=progress)
    assert seen == [(1.0, 3.0, "step 1"), (2.0, 3.0, "step 2"), (3.0, 3.0, "step 3")]
