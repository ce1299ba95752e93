"""What an importer gives, and how it counts what it took and skipped."""

import gzip
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import orjson

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


def read_json(path: Path, tally: Tally) -> Iterator[object]:
    """The JSON values of a file: one a line, read as they are asked for, or one document; a list gives its items.

    A line that is broken is counted and skipped; raises `Invalid` where nothing in the file is JSON.
    """
    lines = (line for line in read_lines(path) if line.strip())
    first = next(lines, b"")
    try:
        yield from items(orjson.loads(first))
    except orjson.JSONDecodeError:
        yield from document(path, [first, *lines], tally)
        return
    for line in lines:
        yield from parsed(line, tally)


def document(path: Path, lines: list[bytes], tally: Tally) -> Iterator[object]:
    """The values of a file whose first line is not JSON: it is one document, or that line is broken."""
    try:
        whole: object = orjson.loads(b"".join(lines))
    except orjson.JSONDecodeError as error:
        if len(lines) < 2:
            raise Invalid(f"{path} is not JSON: {error}", hint="JSON, or one JSON value a line") from error
    else:
        yield from items(whole)
        return
    for line in lines:
        yield from parsed(line, tally)


def parsed(line: bytes, tally: Tally) -> Iterator[object]:
    """The value of a line; nothing, with a note of why, where it is broken."""
    try:
        yield orjson.loads(line)
    except orjson.JSONDecodeError as error:
        tally.records += 1
        tally.skipped[f"not JSON: {error.msg}"] += 1


def items(value: object) -> list[object]:
    """The items of a list; anything else is one."""
    return cast("list[object]", value) if isinstance(value, list) else [value]
