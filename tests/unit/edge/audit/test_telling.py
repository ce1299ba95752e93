"""What an agent did is in its log: before it happens where it cannot be taken back, and without anybody's data."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import trimtab
from trimtab.adapters.ed25519 import Ed25519Key, check
from trimtab.edge.audit import AuditLog, Pace, Writer, read_log, read_logs
from trimtab.edge.runtime import UNWRITABLE, Failed, Runtime
from trimtab.edge.sdk import warn
from trimtab.edge.sdk.tools.ask import RanOut
from trimtab.vocabulary.audit import Keys, inspect, read_note
from trimtab.vocabulary.contract import Grant, parse_overlay, read_contract
from trimtab.vocabulary.contract import narrow as narrowed
from trimtab.vocabulary.kernel import VirtualClock

TEXT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: support}
spec:
  mode: enforce
  ruleOfTwo: "off"
  tools:
    look: {effect: read, output: {trusted: true}, retry: {attempts: 1}}
    note: {effect: idempotent_write, undo: {tool: erase, arguments: {text: args.text}}, retry: {attempts: 1}}
    erase: {effect: idempotent_write, retry: {attempts: 1}}
    pay: {effect: irreversible, approval: {when: args.amount > 50}, retry: {attempts: 1}}
    seen: {effect: irreversible, mode: observe}
  checks:
    - {at: input, when: "text.contains('DROP')", then: deny, message: Not so.}
"""
SECRETS = ("DE89370400440532013000", "ann.example", "the-tenant", "very private")
IBAN, USER, TENANT, NOTE = SECRETS


