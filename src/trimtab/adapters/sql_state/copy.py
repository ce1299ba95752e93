"""The state from one database into another: a backup is a file of SQLite, and can be put back into either kind."""

import contextlib
import shutil
import sqlite3
import tempfile
from pathlib import Path

import sqlalchemy as sa

from trimtab.adapters.sql_state.engine import open_engine, place_of, retryable
from trimtab.adapters.sql_state.tables import METADATA
from trimtab.vocabulary.kernel import Conflict

ROWS = 500
"""So many are copied at once."""


def copy_out(engine: sa.Engine, target: Path) -> None:
    """Write everything into a new file of SQLite, as it was at one moment."""
    if engine.dialect.name == "sqlite":
        with (
            contextlib.closing(sqlite3.connect(str(engine.url.database))) as source,
            contextlib.closing(sqlite3.connect(target)) as copy,
        ):
            source.backup(copy)
        return
    made = open_engine(str(target))
    try:
        copy_rows(engine, made)
    finally:
        made.dispose()


def put_back(source: Path, where: str) -> None:
    """Put what a backup's `state.sqlite` holds into an empty database; raises `Conflict` where it is not empty."""
    target = open_engine(where)
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "state.sqlite"  # an older backup is brought up to date, but not where it lies
        shutil.copyfile(source, copy)
        held = open_engine(str(copy))
        try:
            copy_rows(held, target, where)
        finally:
            held.dispose()
            target.dispose()


def copy_rows(source: sa.Engine, target: sa.Engine, where: str = "") -> None:
    """Copy every table in one transaction of each side."""
    one_moment = "REPEATABLE READ" if source.dialect.name == "postgresql" else "SERIALIZABLE"
    reading = source.execution_options(isolation_level=one_moment)
    with retryable(), reading.connect() as held, target.begin() as made:
        for table in METADATA.sorted_tables:
            if made.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None:
                raise Conflict(
                    f"{place_of(where)} is not empty: it has a {table.name}",
                    hint="name an empty database in TRIMTAB_STATE_URL",
                )
            for some in held.execute(sa.select(table)).mappings().partitions(ROWS):
                made.execute(sa.insert(table), [dict(row) for row in some])
            count_on(made, table)


def count_on(con: sa.Connection, table: sa.Table) -> None:
    """Let PostgreSQL number the next row after those that came with their numbers."""
    counted = table.autoincrement_column
    if con.dialect.name != "postgresql" or counted is None:
        return
    last = con.execute(sa.select(sa.func.max(counted))).scalar()
    if last:
        named = sa.func.pg_get_serial_sequence(table.name, counted.name)
        con.execute(sa.select(sa.func.setval(named, last)))
