"""What a contract keeps on the machine, and what `init` says where it cannot."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import trimtab
from trimtab.edge.runtime import Command
from trimtab.vocabulary.contract import Rejected
from trimtab.vocabulary.kernel import Invalid

CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: payer}
spec:
  tools:
    pay: {effect: unkeyed_write}
"""
PROGRAM = """
import sys, trimtab

@trimtab.tool
def pay(order: str) -> dict:
    print("paid", order)
    return {"order": order}

trimtab.init(contract=sys.argv[1])
with trimtab.session("chat-1", user="ann"):
    print(pay("o-1"))
"""


@pytest.fixture
def contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "pay.yaml"
    path.write_text(CONTRACT)
    return path


def run(contract: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(contract)], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


def test_a_restart_remembers_what_was_done(contract: Path, tmp_path: Path) -> None:
    assert run(contract) == ["paid o-1", "{'order': 'o-1'}"]
    assert run(contract) == ["{'order': 'o-1'}"]
    folder = tmp_path / "state" / "trimtab" / "contracts" / "payer"
    assert sorted(path.name for path in folder.iterdir() if "-" not in path.name) == ["ledger.db", "secret"]
    assert stat.S_IMODE((folder / "secret").stat().st_mode) == 0o600
    assert len((folder / "secret").read_bytes()) == 32


def test_a_contract_with_a_fault_stops_the_program(contract: Path) -> None:
    contract.write_text(CONTRACT.replace("unkeyed_write", "unkeyed_wriet"))
    with pytest.raises(Rejected, match=r"pay\.yaml:7: effect is 'unkeyed_wriet'") as rejected:
        trimtab.init(contract=contract)
    assert rejected.value.__notes__ == ["did you mean unkeyed_write?"]
    with pytest.raises(Invalid, match=r"cannot read .*nowhere\.yaml"):
        trimtab.init(contract=contract.with_name("nowhere.yaml"))


@pytest.mark.skipif(os.name != "posix", reason="/dev/null is a file of POSIX")
def test_a_ledger_that_cannot_be_written_stops_the_program(contract: Path) -> None:
    with pytest.raises(Invalid, match="ledger /dev/null/x cannot be opened") as refused:
        trimtab.init(contract=contract, ledger="/dev/null/x")
    assert "ledger=False" in refused.value.hint


def test_a_shared_ledger_needs_a_shared_secret(contract: Path) -> None:
    with pytest.raises(Invalid, match="one secret for all"):
        trimtab.init(contract=contract, ledger=object())


def test_the_environment_names_the_contract(contract: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIMTAB_CONTRACT", str(contract))
    trimtab.init(ledger=False)

    @trimtab.tool("pay")
    def pay(order: str) -> str:
        return order + os.urandom(4).hex()

    with trimtab.session() as s:
        assert pay("o-1") == pay("o-1")
        assert s.tools(["pay"]) == ["pay"]


def test_other_json_beside_a_contract_is_not_read(contract: Path) -> None:
    contract.with_name("other.json").write_bytes(b"\xff\xfe")
    trimtab.init(contract=contract, ledger=False)


def test_the_sdk_without_a_contract_does_not_load_one() -> None:
    code = "import sys, trimtab; trimtab.tool(print); trimtab.init(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not {"trimtab.edge.runtime", "trimtab.vocabulary.contract", "pydantic", "jsonschema_rs"} & loaded


def test_a_command_is_a_tool(contract: Path, tmp_path: Path) -> None:
    contract.write_text(
        CONTRACT.replace("pay: {effect: unkeyed_write}", "count: {effect: read, timeout: 20s}")
    )
    count = trimtab.tool("count")(Command(["wc", "-c"], confine="where_possible"))
    assert count(text="abc") == len('{"text": "abc"}')
    trimtab.init(contract=contract, log=tmp_path / "log.jsonl")
    with trimtab.session():
        assert count(text="abc") == len('{"text": "abc"}')
    trimtab.shutdown()
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["name"] for line in lines if line["kind"] == "tool"] == ["execute_tool count"]


def test_observed_a_command_that_fails_ran_once(contract: Path, tmp_path: Path) -> None:
    contract.write_text(CONTRACT.replace("  tools:", "  mode: observe\n  tools:"))
    ran: list[int] = []

    class Once:
        def __call__(self, args: Any, context: Any) -> Any:
            ran.append(1)
            raise LookupError("gone")

        async def acall(self, args: Any, context: Any) -> Any:
            return self(args, context)

    pay = trimtab.tool("pay")(Once())
    trimtab.init(contract=contract, ledger=tmp_path / "ledger.db")
    with trimtab.session(), pytest.raises(LookupError):
        pay(order="o-1")
    assert ran == [1]
