"""What a session said and did, kept between the processes of its hooks: lines of a file that one process at a time holds."""

import os
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson

from trimtab.edge.sdk.delivery.spool import claim
from trimtab.vocabulary.kernel import Invalid

SUFFIX = ".jsonl"
MOST_BYTES, MOST_SESSIONS, OLDEST_S = 64_000_000, 1000, 30 * 86_400
WAIT_S, PAUSE_S = 10.0, 0.005
NEW = "begin a new session"
Line = Mapping[str, Any]


class Memory:
    """The lines of one session, while we hold its file."""

    def __init__(self, descriptor: int, most_bytes: int) -> None:
        """Read an open file that is ours; raises `Invalid` where a crash of the machine tore its end."""
        self._descriptor, self._most = descriptor, most_bytes
        self._size = os.fstat(descriptor).st_size
        raw = os.pread(descriptor, self._size, 0) if hasattr(os, "pread") else os.read(descriptor, self._size)
        if raw and not raw.endswith(b"\n"):
            raise Invalid("the end of what is known of this session is torn", hint=NEW)
        self.lines: list[dict[str, Any]] = [orjson.loads(one) for one in raw.splitlines()]

    def add(self, kind: str, **words: Any) -> None:
        """Keep one more line; raises `Invalid` where too much was said in the session already, for good."""
        line = {"kind": kind, **words}
        raw = orjson.dumps(line) + b"\n"
        if self._size + len(raw) > self._most and kind != "full":
            self.add("full")
            said = f"more than {self._most:,} bytes were said in this session, and no more is kept"
            raise Invalid(said, hint=NEW)
        if os.write(self._descriptor, raw) != len(raw):
            os.ftruncate(self._descriptor, self._size)
            raise OSError("the disk is full")
        self._size += len(raw)
        self.lines.append(line)


@contextmanager
def held(
    folder: Path,
    session: str,
    *,
    wait_s: float = WAIT_S,
    most_bytes: int = MOST_BYTES,
    pause: Callable[[float], None] = time.sleep,
) -> Generator[Memory]:
    """Hold a session; raises `Invalid` where another process holds it for longer than we wait."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / (sha256(session.encode()).hexdigest()[:32] + SUFFIX)
    descriptor = claimed(path, max(1, round(wait_s / PAUSE_S)), pause)
    try:
        yield Memory(descriptor, most_bytes)
    finally:
        os.close(descriptor)


def claimed(path: Path, tries: int, pause: Callable[[float], None]) -> int:
    """The descriptor of a file that is now ours; one that was pruned meanwhile is made again."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)
    for _ in range(tries):
        descriptor = os.open(path, flags, 0o600)
        if claim(descriptor) and os.fstat(descriptor).st_nlink:
            return descriptor
        os.close(descriptor)
        pause(PAUSE_S)
    raise Invalid("another hook of this session does not end", hint="look for a process that hangs")


def prune(
    folder: Path, now_s: float, *, most: int = MOST_SESSIONS, oldest_s: float = OLDEST_S, keep: str = ""
) -> None:
    """Forget sessions of which nothing was heard for long, and the oldest of too many; never one that is held."""
    kept = sha256(keep.encode()).hexdigest()[:32] + SUFFIX
    found: list[tuple[float, Path]] = []
    for path in folder.glob(f"*{SUFFIX}"):
        with suppress(OSError):
            found.append((path.stat().st_mtime, path))
    found.sort(reverse=True)
    for place, (heard_s, path) in enumerate(found):
        if path.name != kept and (place >= most or now_s - heard_s > oldest_s):
            with suppress(OSError):
                forget(path)


def forget(path: Path) -> None:
    """Remove a session that nobody holds."""
    descriptor = os.open(path, os.O_RDWR)
    try:
        if claim(descriptor):
            path.unlink()
    finally:
        os.close(descriptor)