class Shop:
    """An agent with an audit log, and tools that do as they are told."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock, self.warned = folder, VirtualClock(), list[str]()
        self.steady_ns = 0
        self.wrong: list[BaseException] = []
        self.called: list[str] = []
        self.log = self.fresh()
        self.runtime = Runtime(
            read_contract(TEXT),
            {name: self.tool(name) for name in ("look", "note", "erase", "pay", "seen")},
            secret=b"secret",
            clock=self.clock,
            sleep=self.clock.advance,
            audit=self.log,
        )
        self.session = self.runtime.session("s1", user=USER, tenant=TENANT)

    def fresh(self) -> AuditLog:
        writer = Writer(
            self.folder, "support", self.clock, make_key=Ed25519Key.kept, pace=Pace(gather_s=3600)
        )
        log = AuditLog(writer, self.clock, b"secret", release="v7", whose=lambda: ("a" * 32, "b" * 16))
        return log.warning(self.warned.append)

    def tool(self, name: str) -> Any:
        def run(args: Any, context: Any) -> Any:
            self.called.append(name)
            if self.wrong:
                raise self.wrong.pop()
            return {"id": f"{name}-1"}

        return run

    def entries(self) -> list[dict[str, Any]]:
        self.log.flush()
        return [json.loads(line) for one in read_logs(self.folder) for file in one.segments for line in file]

    def told(self) -> list[tuple[str, str]]:
        """Event and tool of all that the log did not say of itself."""
        return [(one["event"], one.get("tool", "")) for one in self.entries() if "session" in one]

    def block(self) -> None:
        """From now on the log cannot be written."""
        self.log.flush()
        subprocess.run(["rm", "-r", str(self.folder)], check=True)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    found = Shop(tmp_path / "audit")
    yield found
    found.log.close()


def test_who_what_when_why_and_by_which_contract(shop: Shop) -> None:
    shop.runtime.call(shop.session, "note", {"text": NOTE})
    decision, started, settled = [one for one in shop.entries() if "session" in one]
    assert [one["event"] for one in (decision, started, settled)] == [
        "decision",
        "call.started",
        "call.settled",
    ]
    assert decision["decision"] == "allow"
    assert decision["detail"] == {"mode": "enforce"}
    for one in (decision, started, settled):
        assert one["at_ns"] == shop.clock.now_ns()
        assert one["agent"] == "support"
        assert one["release"] == "v7"
        assert one["session"] == "s1"
        assert (one["trace_id"], one["span_id"]) == ("a" * 32, "b" * 16)
        assert (one["tool"], one["effect"]) == ("note", "idempotent_write")
        assert one["contract"] == read_contract(TEXT).digest
        assert len(one["who"]) == len(one["tenant"]) == 32
    assert started["unit"] == settled["unit"]
    assert started["args_digest"] == decision["args_digest"]
    assert settled["result_digest"]
    assert settled["detail"] == {"attempts": 1, "certainty": "unverified"}


def test_nobodys_data_is_in_it_nor_a_digest_that_can_be_guessed(shop: Shop) -> None:
    shop.runtime.call(shop.session, "note", {"text": NOTE, "to": IBAN})
    shop.wrong.append(Failed(f"no account {IBAN} of {USER}"))
    shop.runtime.call(shop.session, "pay", {"amount": 7, "to": IBAN})
    shop.runtime.call(shop.session, "pay", {"amount": 99, "to": IBAN})
    shop.runtime.call(shop.session, "none", {"text": NOTE})
    shop.log.flush()
    raw = b"".join(one.read_bytes() for one in shop.folder.rglob("*") if one.is_file())
    assert not [one for one in SECRETS if one.encode() in raw]
    other = AuditLog(shop.log.writer, shop.clock, b"another secret")
    assert shop.log.digest("person", USER) != other.digest("person", USER)
    assert shop.log.digest("person", USER) == shop.fresh().digest("person", USER), "the same after a restart"


def test_each_way_to_end_has_its_event(shop: Shop) -> None:
    shop.runtime.call(shop.session, "look", {})
    shop.wrong.append(Failed("no"))
    shop.runtime.call(shop.session, "look", {"n": 1})
    shop.wrong.append(TimeoutError("no answer"))
    shop.runtime.call(shop.session, "pay", {"amount": 1})
    shop.runtime.call(shop.session, "pay", {"amount": 99})
    shop.runtime.call(shop.session, "nothing", {})
    assert shop.told() == [
        ("decision", "look"),
        ("call.settled", "look"),
        ("decision", "look"),
        ("call.failed", "look"),
        ("decision", "pay"),
        ("call.started", "pay"),
        ("call.unknown", "pay"),
        ("decision", "pay"),
        ("approval.requested", "pay"),
        ("decision", "nothing"),
    ]
    last = shop.entries()[-1]
    assert (last["decision"], last["reasons"]) == ("deny", ["unlisted"])


def test_a_call_that_is_broken_off(shop: Shop) -> None:
    shop.wrong.append(ValueError(f"nothing known of {IBAN}"))
    with pytest.raises(ValueError, match="nothing known"):
        shop.runtime.call(shop.session, "seen", {})
    assert shop.told() == [("decision", "seen"), ("call.started", "seen"), ("call.unknown", "seen")]
    assert shop.entries()[-1]["detail"] == {"error": "ValueError"}


def test_approvals_and_what_is_taken_back(shop: Shop) -> None:
    asked = shop.runtime.call(shop.session, "pay", {"amount": 99})
    need = asked.decision.need if asked.decision else None
    assert need is not None
    grant = Grant(
        id="g1",
        approver="boss",
        tool="pay",
        args_digest=need.args_digest,
        contract_digest=need.contract_digest,
        granted_ns=shop.clock.now_ns(),
        role=need.role,
    )
    shop.runtime.call(shop.session, "pay", {"amount": 99}, grants=(grant,))
    assert shop.told()[2:] == [
        ("decision", "pay"),
        ("call.started", "pay"),
        ("approval.used", "pay"),
        ("call.settled", "pay"),
    ]
    assert [one["approval"] for one in shop.entries() if one["event"] == "approval.used"] == ["g1"]
    shop.runtime.call(shop.session, "note", {"text": NOTE})
    shop.runtime.undo(shop.session)
    assert shop.told()[-2:] == [("call.started", "erase"), ("call.compensated", "erase")]


def test_other_contracts_and_overlays(shop: Shop) -> None:
    contract = read_contract(TEXT)
    shop.runtime.obey(read_contract(TEXT.replace("args.amount > 50", "args.amount > 9")))
    shop.runtime.obey(contract)
    overlay = parse_overlay("tool_off:pay")
    shop.runtime.obey(narrowed(contract, overlay))
    changes = [one for one in shop.entries() if one["event"].endswith(".changed")]
    assert [one["event"] for one in changes] == ["contract.changed", "contract.changed", "control.changed"]
    assert changes[2]["detail"]["overlays"] == "tool_off:pay"
    assert changes[1]["contract"] == contract.digest


def test_the_clock_jumps(shop: Shop) -> None:
    shop.log.watching(lambda: shop.steady_ns)
    shop.runtime.call(shop.session, "look", {})
    shop.clock.advance(600)
    shop.steady_ns += 600 * 10**9
    shop.runtime.call(shop.session, "look", {"n": 1})
    shop.clock.advance(-3600)
    shop.runtime.call(shop.session, "look", {"n": 2})
    jumps = [one["detail"] for one in shop.entries() if one["event"] == "clock.jumped"]
    assert jumps == [{"milliseconds": -3_600_000}]


def test_what_cannot_be_taken_back_is_not_done_where_it_cannot_be_told(shop: Shop) -> None:
    shop.runtime.call(shop.session, "look", {})
    shop.block()
    outcome = shop.runtime.call(shop.session, "pay", {"amount": 1})
    assert (outcome.status, outcome.code, outcome.source) == ("refused", UNWRITABLE, "none")
    assert "the audit log cannot be written" in outcome.message
    assert "was removed" in outcome.message
    assert "pay" not in shop.called
    for name in ("look", "note", "seen"):
        assert shop.runtime.call(shop.session, name, {"text": NOTE}).status == "succeeded", "all else goes on"
    assert shop.runtime.undo(shop.session).undone, "also what is taken back"
    assert shop.warned
    shop.folder.mkdir()
    assert shop.runtime.call(shop.session, "pay", {"amount": 1}).status == "succeeded", "nothing was used up"
    told = shop.told()
    assert told.count(("call.started", "pay")) == 1
    assert ("call.settled", "seen") in told, "what happened meanwhile was kept"


KILLED = """
import os, signal, sys
import trimtab
@trimtab.tool
def pay(amount: int) -> str:
    os.kill(os.getpid(), signal.SIGKILL)
    return "paid"
