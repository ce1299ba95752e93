"""What an importer gives, and how it counts what it took and skipped."""

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trimtab.loop.store import Signal
from trimtab.vocabulary.kernel import Invalid


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One body to send: serialised OTLP, or a list of facts."""

    signal: Signal
    body: bytes = b""
    facts: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


@dataclass(slots=True)
class Tally:
    """What an import read, made and skipped, with the reasons."""

    records: int = 0
    sessions: int = 0
    spans: int = 0
    facts: int = 0
    skipped: Counter[str] = field(default_factory=Counter[str])


Importer = Callable[[Path, Tally], Iterator[Piece]]


def read_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file, inflated where it is gzip; raises `Invalid` when it cannot be read."""
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            with gzip.open(plain) if packed else plain as file:
                yield from file
    except (OSError, EOFError) as error:
        raise Invalid(f"cannot read {path}: {error}", hint="check the name and that it is whole") from error
