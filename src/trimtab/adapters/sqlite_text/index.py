"""The text index port on SQLite FTS5: contentless, so that the text itself stays in the journal alone."""

import contextlib
import logging
import sqlite3
import threading
from collections.abc import Generator, Sequence
from datetime import date, timedelta
from pathlib import Path

from trimtab.loop.store import TextHit, TextRow, words_of
from trimtab.vocabulary.kernel import Unavailable

LOG = logging.getLogger(__name__)
EPOCH = date(1970, 1, 1)
SCHEMA = """
create table if not exists meta (position integer not null);
create table if not exists doc (
  id integer primary key, project text not null, body integer not null, ordinal integer not null,
  start_ns integer not null);
create virtual table if not exists words using fts5(
  text, content='', detail=none, tokenize="ascii tokenchars '_'");
"""
FIND = """
select doc.body, doc.ordinal, doc.start_ns from words join doc on doc.id = words.rowid
where words match ? and doc.project = ? order by words.rowid desc limit ?
"""
"""From the last row backwards, so that a common word need not be gathered and sorted whole."""
CHECKS = ("pragma quick_check", "insert into words (words) values ('integrity-check')")


class SqliteTextIndex:
    """Words in `folder/YYYY-MM-DD.sqlite`, by the day of the journal; a file that is lost is made again."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, creating it where absent."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.Lock()
        self._open: dict[int, sqlite3.Connection] = {}

    def _path(self, day: int) -> Path:
        return self._folder / f"{EPOCH + timedelta(days=day)}.sqlite"

    def _connection(self, day: int) -> sqlite3.Connection:
        if day not in self._open:
            try:
                self._open[day] = open_day(self._path(day))
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.OperationalError):
                    raise
                self._give_up(day, error)
                self._open[day] = open_day(self._path(day))
        return self._open[day]

    def _give_up(self, day: int, error: Exception) -> None:
        """A file that cannot be read is worth nothing: without it, the indexer makes it again."""
        LOG.warning("the text index of %s is broken (%s); making it again", self._path(day).stem, error)
        if day in self._open:
            self._open.pop(day).close()
        for suffix in ("-wal", "-shm", ""):
            Path(f"{self._path(day)}{suffix}").unlink(missing_ok=True)

    def days(self) -> list[int]:
        """Days since the Unix epoch that have a file, ascending."""
        found: list[int] = []
        for path in self._folder.glob("*.sqlite"):
            with contextlib.suppress(ValueError):
                found.append((date.fromisoformat(path.stem) - EPOCH).days)
        return sorted(found)

    def position(self, day: int) -> int:
        """The journal position up to which a day is indexed, 0 before the first."""
        with self._lock, self._healed(day), retryable():
            if self._path(day).exists():
                row = self._connection(day).execute("select max(position) from meta").fetchone()
                return int(row[0] or 0)
        return 0

    def add(self, day: int, position: int, rows: Sequence[TextRow]) -> None:
        """Index rows of one day and the position up to which it now reaches, in one transaction."""
        with self._lock, self._healed(day), retryable():
            con = self._connection(day)
            con.execute("begin immediate")
            try:
                first = int(con.execute("select coalesce(max(id), 0) from doc").fetchone()[0]) + 1
                con.executemany(
                    "insert into doc values (?, ?, ?, ?, ?)",
                    [(i, r.project, r.body, r.ordinal, r.start_ns) for i, r in enumerate(rows, first)],
                )
                con.executemany(
                    "insert into words (rowid, text) values (?, ?)",
                    [(i, " ".join(words_of(r.text))) for i, r in enumerate(rows, first)],
                )
                con.execute("delete from meta")
                con.execute("insert into meta values (?)", (position,))
                con.execute("commit")
            except BaseException:
                if con.in_transaction:
                    con.execute("rollback")
                raise

    @contextlib.contextmanager
    def _healed(self, day: int) -> Generator[None]:
        """Start a day anew whose file turns out to be broken."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            self._give_up(day, error)

    def find(self, project: str, words: Sequence[str], limit: int) -> list[TextHit]:
        """Pointers to spans of a project that hold all words: of the last that came, the latest first."""
        match = " ".join(f'"{word}"' for word in words)
        found: list[TextHit] = []
        for day in reversed(self.days()):
            with self._lock, self._healed(day), retryable():
                if self._path(day).exists():
                    wanted = (match, project, limit - len(found))
                    rows = self._connection(day).execute(FIND, wanted).fetchall()
                    found += [TextHit(body=body, ordinal=ordinal, start_ns=at) for body, ordinal, at in rows]
            if len(found) >= limit:
                break
        return sorted(found, key=lambda hit: hit.start_ns, reverse=True)

    def drop_day(self, day: int) -> None:
        """Delete the file of a day; while the journal has that day, the indexer makes it again."""
        with self._lock:
            if day in self._open:
                self._open.pop(day).close()
            for suffix in ("-wal", "-shm", ""):
                Path(f"{self._path(day)}{suffix}").unlink(missing_ok=True)

    def check(self) -> dict[int, str]:
        """Day -> "ok", or what SQLite finds wrong with its index."""
        return {day: self._check_day(day) for day in self.days()}

    def _check_day(self, day: int) -> str:
        with self._lock:
            try:
                with contextlib.closing(sqlite3.connect(self._path(day), timeout=2.0)) as con:
                    answers = [con.execute(sql).fetchone() for sql in CHECKS]
            except sqlite3.DatabaseError as error:
                return str(error)
        return str(answers[0][0])

    def close(self) -> None:
        """Give the files back."""
        with self._lock:
            for con in self._open.values():
                con.close()
            self._open.clear()


def open_day(path: Path) -> sqlite3.Connection:
    """Open one day's file, making its tables where they are not there."""
    con = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=2.0)
    try:
        # What is lost here is read from the journal again: no commit waits for the disk.
        for pragma in ("journal_mode=wal", "synchronous=normal"):
            con.execute(f"pragma {pragma}").fetchall()
        con.executescript(SCHEMA)
    except BaseException:
        con.close()
        raise
    return con


@contextlib.contextmanager
def retryable() -> Generator[None]:
    """Say that a full disk or a lock passes."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable(f"the text index cannot be written now: {error}", hint="free disk space") from error
