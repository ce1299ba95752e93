"""A control document at work on an agent: what its tools do, what its steps say; and when nothing is asked."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import trimtab
from trimtab.edge.sdk.control.watch import HELD
from trimtab.edge.sdk.tools.held import at_work
from trimtab.vocabulary.contract import narrow, parse_overlay

CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: support}
spec:
  mode: MODE
  tools: {look: {effect: read}}
"""


@pytest.fixture
def contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    path = tmp_path / "contract.yaml"
    path.write_text(CONTRACT.replace("MODE", "enforce"))
    yield path
    trimtab.shutdown(1)


@trimtab.tool
def look() -> str:
    return "seen"


def obey(overlay: str, version: int) -> None:
    bound = at_work()
    assert bound
    bound.obey(narrow(bound.contract, parse_overlay(overlay)), version)


def test_steps_say_which_version_is_obeyed(contract: Path) -> None:
    with trimtab.testing(contract=contract) as told, trimtab.session():
        assert look() == "seen"
        obey("tool_off:look", 7)
        with pytest.raises(trimtab.Stopped) as stopped:
            look()
    assert stopped.value.code == "withdrawn"
    before, after = (one["attributes"] for one in told.of_kind("tool"))
    assert "trimtab.control.version" not in before
    assert (after["trimtab.control.version"], after["trimtab.contract.verdict"]) == (7, "deny")


def test_where_nothing_is_enforced_it_is_told_what_would_be(contract: Path) -> None:
    observing = CONTRACT.replace("MODE", "observe")
    with trimtab.testing(contract=observing) as told, trimtab.session():
        obey("tool_off:look", 7)
        assert look() == "seen"
    (one,) = (one["attributes"] for one in told.of_kind("tool"))
    assert (one["trimtab.contract.verdict"], one["trimtab.contract.would"]) == ("allow", "deny")
    assert one["trimtab.control.version"] == 7


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"control": "trimtab/control+abc"}, "is no check of signatures"),
        ({"control": bool}, "needs a contract and a server"),
        ({"ask": "server"}, "ask='server' needs control"),
        ({}, ""),
    ],
)
def test_what_is_not_configured_is_not_asked_for(
    contract: Path, more: dict[str, Any], said: str, caplog: pytest.LogCaptureFixture
) -> None:
    trimtab.init(contract=contract, **more)
    assert HELD.watch is None
    assert [one for one in caplog.messages if "control" in one] == [one for one in caplog.messages if said]
    assert all(said in one for one in caplog.messages)
    assert bool(said) == bool(caplog.messages)


def test_a_watch_ends_with_what_began_it(contract: Path) -> None:
    trimtab.init("support", contract=contract, endpoint="http://127.0.0.1:9", control=bool, spool=False)
    first = HELD.watch
    assert first
    trimtab.init("support", contract=contract, endpoint="http://127.0.0.1:9", control=bool, spool=False)
    assert HELD.watch not in (first, None)
    assert first._ended.is_set()
    trimtab.shutdown(1)
    assert HELD.watch is None


def test_without_it_nothing_of_it_is_loaded(contract: Path) -> None:
    code = f"import sys, trimtab; trimtab.init(contract={str(contract)!r}); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not [one for one in done.stdout.split() if one.startswith("trimtab.edge.sdk.control")]