trimtab.init("support", contract=sys.argv[1], audit=sys.argv[2], ledger=False)
with trimtab.session("s9", user="ann"):
    pay(7)
"""


def test_killed_while_a_tool_runs_that_cannot_be_taken_back_the_entry_is_there(tmp_path: Path) -> None:
    contract = tmp_path / "contract.yaml"
    contract.write_text(TEXT)
    done = subprocess.run([sys.executable, "-c", KILLED, str(contract), str(tmp_path / "audit")])
    assert done.returncode == -signal.SIGKILL
    lines = [json.loads(line) for one in read_log(tmp_path / "audit" / "000").segments for line in one]
    assert [one["event"] for one in lines] == ["log.opened", "decision", "call.started"]
    assert (lines[-1]["tool"], lines[-1]["effect"]) == ("pay", "irreversible")
    assert len(lines[-1]["trace_id"]) == 32


@trimtab.tool
def pay(amount: int) -> str:
    """Pay."""
    return "paid"


@trimtab.tool
def look() -> str:
    """Look."""
    return "seen"


@pytest.fixture
def contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    for name in ("TRIMTAB_URL", "TRIMTAB_KEY", "TRIMTAB_LOG", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    warn.forget()
    path = tmp_path / "contract.yaml"
    path.write_text(TEXT)
    yield path
    trimtab.shutdown(2)


def test_init_keeps_a_log_where_something_cannot_be_taken_back(contract: Path, tmp_path: Path) -> None:
    trimtab.init("support", contract=contract)
    with trimtab.session("s1", user="ann"):
        pay(7)
    trimtab.shutdown(2)
    place = tmp_path / "state" / "trimtab" / "contracts" / "support" / "audit"
    assert [json.loads(one)["event"] for one in read_log(place / "000").segments[0]][-1] == "log.closed"
    harmless = tmp_path / "harmless.yaml"
    harmless.write_text(TEXT.replace("irreversible", "read").replace("name: support", "name: other"))
    trimtab.init("other", contract=harmless)
    with trimtab.session("s1"):
        look()
    trimtab.shutdown(2)
    assert not (tmp_path / "state" / "trimtab" / "contracts" / "other" / "audit").exists()


def test_init_writes_where_it_is_told_signed_and_with_a_persons_answer(
    contract: Path, tmp_path: Path
) -> None:
    place = tmp_path / "audit"
    answers = [["boss"], [], RanOut()]
    trimtab.init(
        "support",
        contract=contract,
        audit=place,
        audit_key=Ed25519Key.kept,
        version="v3",
        ask=lambda question: answers.pop(0),
    )
    with trimtab.session("s1", user="ann") as s:
        assert pay(99) == "paid"
        with pytest.raises(trimtab.Stopped):
            pay(98)
        with pytest.raises(trimtab.Stopped):
            pay(97)
        with pytest.raises(trimtab.Stopped):
            s.input("DROP all")
    trimtab.shutdown(2)
    found = read_log(place / "000")
    lines = [json.loads(line) for one in found.segments for line in one]
    events = [one["event"] for one in lines]
    assert events.count("approval.granted") == events.count("approval.denied") == 1
    assert events.count("approval.expired") == 1
    granted = next(one for one in lines if one["event"] == "approval.granted")
    assert granted["actor"] == "human"
    assert "boss" not in json.dumps(lines)
    assert lines[-2]["detail"] == {"mode": "enforce", "point": "input"}
    assert {one["release"] for one in lines if one.get("tool")} == {"v3"}
    assert found.key is not None
    report = inspect(
        found.segments, [read_note(one) for one in found.notes], Keys(log=found.key, check=check)
    )
    assert report.whole
    assert report.signed == report.entries == len(lines)


def test_flush_writes_it(contract: Path, tmp_path: Path) -> None:
    trimtab.init("support", contract=contract, audit=tmp_path / "audit")
    with trimtab.session("s1"):
        look()
    assert trimtab.flush()
    lines = [json.loads(line) for one in read_log(tmp_path / "audit" / "000").segments for line in one]
    assert [one["event"] for one in lines] == ["log.opened", "decision", "call.settled"]


def test_a_log_can_be_refused_and_then_nothing_depends_on_it(contract: Path, tmp_path: Path) -> None:
    trimtab.init("support", contract=contract, audit=False)
    with trimtab.session("s1"):
        assert pay(7) == "paid"
    assert not list((tmp_path / "state").rglob("audit"))


def test_a_place_that_cannot_be_written(contract: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    trimtab.init("support", contract=contract, audit=tmp_path / "file" / "audit")
    with trimtab.session("s1"):
        assert look() == "seen"
        with pytest.raises(trimtab.Stopped) as caught:
            pay(7)
    assert caught.value.code == UNWRITABLE
    assert [one for one in warn.told if "audit log cannot be written" in one]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_has_a_log_of_its_own(contract: Path, tmp_path: Path) -> None:
    code = """
import os, sys, trimtab
@trimtab.tool
def pay(amount: int) -> str:
    return "paid"
trimtab.init("support", contract=sys.argv[1], audit=sys.argv[2], ledger=False)
with trimtab.session("parent"):
    pay(1)
child = os.fork()
with trimtab.session("child" if child == 0 else "again"):
    pay(2)
if child == 0:
    trimtab.shutdown(2)
    os._exit(0)
ended = os.waitpid(child, 0)[1]
trimtab.shutdown(2)
sys.exit(ended)
"""
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(contract), str(tmp_path / "audit")], check=True
    )
    sessions = [
        {json.loads(line).get("session", "") for file in one.segments for line in file}
        for one in read_logs(tmp_path / "audit")
    ]
    assert sessions == [{"", "parent", "again"}, {"", "child"}]
