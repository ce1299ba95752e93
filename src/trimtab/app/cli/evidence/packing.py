"""What an auditor is given: whole files of entries, the checkpoints over them, the keys, and how to check it."""

import io
import tarfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from trimtab.edge.audit import Found, read_logs
from trimtab.vocabulary.audit import read_checkpoint, read_line, read_note
from trimtab.vocabulary.kernel import Invalid, Missing

README = """\
The audit log of an AI agent
============================
Each folder is the log of one process:
  origin        its name
  key.pub       its public key; compare it with the one you were told, since whoever changes a log can change this too
  entries/      one line of JSON for each thing that happened, numbered by `seq`; a file is named for its first number
  checkpoints   how many lines there were and the root of their Merkle tree, signed by the log, perhaps by witnesses too
  begins        where this is a part of a log: its first number; its first line holds the peaks of the tree before it

Check it with `trimtab audit verify FILE`, or without Trimtab: `python verify.py FILE`, which is in here too and needs
Python and the package `cryptography` alone. Keep the last checkpoint: given as `--seen` the next time, it shows a past that
was written anew. Formats: RFC 6962 section 2.1, C2SP signed-note, tlog-checkpoint and tlog-cosignature.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Packed:
    """What was packed: logs, entries, and how many of them a checkpoint covers."""

    logs: int
    entries: int
    signed: int


def pack(folder: Path, target: Path, span: tuple[int | None, int | None], verifier: str) -> Packed:
    """Write the logs of a folder to a tar file: what happened from one time to another (ns), and what must be with it.

    Raises `Missing` where nothing happened then.
    """
    parts = [part for one in read_logs(folder) if (part := part_of(one, span))]
    if not parts:
        raise Missing("nothing was written to the log at that time", hint="leave out --from and --to")
    try:
        with tarfile.open(target, "w:gz" if target.suffix in {".gz", ".tgz"} else "w") as tar:
            put(tar, "README.txt", README.encode())
            put(tar, "verify.py", verifier.encode())
            for part in parts:
                put_log(tar, part)
    except OSError as error:
        raise Invalid(f"cannot write {target}: {error}", hint="name another file") from error
    return Packed(
        logs=len(parts),
        entries=sum(len(lines) for part in parts for lines in part.segments),
        signed=sum(max(0, max(map(size_of, part.notes), default=0) - part.begins) for part in parts),
    )


def part_of(found: Found, span: tuple[int | None, int | None]) -> Found | None:
    """The files that hold what happened then, and those up to the next checkpoint; None where nothing did."""
    start_ns, end_ns = span
    held = [at for at, lines in enumerate(found.segments) if lines and overlaps(lines, start_ns, end_ns)]
    if not held:
        return None
    first, last = held[0], held[-1]
    begins = number_of(found.segments[first][0]) if first else found.begins
    ends = [number_of(lines[-1]) + 1 if lines else 0 for lines in found.segments]
    sealed = min((size for one in found.notes if (size := size_of(one)) >= ends[last]), default=ends[last])
    while last + 1 < len(ends) and ends[last] < sealed:
        last += 1
    notes = tuple(one for one in found.notes if size_of(one) <= ends[last])
    return replace(found, segments=found.segments[first : last + 1], notes=notes, begins=begins)


def overlaps(lines: Sequence[bytes], start_ns: int | None, end_ns: int | None) -> bool:
    """Whether anything in a file happened between two times."""
    return any(
        (start_ns is None or at_ns >= start_ns) and (end_ns is None or at_ns < end_ns)
        for at_ns in (time_of(line) for line in lines)
    )


def time_of(line: bytes) -> int:
    """When an entry happened; 0 of a line that is none, which is packed as it is."""
    try:
        return read_line(line).at_ns
    except Invalid:
        return 0


def number_of(line: bytes) -> int:
    """The number of an entry; 0 of a line that is none."""
    try:
        return read_line(line).seq
    except Invalid:
        return 0


def size_of(note: str) -> int:
    """How many entries a checkpoint is about; 0 where it is none."""
    try:
        return read_checkpoint(read_note(note).text).size
    except Invalid:
        return 0


def put_log(tar: tarfile.TarFile, part: Found) -> None:
    """One log."""
    name = part.origin.replace("/", "-") or part.folder.name
    put(tar, f"{name}/origin", f"{part.origin}\n".encode())
    put(tar, f"{name}/begins", f"{part.begins}\n".encode())
    if part.key is not None:
        put(tar, f"{name}/key.pub", f"{part.key}\n".encode())
    put(tar, f"{name}/checkpoints", "".join(f"{one}\n" for one in part.notes).encode())
    number = part.begins
    for lines in part.segments:
        put(tar, f"{name}/entries/{number:012d}.jsonl", b"".join(line + b"\n" for line in lines))
        number += len(lines)


def put(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """One file, the same bytes for the same content."""
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(content), 0o644
    tar.addfile(member, io.BytesIO(content))
