"""The order of entries, many in one commit, and the checkpoints; a log that cannot be written says so and is tried again."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trimtab.edge.audit.folder import MakeKey, Own, take
from trimtab.vocabulary.audit import Checkpoint, Entry, Event, Growing, leaf_hash
from trimtab.vocabulary.kernel import Clock, TrimtabError

CLOSED = "the log was closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often: `gather_s` an entry may wait for others, a checkpoint after `seal_entries` or `seal_s`, a file of `file_bytes`.

    `waiting` is how many entries wait in memory at most while the log cannot be written.
    """

    gather_s: float = 0.05
    seal_entries: int = 10_000
    seal_s: float = 60.0
    file_bytes: int = 8_000_000
    waiting: int = 10_000


class Said:
    """An entry that has no number yet; one that `must` be there is waited for."""

    __slots__ = ("at_ns", "done", "error", "event", "must", "parts")
    event: Event

    def __init__(self, at_ns: int, event: Event, parts: Mapping[str, Any], *, must: bool = False) -> None:
        """Not written yet."""
        self.at_ns, self.event, self.parts, self.must = at_ns, event, parts, must
        self.done = False
        self.error = ""

    def numbered(self, number: int) -> bytes:
        """Its line; raises `ValueError` or `Invalid` where it cannot be one."""
        return Entry(seq=number, at_ns=self.at_ns, event=self.event, **self.parts).line()


