"""The state port on SQLite."""

import contextlib
import sqlite3
from collections.abc import Generator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.exc import OperationalError

from trimtab.adapters.sqlite_state.tables import ERASURES, KEYS, PROJECTS, RETENTION, SETTINGS
from trimtab.loop.store import KEPT_KINDS, Retention, Row
from trimtab.vocabulary.kernel import Invalid, Unavailable

HEAD = "0004"
"""The newest migration; a test compares it with the folder, so that Alembic loads only when needed."""


def migrate(engine: sa.Engine) -> None:
    """Bring the schema to HEAD; Alembic (over a second to import) is loaded only if something is to do."""
    with engine.connect() as con:
        if sa.inspect(con).has_table("alembic_version"):
            found = con.execute(sa.text("select version_num from alembic_version")).scalar()
            if found == HEAD:
                return
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "trimtab.adapters.sqlite_state:migrations")
    with engine.begin() as con:
        config.attributes["connection"] = con
        command.upgrade(config, "head")


class SqliteState:
    """Projects, keys and settings in one SQLite file."""

    def __init__(self, path: str) -> None:
        """Open `path` (":memory:" for the fake) and bring its schema up to date."""
        self._engine = sa.create_engine(
            f"sqlite:///{path}",
            connect_args={"timeout": 5.0, "check_same_thread": False},
            poolclass=sa.StaticPool if path == ":memory:" else None,
        )
        event.listen(self._engine, "connect", durable)
        self._path = path
        with retryable():
            migrate(self._engine)

    def add_project(self, name: str, now_ns: int) -> None:
        """Create a project; a second time changes nothing."""
        self._write(insert(PROJECTS).values(name=name, created_ns=now_ns).on_conflict_do_nothing())

    def projects(self) -> list[Row]:
        """All projects: name, created_ns."""
        return self._read(sa.select(PROJECTS).order_by(PROJECTS.c.created_ns, PROJECTS.c.name))

    def add_key(self, row: Row) -> None:
        """Keep a key by its hash."""
        self._write(insert(KEYS).values(**row))

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
        statement = insert(SETTINGS).values(name=name, value=value)
        self._write(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))

    def retention(self, project: str) -> Retention:
        """How long a project keeps what; the defaults where nobody said otherwise."""
        rows = self._read(sa.select(RETENTION).where(RETENTION.c.project == project))
        return Retention(**{str(row["kind"]): row["days"] for row in rows})

    def set_retention(self, project: str, retention: Retention) -> None:
        """Set how long a project keeps what."""
        rows = [{"project": project, "kind": k, "days": retention.days(k)} for k in KEPT_KINDS]
        statement = insert(RETENTION).values(rows)
        self._write(
            statement.on_conflict_do_update(
                index_elements=["project", "kind"], set_={"days": statement.excluded.days}
            )
        )

    def put_erasure(self, row: Row) -> None:
        """Keep a request of erasure, or its progress."""
        values = {column.name: row[column.name] for column in ERASURES.c}
        self._write(
            insert(ERASURES).values(**values).on_conflict_do_update(index_elements=["id"], set_=values)
        )

    def erasures(self) -> list[Row]:
        """All erasures, in the order of their requests."""
        return self._read(sa.select(ERASURES).order_by(ERASURES.c.requested_ns, ERASURES.c.id))

    def scrub(self) -> bool:
        """Empty the write-ahead log, where removed values live on after secure_delete."""
        with retryable(), self._engine.connect() as con:
            row = con.exec_driver_sql("pragma wal_checkpoint(truncate)").fetchone()
        return row is None or row[0] == 0

    def _read(self, statement: sa.Select[Any]) -> list[Row]:
        with retryable(), self._engine.connect() as con:
            return [dict(row) for row in con.execute(statement).mappings()]

    def _write(self, statement: sa.Executable) -> int:
        with retryable(), self._engine.begin() as con:
            return int(getattr(con.execute(statement), "rowcount", 0))

    def backup(self, folder: Path) -> None:
        """Copy consistently while in use."""
        if self._path == ":memory:":
            raise Invalid(
                "tables in memory have no file to copy", hint="give the store a path", code="backup"
            )
        with (
            contextlib.closing(sqlite3.connect(self._path)) as source,
            contextlib.closing(sqlite3.connect(folder / "state.sqlite")) as target,
        ):
            source.backup(target)

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()


def durable(connection: sqlite3.Connection, _record: object) -> None:
    """Write-ahead log, and a commit that has reached the disk."""
    for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on", "secure_delete=on"):
        connection.execute(f"pragma {pragma}").fetchall()


@contextlib.contextmanager
def retryable() -> Generator[None]:
    """Say that a full disk or a lock passes."""
    try:
        yield
    except OperationalError as error:
        raise Unavailable(
            f"the state store cannot be written now: {error.orig}", hint="free disk space", retry_after_s=5
        ) from error
