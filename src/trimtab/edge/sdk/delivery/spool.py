r"""What nobody took yet, on disk: append-only segments with a checksum a line, the oldest dropped first.

    <folder>/<time>-<pid>-<random>.seg      R<crc32><resource>\n S<crc32><step>\n F<crc32><fact>\n ...

A process writes segments of its own and holds a lock on them while it lives; a segment that nobody holds is left over
from a process that ended, and whoever finds it sends it. A line that was torn by a crash is skipped.
"""

import contextlib
import os
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trimtab.edge.sdk.delivery.ports import Batch, Kept, Signal
from trimtab.edge.sdk.warn import warn_once

SUFFIX = ".seg"
LETTERS: dict[Signal, bytes] = {"span": b"S", "fact": b"F"}
SIGNALS: dict[bytes, Signal] = {letter: signal for signal, letter in LETTERS.items()}
RESOURCE = b"R"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpoolLimits:
    """How much is kept, and how it is cut."""

    total_bytes: int = 64_000_000
    segment_bytes: int = 1_000_000
    batch_items: int = 500


def line(letter: bytes, content: bytes) -> bytes:
    """A line with its checksum."""
    return letter + f"{zlib.crc32(content):08x}".encode() + content + b"\n"


def lines_in(raw: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(letter, content) of each line that is whole."""
    for found in raw.split(b"\n"):
        letter, checksum, content = found[:1], found[1:9], found[9:]
        if content and checksum == f"{zlib.crc32(content):08x}".encode():
            yield letter, content


def claim(descriptor: int) -> bool:
    """Lock a file that we opened; False where another process holds it."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - there only

            os.lseek(descriptor, 1 << 30, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - not everywhere

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


class DiskSpool:
    """Keeps batches in a folder; a folder that cannot be written to keeps nothing, and says so once."""

    def __init__(self, folder: Path, limits: SpoolLimits) -> None:
        """Keep in `folder`, which is made when there is something to keep."""
        self._folder, self._limits = folder, limits
        self.lost = 0
        self.forget()

    def forget(self) -> None:
        """Leave the segments to the parent; ours begin anew."""
        for descriptor in getattr(self, "_held", {}).values():
            with contextlib.suppress(OSError):
                os.close(descriptor)
        self._lock = threading.Lock()
        self._held: dict[str, int] = {}
        self._writing, self._size = "", 0
        self._resource = b""

    def put(self, batch: Batch) -> bool:
        """Append a batch; False where the disk is full or the folder cannot be written to."""
        letter = LETTERS[batch.signal]
        raw = b"".join(line(letter, item) for item in batch.items)
        with self._lock:
            try:
                self._append(raw, batch.resource)
            except OSError as error:
                self._rotate()
                warn_once(f"telemetry waits in memory, {self._folder} cannot be used: {error}", "spool")
                return False
        return True

    def leftovers(self) -> bool:
        """Whether anything waits."""
        return bool(self._names())

    def oldest(self) -> Kept | None:
        """The oldest segment that is ours or nobody's."""
        with self._lock:
            for name in self._names():
                if name not in self._held and not self._adopt(name):
                    continue
                if name == self._writing:
                    self._writing = ""
                batches = self._read(name)
                if batches:
                    return Kept(name=name, batches=batches)
                self._remove(name)
        return None

    def drop(self, name: str) -> None:
        """Remove a segment."""
        with self._lock:
            self._remove(name)

    def close(self) -> None:
        """Let go of the segments, so that the next process finds them."""
        with self._lock:
            self._writing = ""
            for descriptor in self._held.values():
                with contextlib.suppress(OSError):
                    os.close(descriptor)
            self._held.clear()

    def _append(self, raw: bytes, resource: bytes) -> None:
        if self._size >= self._limits.segment_bytes or resource != self._resource:
            self._rotate()
        if not self._writing:
            self._begin(resource)
            raw = line(RESOURCE, resource) + raw
        descriptor = self._held[self._writing]
        try:
            view = memoryview(raw)
            while view:
                view = view[os.write(descriptor, view) :]
            os.fsync(descriptor)
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, self._size)
            raise
        self._size += len(raw)

    def _begin(self, resource: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._make_room()
        name = f"{time.time_ns():020d}-{os.getpid()}-{os.urandom(4).hex()}{SUFFIX}"
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND | getattr(os, "O_BINARY", 0)
        descriptor = os.open(self._folder / name, flags, 0o600)
        claim(descriptor)
        self._held[name] = descriptor
        self._writing, self._size, self._resource = name, 0, resource

    def _rotate(self) -> None:
        if self._writing and not self._size:
            self._remove(self._writing)
        self._writing, self._size = "", 0

    def _make_room(self) -> None:
        names = self._names()
        sizes = {name: self._size_of(name) for name in names}
        total = sum(sizes.values()) + self._limits.segment_bytes
        for name in names:
            if total <= self._limits.total_bytes:
                return
            if name in self._held or self._adopt(name):
                lost = sum(len(batch.items) for batch in self._read(name))
                self._remove(name)
                total -= sizes[name]
                self.lost += lost
                bound = self._limits.total_bytes
                warn_once(
                    f"more than {bound:,} bytes wait for a server: the oldest are lost, {lost} at first",
                    "full",
                )

    def _names(self) -> list[str]:
        try:
            return sorted(name for name in os.listdir(self._folder) if name.endswith(SUFFIX))  # noqa: PTH208
        except OSError:
            return []

    def _size_of(self, name: str) -> int:
        try:
            return (self._folder / name).stat().st_size
        except OSError:
            return 0

    def _adopt(self, name: str) -> bool:
        try:
            descriptor = os.open(self._folder / name, os.O_RDWR | getattr(os, "O_BINARY", 0))
        except OSError:
            return False
        if claim(descriptor) and os.fstat(descriptor).st_nlink:
            self._held[name] = descriptor
            return True
        os.close(descriptor)
        return False

    def _read(self, name: str) -> tuple[Batch, ...]:
        try:
            raw = (self._folder / name).read_bytes()
        except OSError:
            return ()
        resource, found = b'{"attributes":[]}', list[Batch]()
        items: dict[Signal, list[bytes]] = {"span": [], "fact": []}
        for letter, content in lines_in(raw):
            if letter == RESOURCE:
                resource = content
            elif letter in SIGNALS:
                items[SIGNALS[letter]].append(content)
        step = self._limits.batch_items
        for signal, listed in items.items():
            for start in range(0, len(listed), step):
                part = tuple(listed[start : start + step])
                found.append(Batch(signal=signal, items=part, resource=resource))
        return tuple(found)

    def _remove(self, name: str) -> None:
        descriptor = self._held.pop(name, None)
        with contextlib.suppress(OSError):
            (self._folder / name).unlink()
        if descriptor is not None:
            with contextlib.suppress(OSError):
                os.close(descriptor)
            with contextlib.suppress(OSError):  # where an open file cannot be removed
                (self._folder / name).unlink(missing_ok=True)
        if name == self._writing:
            self._writing, self._size = "", 0
