"""The journal in SQLite: WAL, synchronous=FULL, 16 KiB pages, one file a day, zstd bodies."""

import contextlib
import sqlite3
import threading
from array import array
from collections.abc import Generator, Sequence
from datetime import date, timedelta
from pathlib import Path

import zstandard

from trimtab.loop.store import DAY_NS, POSITIONS_PER_DAY, Entry, Signal, day_of
from trimtab.vocabulary.kernel import Clock, Unavailable

EPOCH = date(1970, 1, 1)
SIGNALS: tuple[Signal, ...] = ("traces", "logs", "metrics", "facts")
SCHEMA = """
create table if not exists entry (
  position integer primary key,
  project text not null,
  signal integer not null,
  received_ns integer not null,
  items integer not null,
  size integer not null,
  body blob not null
)
"""
INSERT = "insert into entry values (?, ?, ?, ?, ?, ?, ?)"
COLUMNS = "position, project, signal, received_ns, items, size, body"


def open_day(path: Path) -> sqlite3.Connection:
    """Open one day's file; the order of the pragmas matters (page size before WAL)."""
    con = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=2.0)
    for pragma in (
        "page_size=16384",
        "journal_mode=wal",
        "synchronous=full",
        "secure_delete=on",
        "wal_autocheckpoint=256",
    ):
        con.execute(f"pragma {pragma}").fetchall()
    con.execute(SCHEMA)
    return con


class SqliteJournal:
    """Bodies in `folder/YYYY-MM-DD.sqlite`; a position names its day, and positions only grow."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        """Open the folder, creating it where absent."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder, self._clock = folder, clock
        self._lock = threading.Lock()
        self._open: dict[int, sqlite3.Connection] = {}
        self._pack = zstandard.ZstdCompressor(level=1)
        self._unpack = zstandard.ZstdDecompressor()
        self._last = self._find_last()

    def _path(self, day: int) -> Path:
        return self._folder / f"{EPOCH + timedelta(days=day)}.sqlite"

    def _connection(self, day: int) -> sqlite3.Connection:
        if day not in self._open:
            self._open[day] = open_day(self._path(day))
        return self._open[day]

    def days(self) -> list[int]:
        """Days since the Unix epoch that have a file, ascending."""
        found: list[int] = []
        for path in self._folder.glob("*.sqlite"):
            with contextlib.suppress(ValueError):
                found.append((date.fromisoformat(path.stem) - EPOCH).days)
        return sorted(found)

    def _find_last(self) -> int:
        for day in reversed(self.days()):
            row = self._connection(day).execute("select max(position) from entry").fetchone()
            # An emptied day still holds its place: positions must never be given out twice.
            return int(row[0]) if row[0] is not None else day * POSITIONS_PER_DAY
        return 0

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Store all entries or none; on return they survive kill -9."""
        with self._lock:
            today = max(self._clock.now_ns() // DAY_NS, day_of(self._last))
            first = max(self._last, today * POSITIONS_PER_DAY) + 1
            positions = list(range(first, first + len(entries)))
            rows = [self._row(p, e) for p, e in zip(positions, entries, strict=True)]
            with retryable():
                con = self._connection(today)
                con.execute("begin immediate")
                try:
                    con.executemany(INSERT, rows)
                    con.execute("commit")
                except BaseException:
                    if con.in_transaction:
                        con.execute("rollback")
                    raise
            self._last = positions[-1] if positions else self._last
            return positions

    def _row(self, position: int, entry: Entry) -> tuple[object, ...]:
        packed = self._pack.compress(entry.body)
        signal = SIGNALS.index(entry.signal)
        return (position, entry.project, signal, entry.received_ns, entry.items, len(entry.body), packed)

    def _entry(self, row: tuple[int, str, int, int, int, int, bytes]) -> Entry:
        position, project, signal, received_ns, items, size, packed = row
        return Entry(
            position=position,
            project=project,
            signal=SIGNALS[signal],
            received_ns=received_ns,
            items=items,
            body=self._unpack.decompress(packed, max_output_size=max(size, 1)),
        )

    def read(self, after: int, limit: int) -> list[Entry]:
        """Up to `limit` entries with a position above `after`, in order."""
        found: list[Entry] = []
        with self._lock:
            for day in self.days():
                if day < day_of(after) or len(found) >= limit:
                    continue
                sql = f"select {COLUMNS} from entry where position > ? order by position limit ?"
                rows = self._connection(day).execute(sql, (after, limit - len(found))).fetchall()
                found += [self._entry(row) for row in rows]
        return found

    def get(self, position: int) -> Entry | None:
        """One entry, or None where it was dropped."""
        day = day_of(position)
        with self._lock:
            if not self._path(day).exists():
                return None
            sql = f"select {COLUMNS} from entry where position = ?"
            row = self._connection(day).execute(sql, (position,)).fetchone()
        return self._entry(row) if row else None

    def last(self) -> int:
        """The highest position, 0 when empty."""
        return self._last

    def positions(self) -> Sequence[int]:
        """Every position that is there, ascending."""
        found = array("q")
        with self._lock:
            for day in self.days():
                rows = self._connection(day).execute("select position from entry order by position")
                found.extend(position for (position,) in rows)
        return found

    def reach(self, day: int) -> int:
        """The highest position of a day, 0 where it has none."""
        with self._lock:
            if not self._path(day).exists():
                return 0
            row = self._connection(day).execute("select max(position) from entry").fetchone()
        return int(row[0] or 0)

    def rewrite(self, position: int, body: bytes | None) -> None:
        """Replace a body, or remove its row (None)."""
        with self._lock, retryable():
            day = day_of(position)
            if not self._path(day).exists():
                return
            con = self._connection(day)
            if body is None:
                con.execute("delete from entry where position = ?", (position,))
                return
            con.execute(
                "update entry set body = ?, size = ? where position = ?",
                (self._pack.compress(body), len(body), position),
            )

    def expire(self, project: str, day: int) -> int:
        """Remove the bodies of one project from a day; gives their number."""
        with self._lock, retryable():
            if not self._path(day).exists():
                return 0
            done = self._connection(day).execute("delete from entry where project = ?", (project,))
            return done.rowcount

    def scrub(self) -> bool:
        """Empty the write-ahead logs, where removed bytes live on after secure_delete."""
        with self._lock:
            busy = [
                self._connection(day).execute("pragma wal_checkpoint(truncate)").fetchone()[0]
                for day in self.days()
            ]
        return not any(busy)

    def drop_day(self, day: int) -> int:
        """Delete the file of a day; gives the number of its rows."""
        with self._lock:
            if not self._path(day).exists():
                return 0
            con = self._connection(day)
            count = int(con.execute("select count(*) from entry").fetchone()[0])
            con.close()
            del self._open[day]
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._path(day)}{suffix}").unlink(missing_ok=True)
        return count

    def backup(self, folder: Path) -> int:
        """Copy every day file consistently while in use."""
        folder.mkdir(parents=True, exist_ok=True)
        for day in self.days():
            with (
                contextlib.closing(sqlite3.connect(self._path(day))) as source,
                contextlib.closing(sqlite3.connect(folder / self._path(day).name)) as target,
            ):
                source.backup(target)
        return len(self.days())

    def close(self) -> None:
        """Give the files back."""
        with self._lock:
            for con in self._open.values():
                con.close()
            self._open.clear()


@contextlib.contextmanager
def retryable() -> Generator[None]:
    """Say that a full disk or a lock passes: the client shall come again."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable(
            f"the journal cannot be written now: {error}",
            hint="free disk space, or stop the other process that holds the data folder",
            code="journal_unavailable",
            retry_after_s=5,
        ) from error