class Writer:
    """Writes one log. Safe in threads: whoever commits takes with it what others have said by then."""

    def __init__(
        self,
        folder: Path,
        agent: str,
        clock: Clock,
        *,
        make_key: MakeKey | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Open nothing yet; the first entry does."""
        self._folder, self._agent, self._clock, self._make_key = folder, agent, clock, make_key
        self.pace = pace or Pace()
        self.lost = 0
        self.failing = ""
        self.on_sealed: Callable[[Path], None] | None = None
        self._known = False
        self._begin()

    def _begin(self) -> None:
        self._queue: deque[Said] = deque()
        self._lock = threading.Lock()
        self._own: Own | None = None
        self._news: list[Said] = []
        self._growing = Growing()
        self._signed, self._signed_ns = 0, self._clock.now_ns()
        self._closed = False

    def forget(self) -> None:
        """In a forked child: the log is the parent's; ours begins anew."""
        own = self._own
        self._begin()
        if own is not None:
            own.files.close()
            os.close(own.lock)

    @property
    def size(self) -> int:
        """How many entries are on disk."""
        return self._growing.size

    @property
    def folder(self) -> Path | None:
        """Where this log lies; None while it is not open."""
        return None if self._own is None else self._own.files.folder

    def say(self, said: Said) -> None:
        """Take an entry; it is written with the next commit."""
        self._queue.append(said)

    def write(self, said: Said) -> str:
        """Write an entry now: why it is not on disk when this returns, or nothing."""
        said.must = True
        self._queue.append(said)
        self.commit()
        return said.error

    def commit(self) -> bool:
        """Write what was said by now; whether it is on disk."""
        with self._lock:
            batch = list(self._taken())
            try:
                if batch:
                    self._write(batch)
                    self.failing = ""
                if self._due():
                    self._seal()
            except Exception as error:  # noqa: BLE001 - whatever it is, the agent goes on, and what must be there is refused
                self._put_back(batch, str(error) or type(error).__name__)
            return not self.failing

    def close(self) -> None:
        """Say that it ends, write what is left, and sign it."""
        self.commit()
        if self._own is not None:
            self.say(Said(self._clock.now_ns(), "log.closed", {"actor": "system"}))
            self.commit()
        with self._lock:
            if self._own is not None and not self.failing:
                try:
                    self._seal()
                except Exception as error:  # noqa: BLE001 - the same
                    self.failing = str(error)
            self._let_go()
            self._closed = True

    def _taken(self) -> Iterable[Said]:
        while self._queue:
            yield self._queue.popleft()

    def _write(self, batch: list[Said]) -> None:
        """All of a batch, or an error and nothing of it."""
        if self._closed:
            raise OSError(CLOSED)
        own = self._own or self._opened()
        files, before = own.files, [*self._news]
        growing = Growing(self._growing.size, self._growing.peaks)
        if self.lost:
            before.append(self._own_word("log.repaired", {"lost_entries": self.lost}))
        if not files.begun or files.bytes >= self.pace.file_bytes:
            files.begin(growing.size)
            event: Event = "log.opened" if growing.size == 0 else "segment.opened"
            peaks = ",".join(one.hex() for one in growing.peaks)
            detail = {"peaks": peaks} if peaks else {"origin": own.origin}
            before.insert(0, self._own_word(event, detail))
        files.append(self._lines([*before, *batch], growing))
        self._growing = growing
        self._news.clear()
        self.lost = 0
        for one in batch:
            one.done = True

    def _lines(self, batch: Iterable[Said], growing: Growing) -> list[bytes]:
        lines: list[bytes] = []
        for one in batch:
            try:
                line = one.numbered(growing.size)
            except (ValueError, TypeError, TrimtabError) as error:
                one.error = f"it cannot be written: {error}"[:300]
                continue
            growing.append(leaf_hash(line))
            lines.append(line)
        return lines

    def _opened(self) -> Own:
        """Open the log; what there is to say of that comes first."""
        if self._known and not self._folder.is_dir():
            raise FileNotFoundError(f"{self._folder} was removed")
        own = take(self._folder, self._agent, self._make_key)
        self._known = True
        self._own, self._growing, self._signed = own, own.start.growing, own.start.signed
        if own.start.growing.size:
            self._news.append(self._own_word("log.opened", {"origin": own.origin}))
        if own.start.torn_bytes:
            self._news.append(self._own_word("log.repaired", {"torn_bytes": own.start.torn_bytes}))
        self._news += [self._own_word("log.repaired", {"left": one[:500]}) for one in own.left]
        self._tell_sealed(own)  # also what whoever wrote it before us has signed last
        return own

    def _own_word(self, event: Event, detail: Mapping[str, Any]) -> Said:
        return Said(self._clock.now_ns(), event, {"actor": "system", "agent": self._agent, "detail": detail})

    def _put_back(self, batch: list[Said], why: str) -> None:
        """What must be there is not; the rest waits, the latest of it in vain where it is too much."""
        self.failing = why
        if not self._closed:
            self._let_go()
        for one in batch:
            if one.must and not one.done:
                one.error = why
        waits = [one for one in batch if not one.must and not one.done]
        kept = max(self.pace.waiting - len(self._queue), 0)
        self.lost += len(waits[kept:])
        self._queue.extendleft(reversed(waits[:kept]))

    def _let_go(self) -> None:
        own, self._own = self._own, None
        if own is not None:
            own.files.close()
            os.close(own.lock)

    def _due(self) -> bool:
        """Whether it is time for a checkpoint."""
        new = self._growing.size - self._signed
        waited_s = (self._clock.now_ns() - self._signed_ns) / 1e9
        return new >= self.pace.seal_entries or (new > 0 and waited_s >= self.pace.seal_s)

    def _seal(self) -> None:
        """Sign what is there, where there is a key."""
        own = self._own
        self._signed_ns = self._clock.now_ns()
        if own is None or own.signer is None or self._growing.size == self._signed:
            return
        point = Checkpoint(origin=own.origin, size=self._growing.size, root=self._growing.root())
        own.files.note(str(point.note().signed(own.signer)))
        self._signed = self._growing.size
        self._tell_sealed(own)

    def _tell_sealed(self, own: Own) -> None:
        if self.on_sealed is not None and own.signer is not None:
            self.on_sealed(own.files.folder)


class Committer:
    """A thread that commits what was said, a little later, and signs where nothing comes any more."""

    def __init__(self, commit: Callable[[], bool], pace: Pace) -> None:
        """Not running; the first word starts it."""
        self._commit, self._pace = commit, pace
        self._wake = threading.Event()
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()

    def wake(self) -> None:
        """There is something to write."""
        if self._wake.is_set():
            return
        self._wake.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(target=self._run, name="trimtab-audit", daemon=True)
                    self._thread.start()

    def close(self) -> None:
        """Stop; what was said is whoever's that closes the log."""
        self._end.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._end.is_set():
            self._wake.wait(self._pace.seal_s)
            self._end.wait(self._pace.gather_s)
            self._wake.clear()
            if not self._commit():
                self._end.wait(1.0)
                self._wake.set()
