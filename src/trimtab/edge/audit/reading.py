"""Logs as an auditor finds them on a disk."""

from dataclasses import dataclass
from pathlib import Path

from trimtab.edge.audit.files import (
    BEGINS,
    CHECKPOINTS,
    ENTRIES,
    ORIGIN,
    PUBLIC,
    WITNESSED,
    names_of,
    notes_in,
    whole_notes,
)
from trimtab.vocabulary.audit import Key, read_key
from trimtab.vocabulary.kernel import Invalid, Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One log: its lines file by file, the texts of its checkpoints, the key that lies beside it, and a torn line."""

    folder: Path
    origin: str
    segments: tuple[tuple[bytes, ...], ...]
    notes: tuple[str, ...]
    key: Key | None
    torn: bytes
    begins: int = 0


def read_logs(folder: Path, *, live: bool = True) -> list[Found]:
    """The log of a folder, or all those in it; raises `Missing` where there is none."""
    return [read_log(one, live=live) for one in folders_of(folder)]


def folders_of(folder: Path) -> list[Path]:
    """The folder of a log, or of all those in it; raises `Missing` where there is none."""
    places = [folder, *sorted(one for one in folder.glob("*") if one.is_dir())] if folder.is_dir() else []
    found = [one for one in places if is_log(one)]
    if not found:
        raise Missing(f"{folder} holds no audit log", hint="name the folder that `init` was given as audit=")
    return found


def is_log(folder: Path) -> bool:
    """Whether a folder is that of a log."""
    return (folder / ORIGIN).is_file() or (folder / ENTRIES).is_dir()


def read_log(folder: Path, *, live: bool = True) -> Found:
    """One log. While it is written, what has no end is torn by a crash or still being written: nobody was told that it is there."""
    # Read first: they must not know of more than the entries do.
    notes = [note for name in (CHECKPOINTS, WITNESSED) for note in notes_at(folder / name, live=live)]
    entries = folder / ENTRIES
    files = [one.read_bytes() for one in names_of(entries)] if entries.is_dir() else []
    segments = [lines_of(raw) for raw in files]
    torn = b""
    if live and files and files[-1] and not files[-1].endswith(b"\n"):
        torn = files[-1][files[-1].rfind(b"\n") + 1 :]
        segments[-1] = segments[-1][:-1]
    return Found(
        folder=folder,
        origin=text_of(folder / ORIGIN),
        segments=tuple(segments),
        notes=tuple(notes),
        key=key_of(text_of(folder / PUBLIC)),
        torn=torn,
        begins=number_in(text_of(folder / BEGINS)),
    )


def notes_at(file: Path, *, live: bool) -> list[str]:
    """The notes of a file; without what a crash tore, while it is written."""
    raw = file.read_bytes() if file.is_file() else b""
    return notes_in(raw[: whole_notes(raw)] if live else raw)


def lines_of(raw: bytes) -> tuple[bytes, ...]:
    """The lines of a file."""
    return tuple(raw.removesuffix(b"\n").split(b"\n")) if raw else ()


def text_of(file: Path) -> str:
    """The text of a small file; empty where there is none."""
    return file.read_text(errors="replace").strip() if file.is_file() else ""


def number_in(text: str) -> int:
    """The number that a small file holds; 0 where it holds none."""
    return int(text) if text.isascii() and text.isdigit() else 0


def key_of(text: str) -> Key | None:
    """A key as it is written; None where it is none."""
    try:
        return read_key(text)
    except Invalid:
        return None
