r"""The files of one log: entries a line, bounded in size, and the checkpoints.

    <log>/entries/000000000000.jsonl   named for the number of its first entry
    <log>/checkpoints                  signed notes, a blank line after each
    <log>/witnessed                    the same, signed by witnesses, too
    <log>/origin, key.pub, lock        its name, its public key, and who writes it

What is appended is on disk when the call returns, or the file is as it was before. A line that a crash tore is cut off
at the next start: nobody was told that it is there.
"""

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trimtab.vocabulary.audit import Growing, leaf_hash, read_checkpoint, read_line, read_note
from trimtab.vocabulary.kernel import Invalid, TrimtabError

ENTRIES, CHECKPOINTS, ORIGIN, PUBLIC, BEGINS = "entries", "checkpoints", "origin", "key.pub", "begins"
WITNESSED = "witnessed"
SUFFIX = ".jsonl"
BLANK = b"\n\n"


class Contradicted(TrimtabError):
    """What lies on the disk is not what was signed: somebody else has written here."""

    code = "audit_contradicted"
    status = 409


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a log is when we begin to write it: its tree, how much of a torn line was cut, how many entries are signed."""

    growing: Growing
    torn_bytes: int
    signed: int


class Files:
    """The files of one log, whose only writer we are."""

    def __init__(self, folder: Path) -> None:
        """Write below `folder`; nothing is made or read yet."""
        self.folder = folder
        self._entries = -1
        self._name = Path()
        self.bytes = 0

    def start(self) -> Start:
        """Go on where the last file ends; raises `OSError`, or `Contradicted` where that is not what was signed."""
        self.close()
        entries = self.folder / ENTRIES
        entries.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = names_of(entries)
        torn = self._cut(names[-1]) if names else 0
        if names and not names[-1].stat().st_size:
            names.pop().unlink()
        growing = Growing()
        sealed = self._sealed()
        if names:
            growing = self._grown(names[-1], sealed)
        if sealed and sealed[0] > growing.size:
            raise Contradicted(f"{self.folder}: {sealed[0]} entries were signed, {growing.size} are left")
        if names:
            self._open(names[-1])
        return Start(growing=growing, torn_bytes=torn, signed=sealed[0] if sealed else 0)

    def begin(self, first: int) -> None:
        """Begin a new file with the entry of that number."""
        path = self.folder / ENTRIES / f"{first:012d}{SUFFIX}"
        self._open(path)
        os.ftruncate(self._entries, 0)
        self.bytes = 0
        sync_folder(path.parent)

    @property
    def begun(self) -> bool:
        """Whether there is a file to append to."""
        return self._entries >= 0

    def append(self, lines: Sequence[bytes]) -> None:
        """Append lines: on disk when this returns; raises `OSError`, and nothing of them is there."""
        raw = b"".join([line + b"\n" for line in lines])
        if os.fstat(self._entries).st_nlink == 0:
            raise FileNotFoundError(f"{self._name} was removed")
        try:
            written = 0
            while written < len(raw):
                written += os.write(self._entries, raw[written:] if written else raw)
            os.fdatasync(self._entries) if hasattr(os, "fdatasync") else os.fsync(self._entries)
        except OSError:
            os.ftruncate(self._entries, self.bytes)
            raise
        self.bytes += len(raw)

    def note(self, text: str) -> None:
        """Append a checkpoint; raises `OSError`."""
        with (self.folder / CHECKPOINTS).open("ab") as file:
            size = file.tell()
            try:
                file.write(text.encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
            except OSError:
                with suppress(OSError):
                    os.truncate(self.folder / CHECKPOINTS, size)
                raise

    def close(self) -> None:
        """Let go of the file."""
        if self._entries >= 0:
            os.close(self._entries)
        self._entries = -1

    def _open(self, path: Path) -> None:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        self.close()
        self._entries, self._name, self.bytes = descriptor, path, os.fstat(descriptor).st_size

    def _cut(self, path: Path) -> int:
        """Cut off what is no whole line; how many bytes that was."""
        raw = path.read_bytes()
        whole = raw.rfind(b"\n") + 1
        if whole < len(raw):
            os.truncate(path, whole)
        return len(raw) - whole

    def _grown(self, path: Path, sealed: tuple[int, bytes] | None) -> Growing:
        """The tree at the end of the last file, which says what lay before it."""
        lines = path.read_bytes().split(b"\n")[:-1]
        growing = grown_before(path, lines[0])
        for line in lines:
            growing.append(leaf_hash(line))
            if sealed and growing.size == sealed[0] and growing.root() != sealed[1]:
                raise Contradicted(f"{path} is not what was signed")
        return growing

    def _sealed(self) -> tuple[int, bytes] | None:
        """Size and root of the last checkpoint; what a crash tore of one is cut off."""
        path = self.folder / CHECKPOINTS
        if not path.exists():
            return None
        raw = path.read_bytes()
        whole = whole_notes(raw)
        if whole < len(raw):
            os.truncate(path, whole)
        found = notes_in(raw[:whole])
        if not found:
            return None
        try:
            point = read_checkpoint(read_note(found[-1]).text)
        except Invalid as error:
            raise Contradicted(f"{path} holds what is no checkpoint") from error
        return point.size, point.root


def grown_before(path: Path, line: bytes) -> Growing:
    """The tree before a file of entries, as its first line says; raises `Contradicted`."""
    try:
        first = read_line(line)
        told = str(first.detail.get("peaks", ""))
        return Growing(first.seq, [bytes.fromhex(one) for one in told.split(",") if one])
    except (Invalid, ValueError) as error:
        raise Contradicted(f"{path} does not begin as it was written") from error


def whole_notes(raw: bytes) -> int:
    """How many bytes of the checkpoints are whole: each has a blank line within and one behind it."""
    parts = raw.split(BLANK)
    torn = len(BLANK.join(parts[-1 - (len(parts) - 1) % 2 :]))
    return len(raw) - torn


def notes_in(raw: bytes) -> list[str]:
    """The notes of a file of checkpoints; what is left over at its end, too, counts as one."""
    parts = raw.decode(errors="replace").split("\n\n")
    found = [f"{text}\n\n{below}\n" for text, below in zip(parts[::2], parts[1::2], strict=False)]
    return [*found, parts[-1]] if len(parts) % 2 and parts[-1] else found


def names_of(entries: Path) -> list[Path]:
    """The files of entries, in order."""
    return sorted(one for one in entries.iterdir() if one.suffix == SUFFIX)


def sync_folder(folder: Path) -> None:
    """Make the name of a new file durable, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
