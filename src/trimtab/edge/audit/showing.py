"""The last checkpoint of a log, shown to a server that signs what it has seen of it; the answer is kept beside the log."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from trimtab.edge.audit.files import (
    CHECKPOINTS,
    ENTRIES,
    ORIGIN,
    PUBLIC,
    WITNESSED,
    grown_before,
    names_of,
    whole_notes,
)
from trimtab.edge.audit.reading import lines_of, notes_at, text_of
from trimtab.vocabulary.audit import leaf_hash, prove_growth_after, read_checkpoint, read_note
from trimtab.vocabulary.kernel import Missing, TrimtabError, Unavailable

REFUSED = frozenset({"forked", "other_key", "older"})
ROUNDS = 3
"""So often others may show the same log between two of our words."""


class Door(Protocol):
    """The way to a server: sends JSON to a path and gives the JSON of the answer; raises `TrimtabError`."""

    def post(self, path: str, body: object) -> Any:
        """Write."""
        ...


class Showing(Protocol):
    """Shows a log to a witness whenever it has a new checkpoint; neither waits long nor raises."""

    def sealed(self, folder: Path) -> None:
        """The log of that folder may have a new checkpoint."""
        ...

    def close(self) -> None:
        """Show the last one, within a bound of time."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a server said to a log: a sentence; the code where it refused; its key where it signed."""

    log: str
    says: str
    refused: str = ""
    witness: str = ""


def show(door: Door, folder: Path) -> Shown:
    """Show the last checkpoint of a log, with the proof that it grew from the one that the server has seen."""
    origin, key = text_of(folder / ORIGIN), text_of(folder / PUBLIC)
    notes = notes_at(folder / CHECKPOINTS, live=True)
    if not notes or not key:
        return Shown(log=origin, says="nothing is signed yet")
    size, old = size_of(notes[-1]), last_seen(folder)
    path = f"/api/v1/audit/logs/{quote(origin)}/checkpoints"
    for _ in range(ROUNDS):
        proof = [one.hex() for one in grown(folder, old, size)]
        try:
            answer = door.post(path, {"key": key, "note": notes[-1], "proof": proof, "old": old})
        except TrimtabError as error:
            if error.code not in REFUSED:
                raise
            return Shown(log=origin, says=f"refused: {error.message}", refused=error.code)
        if read_note(answer["note"]).text == read_note(notes[-1]).text:
            keep(folder / WITNESSED, answer["note"])
            said = f"{answer['size']} entries seen by {answer['witness']}"
            return Shown(log=origin, says=said, witness=answer["witness"])
        old = int(answer["size"])
    raise Unavailable(f"{origin} is being shown by others", hint="try again")


def last_seen(folder: Path) -> int:
    """How many entries a witness has seen, as far as the log knows."""
    notes = notes_at(folder / WITNESSED, live=True)
    return size_of(notes[-1]) if notes else 0


def size_of(note: str) -> int:
    """How many entries a checkpoint is about."""
    return read_checkpoint(read_note(note).text).size


def grown(folder: Path, old: int, size: int) -> list[bytes]:
    """The proof that the first `old` entries are the beginning of `size`; reads no file that ends before them."""
    if not 0 < old < size:
        return []
    names = names_of(folder / ENTRIES)
    first = max((at for at, one in enumerate(names) if int(one.stem) <= old), default=None)
    if first is None:
        raise Missing(f"{folder} does not hold its first {old} entries", hint="show the whole log")
    lines = [line for one in names[first:] for line in lines_of(one.read_bytes())]
    growing = grown_before(names[first], lines[0] if lines else b"")
    begins = growing.size
    leaves = [leaf_hash(line) for line in lines[: size - begins]]
    for leaf in leaves[: old - begins]:
        growing.append(leaf)
    return prove_growth_after(growing, leaves[old - begins :])


def keep(file: Path, note: str) -> None:
    """Keep a note that the server has signed, once; what a crash tore of one before is cut off."""
    raw, before = f"{note}\n".encode(), file.read_bytes() if file.is_file() else b""
    if raw in before:
        return
    if (whole := whole_notes(before)) < len(before):
        os.truncate(file, whole)
    with file.open("ab") as kept:
        kept.write(raw)
        kept.flush()
        os.fsync(kept.fileno())
