"""The text index port on SQLite FTS5: contentless, so that the text itself stays in the journal alone."""

import contextlib
import sqlite3
import threading
from collections.abc import Generator, Sequence
from datetime import date, timedelta
from pathlib import Path

from trimtab.loop.store import TextHit, TextRow, words_of
from trimtab.vocabulary.kernel import Unavailable

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
where words match ? and doc.project = ? order by doc.start_ns desc, doc.id desc limit ?
"""


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
            con = sqlite3.connect(self._path(day), check_same_thread=False, isolation_level=None)
            # What is lost here is read from the journal again: no fsync is needed, consistency is.
            for pragma in ("journal_mode=wal", "synchronous=off"):
                con.execute(f"pragma {pragma}").fetchall()
            con.executescript(SCHEMA)
            self._open[day] = con
        return self._open[day]

    def days(self) -> list[int]:
        """Days since the Unix epoch that have a file, ascending."""
        found: list[int] = []
        for path in self._folder.glob("*.sqlite"):
            with contextlib.suppress(ValueError):
                found.append((date.fromisoformat(path.stem) - EPOCH).days)
        return sorted(found)

    def position(self, day: int) -> int:
        """The journal position up to which a day is indexed, 0 before the first."""
        with self._lock:
            if not self._path(day).exists():
                return 0
            row = self._connection(day).execute("select max(position) from meta").fetchone()
        return int(row[0] or 0)

    def add(self, day: int, position: int, rows: Sequence[TextRow]) -> None:
        """Index rows of one day and the position up to which it now reaches, in one transaction."""
        with self._lock, retryable():
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

    def find(self, project: str, words: Sequence[str], limit: int) -> list[TextHit]:
        """Pointers to spans of a project that hold all words, the latest first."""
        match = " ".join(f'"{word}"' for word in words)
        found: list[TextHit] = []
        for day in reversed(self.days()):
            with self._lock:
                rows = self._connection(day).execute(FIND, (match, project, limit)).fetchall()
            found += [TextHit(body=body, ordinal=ordinal, start_ns=at) for body, ordinal, at in rows]
            if len(found) >= limit:
                break
        return sorted(found, key=lambda hit: hit.start_ns, reverse=True)[:limit]

    def drop_day(self, day: int) -> None:
        """Delete the file of a day; while the journal has that day, the indexer makes it again."""
        with self._lock:
            if day in self._open:
                self._open.pop(day).close()
            for suffix in ("", "-wal", "-shm"):
                Path(f"{self._path(day)}{suffix}").unlink(missing_ok=True)

    def close(self) -> None:
        """Give the files back."""
        with self._lock:
            for con in self._open.values():
                con.close()
            self._open.clear()


@contextlib.contextmanager
def retryable() -> Generator[None]:
    """Say that a full disk or a lock passes."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise Unavailable(f"the text index cannot be written now: {error}", hint="free disk space") from error
