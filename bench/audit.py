"""What it costs to write down what an agent does, and to check it: entries on disk a second, and what a verifier needs for one."""

import importlib.util
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from bench.outcome import Line, Outcome, at_least, no_target
from trimtab.adapters.ed25519 import Ed25519Key, check
from trimtab.app.cli.evidence import commands
from trimtab.edge.audit import AuditLog, Writer, read_log
from trimtab.edge.audit.writer import Said
from trimtab.edge.runtime import Session, Told
from trimtab.vocabulary.audit import Keys, inspect, leaf_hash, prove_inclusion, read_note
from trimtab.vocabulary.contract import read_contract
from trimtab.vocabulary.kernel import SystemClock

CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: shop}
spec:
  tools:
    refund: {effect: irreversible}
"""
TARGET = 50_000
GROUP = 500
PARTS = {
    "agent": "shop",
    "session": "5f0c" * 8,
    "trace_id": "4bf9" * 8,
    "span_id": "00f0" * 4,
    "tool": "refund",
    "effect": "irreversible",
    "args_digest": "9a3c" * 8,
    "contract": "77de" * 16,
    "decision": "allow",
    "who": "ab12" * 8,
    "release": "2026.11.1",
}


def run(*, quick: bool) -> Outcome:
    """Write logs into a new folder and check them; `quick` writes fewer entries."""
    count = 20_000 if quick else 200_000
    rounds = 2 if quick else 5
    raw: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        raw["written"] = best(rounds, lambda at: written(folder / f"written{at}", count))
        raw["told"] = best(rounds, lambda at: told(folder / f"told{at}", count // 4))
        raw["bare"] = best(rounds, lambda at: bare(folder / f"bare{at}", count, folder / "written0"))
        raw["first_1"] = first(folder / "first1", 1, 200 if quick else 1000)
        raw["first_8"] = first(folder / "first8", 8, 200 if quick else 1000)
        raw |= checked(folder / "written0")
    return Outcome(name="audit", raw=raw, lines=lines(raw))


def best(rounds: int, once: Callable[[int], float]) -> float:
    """The most of some rounds."""
    return max(once(at) for at in range(rounds))


def written(folder: Path, count: int) -> float:
    """Entries a second, durable, a commit for each group of so many."""
    log = Writer(folder, "shop", SystemClock(), make_key=Ed25519Key.kept)
    begun = time.perf_counter()
    for number in range(count):
        log.say(Said(time.time_ns(), "decision", PARTS))
        if number % GROUP == GROUP - 1:
            assert log.commit()
    log.close()
    return count / (time.perf_counter() - begun)


def told(folder: Path, count: int) -> float:
    """The same from what the runtime tells, with its digests, as the log's own thread commits it."""
    clock, contract = SystemClock(), read_contract(CONTRACT)
    log = AuditLog(Writer(folder, "shop", clock, make_key=Ed25519Key.kept), clock, b"secret")
    session = Session("5f0c" * 8, clock, user="ann", tenant="acme")
    args = {"order": "A-1027", "amount": 12.5, "reason": "arrived broken"}
    begun = time.perf_counter()
    for _ in range(count):
        log.tell(
            Told(event="decision", tool="refund", effect="irreversible", args=args, decision="allow"),
            session,
            contract,
        )
    assert log.flush()
    taken = time.perf_counter() - begun
    log.close()
    return count / taken


def bare(folder: Path, count: int, like: Path) -> float:
    """The same lines into a file, synced as often: no tree, no order of fields, nothing made."""
    line = read_log(like / "000").segments[0][1] + b"\n"
    group = line * GROUP
    begun = time.perf_counter()
    with folder.open("wb", buffering=0) as file:
        for _ in range(count // GROUP):
            file.write(group)
            os.fdatasync(file.fileno())
    return count / (time.perf_counter() - begun)


def first(folder: Path, threads: int, count: int) -> float:
    """Entries a second of those that are waited for before a call begins."""
    log = Writer(folder, "shop", SystemClock())

    def work() -> None:
        for _ in range(count):
            assert not log.write(Said(time.time_ns(), "call.started", PARTS))

    running = [threading.Thread(target=work) for _ in range(threads)]
    begun = time.perf_counter()
    for one in running:
        one.start()
    for one in running:
        one.join()
    taken = time.perf_counter() - begun
    log.close()
    return threads * count / taken


def checked(folder: Path) -> dict[str, float]:
    """Microseconds an entry of both verifiers, and milliseconds of one proof."""
    begun = time.perf_counter()
    found = read_log(folder / "000")
    assert found.key is not None
    notes = [read_note(one) for one in found.notes]
    report = inspect(found.segments, notes, Keys(log=found.key, check=check))
    ours_s = time.perf_counter() - begun
    assert report.whole
    begun = time.perf_counter()
    assert standalone().main([str(folder)], lambda _: None) == 0
    alone_s = time.perf_counter() - begun
    leaves = [leaf_hash(line) for one in found.segments for line in one]
    begun = time.perf_counter()
    prove_inclusion(leaves, len(leaves) // 3)
    return {
        "verify_us": ours_s / report.entries * 1e6,
        "alone_us": alone_s / report.entries * 1e6,
        "proof_ms": (time.perf_counter() - begun) * 1e3,
        "entries": report.entries,
        "bytes": sum(len(line) + 1 for one in found.segments for line in one) / report.entries,
    }


def standalone() -> ModuleType:
    """The verifier that is one file."""
    spec = importlib.util.spec_from_loader("audit_verifier_by_itself", loader=None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    exec(compile(commands.verifier_text(), "verify.py", "exec"), module.__dict__)
    return module


def lines(raw: dict[str, Any]) -> list[Line]:
    """The figures beside their targets."""
    return [
        at_least("entries, durable, in groups", raw["written"], TARGET, "/s", raw["bare"]),
        at_least("entries as the runtime tells them, with digests", raw["told"], TARGET, "/s"),
        no_target("entries waited for, one thread", raw["first_1"], "/s"),
        no_target("entries waited for, eight threads", raw["first_8"], "/s"),
        no_target("checked by trimtab audit verify", raw["verify_us"], "us/entry"),
        no_target("checked by the verifier that is one file", raw["alone_us"], "us/entry"),
        no_target("a proof that an entry is in it", raw["proof_ms"], "ms"),
        no_target("bytes of an entry", raw["bytes"], "B"),
    ]
