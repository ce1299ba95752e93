"""A clock that is played: steps carry its time, and pauses of a contract move it instead of waiting."""

import json
from pathlib import Path

import pytest

import trimtab
from trimtab.vocabulary.contract import read_contract
from trimtab.vocabulary.kernel import VirtualClock

LONG_AGO_NS = 1_600_000_000_000_000_000
CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: support}
spec:
  mode: enforce
  tools:
    look:
      effect: read
      retry: {attempts: 2, backoff: 15s}
"""


@pytest.mark.timeout(60)
def test_steps_and_pauses_go_by_it(tmp_path: Path) -> None:
    clock, log, calls = VirtualClock(LONG_AGO_NS), tmp_path / "told.jsonl", []

    @trimtab.tool
    def look() -> str:
        calls.append(clock.now_ns())
        if len(calls) == 1:
            raise ConnectionResetError("away")
        return "found"

    contract = read_contract(CONTRACT)
    trimtab.init("support", log=str(log), contract=contract, ledger=False, clock=clock)
    with trimtab.session("s1") as s:
        assert look() == "found"
        s.outcome("success")
    trimtab.shutdown()
    assert calls[0] == LONG_AGO_NS
    assert calls[1] > calls[0], "the pause moved the clock, which nothing else does"
    starts = [json.loads(line)["time"] for line in log.read_text().splitlines()]
    assert all(str(one).startswith("2020-09-13") for one in starts), starts
