"""A real log, what can be done to it, and both verifiers."""

import importlib.util
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

from typer.testing import CliRunner

from trimtab.adapters.ed25519 import Ed25519Key
from trimtab.app.cli.evidence import commands
from trimtab.app.cli.main import app
from trimtab.edge.audit import Pace, Writer, read_log
from trimtab.edge.audit.writer import Said
from trimtab.vocabulary.audit import COSIGNED, Checkpoint, Key, leaf_hash, read_note, root_of
from trimtab.vocabulary.kernel import VirtualClock

WITNESS = Ed25519Key("trimtab.example.com", b"w" * 32)
WITNESS_KEY = str(Key(name=WITNESS.name, public=WITNESS.public, kind=COSIGNED))
Segments = tuple[tuple[bytes, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """A log as it lies there; `seen` is what the auditor kept."""

    origin: str
    private: bytes
    segments: Segments
    notes: tuple[str, ...]
    seen: tuple[str, ...] = ()
    witness: str = ""

    @property
    def key(self) -> Ed25519Key:
        return Ed25519Key(self.origin, self.private)

    @property
    def vkey(self) -> str:
        return str(Key(name=self.origin, public=self.key.public))

    @property
    def lines(self) -> list[bytes]:
        return [line for one in self.segments for line in one]

    @property
    def sizes(self) -> list[int]:
        return [int(one.splitlines()[1]) for one in self.notes]

    def flat(self, lines: Sequence[bytes]) -> "Log":
        """With other lines, cut into files as before."""
        starts = [json.loads(one[0])["seq"] for one in self.segments] + [10**9]
        cut = [
            tuple(line for at, line in enumerate(lines) if start <= at < end)
            for start, end in pairwise(starts)
        ]
        return replace(self, segments=tuple(one for one in cut if one))

    def signed_anew(self) -> "Log":
        """As whoever holds the key can do it: every checkpoint over what lies there now."""
        sizes = [min(one, len(self.lines)) for one in self.sizes]
        return replace(self, notes=tuple(self.note(size) for size in dict.fromkeys(sizes)))

    def note(self, size: int) -> str:
        """A checkpoint by the key of the log."""
        root = root_of([leaf_hash(one) for one in self.lines[:size]])
        return str(Checkpoint(origin=self.origin, size=size, root=root).note().signed(self.key))

    def write(self, folder: Path) -> Path:
        """Put it into a folder."""
        (folder / "entries").mkdir(parents=True)
        (folder / "origin").write_text(f"{self.origin}\n")
        (folder / "key.pub").write_text(f"{self.vkey}\n")
        (folder / "checkpoints").write_text("".join(f"{one}\n" for one in self.notes))
        number = 0
        for one in self.segments:
            (folder / "entries" / f"{number:012d}.jsonl").write_bytes(b"".join(line + b"\n" for line in one))
            number += len(one)
        return folder


def made(folder: Path) -> Log:
    """A log of some eighty entries in several files, as the writer writes it."""
    clock = VirtualClock()
    writer = Writer(
        folder,
        "shop",
        clock,
        make_key=Ed25519Key.kept,
        pace=Pace(seal_entries=10, seal_s=1e6, file_bytes=2500),
    )
    for number in range(60):
        clock.advance(60)
        writer.write(
            Said(clock.now_ns(), "call.settled", {"tool": f"tool-{number}", "session": f"s{number // 4}"})
        )
    writer.close()
    found = read_log(folder / "000")
    return Log(
        origin=found.origin,
        private=(folder / "000" / "key").read_bytes(),
        segments=found.segments,
        notes=found.notes,
    )


def witnessed(log: Log) -> Log:
    """With the signature of a witness under the checkpoint in the middle."""
    at = len(log.notes) // 2
    note = str(read_note(log.notes[at]).witnessed(WITNESS, 1_800_000_000))
    return replace(log, notes=(*log.notes[:at], note, *log.notes[at + 1 :]), witness=WITNESS_KEY)


@cache
def standalone() -> ModuleType:
    """The program that `trimtab audit verifier` prints, loaded as a file of its own."""
    spec = importlib.util.spec_from_loader("audit_verifier_by_itself", loader=None)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    exec(compile(commands.verifier_text(), "verify.py", "exec"), module.__dict__)
    return module


def ours(path: Path, *options: str) -> tuple[int, str]:
    """What `trimtab audit verify` ends with and says."""
    result = CliRunner().invoke(app, ["audit", "verify", str(path), *options], catch_exceptions=False)
    return result.exit_code, result.output


def alone(path: Path, *options: str) -> tuple[int, str]:
    """What the program by itself ends with and says."""
    said: list[str] = []
    verify: Callable[[list[str], Callable[[str], Any]], int] = standalone().main
    return verify([str(path), *options], said.append), "\n".join(said)


def judged(log: Log, folder: Path) -> tuple[tuple[int, str], tuple[int, str]]:
    """What both say of a log, with the key as the auditor was told it."""
    place = log.write(folder)
    options = ["--key", log.vkey]
    if log.witness:
        options += ["--key", log.witness]
    if log.seen:
        kept = folder / "kept"
        kept.write_text("".join(f"{one}\n" for one in log.seen))
        options += ["--seen", str(kept)]
    by_itself = [
        {"--key": "--witness"}.get(one, one) if at == 2 and log.witness else one
        for at, one in enumerate(options)
    ]
    return ours(place, *options), alone(place, *by_itself)
