"""The state port by SQLAlchemy."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from trimtab.adapters.sql_state.copy import copy_out
from trimtab.adapters.sql_state.engine import (
    change,
    open_engine,
    put,
    put_new,
    retryable,
    rewrite,
    rows,
    transact,
)
from trimtab.adapters.sql_state.forget import PLACES, forget, texts
from trimtab.adapters.sql_state.tables import ERASURES, KEYS, PROJECTS, REPLIES, RETENTION, SETTINGS
from trimtab.loop.store import KEPT_KINDS, Reached, Retention, Row, Sound, Wiped
from trimtab.vocabulary.kernel import Invalid


class SqlState:
    """Projects, keys and settings; safe to share between threads, and between servers."""

    def __init__(self, where: str) -> None:
        """Open a path, ":memory:" (the fake), or a URL, and bring its schema up to date."""
        self._engine = open_engine(where)
        self._where = where

    def add_project(self, name: str, now_ns: int) -> None:
        """Create a project; a second time changes nothing."""
        put_new(self._engine, PROJECTS, {"name": name, "created_ns": now_ns})

    def projects(self) -> list[Row]:
        """All projects: name, created_ns."""
        return self._read(sa.select(PROJECTS).order_by(PROJECTS.c.created_ns, PROJECTS.c.name))

    def add_key(self, row: Row) -> None:
        """Keep a key by its hash."""
        self._write(sa.insert(KEYS).values(**row))

    def key_by_hash(self, digest: str) -> Row | None:
        """A key that is not revoked, by its hash."""
        found = self._read(sa.select(KEYS).where(KEYS.c.digest == digest, KEYS.c.revoked_ns.is_(None)))
        return found[0] if found else None

    def keys(self, project: str) -> list[Row]:
        """The keys of a project, without their hashes."""
        columns = [c for c in KEYS.c if c.name != "digest"]
        return self._read(sa.select(*columns).where(KEYS.c.project == project).order_by(KEYS.c.created_ns))

    def revoke_key(self, key_id: str, now_ns: int) -> bool:
        """Revoke a key; False where there is none."""
        statement = sa.update(KEYS).where(KEYS.c.id == key_id, KEYS.c.revoked_ns.is_(None))
        return self._write(statement.values(revoked_ns=now_ns)) > 0

    def setting(self, name: str) -> str | None:
        """A stored setting."""
        found = self._read(sa.select(SETTINGS.c.value).where(SETTINGS.c.name == name))
        return str(found[0]["value"]) if found else None

    def set_setting(self, name: str, value: str) -> None:
        """Store a setting."""
        values = {"name": name, "value": value}
        transact(self._engine, lambda con: put(con, SETTINGS, values))

    def keep_setting(self, name: str, value: str) -> str:
        """Store a setting that has no value yet; gives the one that it has now."""
        held = self.setting(name)
        if held is None:
            put_new(self._engine, SETTINGS, {"name": name, "value": value})
            held = self.setting(name)
        return value if held is None else held

    def retention(self, project: str) -> Retention:
        """How long a project keeps what; the defaults where nobody said otherwise."""
        held = self._read(sa.select(RETENTION).where(RETENTION.c.project == project))
        return Retention(**{str(row["kind"]): row["days"] for row in held})

    def set_retention(self, project: str, retention: Retention) -> None:
        """Set how long a project keeps what."""
        kept = [{"project": project, "kind": kind, "days": retention.days(kind)} for kind in KEPT_KINDS]

        def work(con: sa.Connection) -> None:
            for values in kept:
                put(con, RETENTION, values)

        transact(self._engine, work)

    def put_erasure(self, row: Row) -> None:
        """Keep a request of erasure, or its progress."""
        values = {column.name: row.get(column.name) for column in ERASURES.c}
        transact(self._engine, lambda con: put(con, ERASURES, values))

    def erasures(self) -> list[Row]:
        """All erasures, in the order of their requests."""
        return self._read(sa.select(ERASURES).order_by(ERASURES.c.requested_ns, ERASURES.c.id))

    def forget(self, project: str, names: Wiped, sound: Sound, *, dry: bool = False) -> Reached:
        """Take names out of everything that is said of a project, in one transaction."""
        return transact(self._engine, lambda con: forget(con, project, names, sound, dry=dry))

    def texts(self, project: str) -> set[str]:
        """Whatever is said in the tables of a project."""
        with retryable(), self._engine.connect() as con:
            return set(texts(con, project))

    def scrub(self) -> bool:
        """Make removed values physically gone: SQLite's write-ahead log, PostgreSQL's rows of before."""
        if self._engine.dialect.name == "postgresql":
            wiped = (ERASURES, SETTINGS, REPLIES, *(place.table for place in PLACES))
            done = [rewrite(self._engine, table) for table in wiped]
            return all(done)
        with retryable(), self._engine.connect() as con:
            row = con.exec_driver_sql("pragma wal_checkpoint(truncate)").fetchone()
        return row is None or row[0] == 0

    def check(self) -> str:
        """What the database says of itself: `ok`, or what is wrong."""
        with retryable(), self._engine.connect() as con:
            if self._engine.dialect.name != "postgresql":
                return str(con.exec_driver_sql("pragma quick_check").scalar())
            durable = con.execute(sa.text("show fsync")).scalar() == "on"
        return "ok" if durable else "it runs with fsync off: what is acknowledged may be lost"

    def backup(self, folder: Path) -> None:
        """Copy consistently while in use, into `state.sqlite`."""
        if self._where == ":memory:":
            raise Invalid(
                "tables in memory have no file to copy", hint="give the store a path", code="backup"
            )
        copy_out(self._engine, folder / "state.sqlite")

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _read(self, statement: sa.Select[Any]) -> list[Row]:
        return rows(self._engine, statement)

    def _write(self, statement: sa.Executable) -> int:
        return change(self._engine, statement)
