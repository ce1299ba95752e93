"""The ledger in a file: SQLite of the standard library, durable at every step, shared by processes of one machine."""

import json
import sqlite3
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from trimtab.edge.runtime.record.model import Claim, Row, Settlement, UndoEntry, UndoState
from trimtab.edge.runtime.record.rows import SWEPT, claimed, settled
from trimtab.edge.runtime.record.text import as_text

BUSY_S = 10.0
TABLES = """
create table if not exists work (
  key text primary key, fingerprint text not null, owner text not null, session text not null, tool text not null,
  args text not null, state text not null, sent integer not null, lease_ends_ns integer not null,
  expires_ns integer not null, result text not null) without rowid;
create index if not exists work_of_session on work (session, state);
create index if not exists work_that_ends on work (expires_ns) where state in ('succeeded', 'failed');
create table if not exists undo (
  position integer primary key autoincrement, id text not null unique, session text not null, tool text not null,
  args text not null, state text not null, message text not null);
create table if not exists used_grant (id text primary key) without rowid;
create table if not exists budget (key text primary key, amount real not null, ends_ns integer not null) without rowid;
create index if not exists budget_that_ends on budget (ends_ns);
pragma user_version = 1;
"""
SWEEP = (
    "delete from work where key in (select key from work"
    " where state in ('succeeded', 'failed') and expires_ns <= ? order by expires_ns limit ?)"
)
COLUMNS = "key, fingerprint, owner, session, tool, args, state, sent, lease_ends_ns, expires_ns, result"


class File:
    """An open SQLite file: one transaction at a time, each durable when it ends. Safe in threads."""

    def __init__(self, path: Path | str) -> None:
        """Open or make the file."""
        self._lock = threading.RLock()
        self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.executescript(TABLES)

    @contextmanager
    def writing(self) -> Generator[sqlite3.Connection]:
        """A transaction that other writers wait for."""
        with self._lock:
            self._db.execute("begin immediate")
            try:
                yield self._db
            except BaseException:
                self._db.execute("rollback")
                raise
            self._db.execute("commit")

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What a query finds."""
        with self._lock:
            return self._db.execute(statement, values).fetchall()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()


class SqliteLedger:
    """Units of work in a file."""

    def __init__(self, file: File) -> None:
        """Keep them in an open file."""
        self._file = file

    def begin(self, claim: Claim) -> Row:
        """The row of a unit of work, `mine` if the claim got it."""
        with self._file.writing() as db:
            row = claimed(find(db, claim.key), claim)
            if row.mine:
                keep(db, row)
                db.execute(SWEEP, (claim.now_ns, SWEPT))
            return row

    def look(self, key: str) -> Row | None:
        """The row of a unit of work as it stands."""
        found = self._file.rows(f"select {COLUMNS} from work where key = ?", key)
        return row_of(found[0]) if found else None

    def mark_sent(self, key: str, owner: str) -> bool:
        """Note before sending that it may have left."""
        with self._file.writing() as db:
            found = db.execute(
                "update work set sent = 1 where key = ? and owner = ? and state = 'pending'", (key, owner)
            )
            return found.rowcount == 1

    def settle(self, key: str, owner: str, settlement: Settlement) -> bool:
        """Note how it ended."""
        with self._file.writing() as db:
            row = settled(find(db, key), owner, settlement)
            if row is None:
                return False
            keep(db, row)
            undo = settlement.undo
            if undo:
                db.execute(
                    "insert or ignore into undo (id, session, tool, args, state, message) values (?, ?, ?, ?, ?, ?)",
                    (undo.id, undo.session, undo.tool, as_text(dict(undo.args)), undo.state, undo.message),
                )
            return True

    def release(self, key: str, owner: str) -> None:
        """Forget a pending row of the owner."""
        with self._file.writing() as db:
            db.execute("delete from work where key = ? and owner = ? and state = 'pending'", (key, owner))

    def unresolved(self, session: str) -> list[Row]:
        """The rows of a session of which nobody knows how they ended."""
        found = self._file.rows(
            f"select {COLUMNS} from work where session = ? and state = 'unknown' order by key", session
        )
        return [row_of(one) for one in found]

    def undos(self, session: str) -> list[UndoEntry]:
        """The undo entries of a session that are ready or stuck, the latest first."""
        found = self._file.rows(
            "select id, session, tool, args, state, position, message from undo"
            " where session = ? and state <> 'undone' order by position desc",
            session,
        )
        return [
            UndoEntry(
                id=one[0],
                session=one[1],
                tool=one[2],
                args=json.loads(one[3]),
                state=one[4],
                position=one[5],
                message=one[6],
            )
            for one in found
        ]

    def mark_undo(self, id: str, state: UndoState, message: str = "") -> None:  # noqa: A002 - it is the entry's id
        """Note how an undo went; what is undone is forgotten."""
        with self._file.writing() as db:
            if state == "undone":
                db.execute("delete from undo where id = ?", (id,))
                return
            db.execute("update undo set state = ?, message = ? where id = ?", (state, message, id))

    def use_grants(self, ids: Sequence[str]) -> bool:
        """Use these approvals up, all or none."""
        with self._file.writing() as db:
            marks = ", ".join("?" for _ in ids)
            if db.execute(f"select 1 from used_grant where id in ({marks})", tuple(ids)).fetchone():
                return False
            db.executemany("insert into used_grant values (?)", [(one,) for one in dict.fromkeys(ids)])
            return True


def find(db: sqlite3.Connection, key: str) -> Row | None:
    """A row by its key."""
    found = db.execute(f"select {COLUMNS} from work where key = ?", (key,)).fetchone()
    return row_of(found) if found else None


def row_of(found: tuple[Any, ...]) -> Row:
    """A row as it is kept."""
    return Row(
        key=found[0],
        fingerprint=found[1],
        owner=found[2],
        session=found[3],
        tool=found[4],
        args=json.loads(found[5]),
        state=found[6],
        sent=bool(found[7]),
        lease_ends_ns=found[8],
        expires_ns=found[9],
        result=json.loads(found[10]),
    )


def keep(db: sqlite3.Connection, row: Row) -> None:
    """Write a row."""
    one = replace(row, mine=False)
    values = (one.key, one.fingerprint, one.owner, one.session, one.tool, as_text(dict(one.args)), one.state)
    more = (int(one.sent), one.lease_ends_ns, one.expires_ns, as_text(one.result))
    db.execute(f"insert or replace into work ({COLUMNS}) values ({', '.join('?' * 11)})", (*values, *more))
