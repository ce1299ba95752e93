"""Opens the database that holds the state: a file of SQLite, or any database by its URL."""

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from trimtab.adapters.sqlite_state.state import durable, migrate, retryable

T = TypeVar("T")
TRIES = 3


def open_engine(where: str) -> sa.Engine:
    """An engine on a path, on ":memory:" or on a URL such as postgresql://, with its schema up to date."""
    if "://" in where:
        engine = sa.create_engine(where, pool_pre_ping=True)
    else:
        engine = sa.create_engine(
            f"sqlite:///{where}",
            connect_args={"timeout": 5.0, "check_same_thread": False},
            poolclass=sa.StaticPool if where == ":memory:" else None,
        )
        event.listen(engine, "connect", durable)
    with retryable():
        migrate(engine)
    return engine


def transact(engine: sa.Engine, work: Callable[[sa.Connection], T]) -> T:
    """Do some work in one transaction; again where another put in the same row at the same time."""
    for _ in range(TRIES - 1):
        try:
            with retryable(), engine.begin() as con:
                return work(con)
        except IntegrityError:
            continue
    with retryable(), engine.begin() as con:
        return work(con)


def put(con: sa.Connection, table: sa.Table, values: dict[str, Any]) -> None:
    """Replace the row of the same primary key, or put it in; plain SQL, the same on every database."""
    same = [column == values[column.name] for column in table.primary_key]
    rest = {name: value for name, value in values.items() if name not in table.primary_key.columns}
    if con.execute(sa.update(table).where(*same).values(**rest)).rowcount == 0:
        con.execute(sa.insert(table).values(**values))


def rows(engine: sa.Engine, statement: sa.Executable) -> list[dict[str, Any]]:
    """The rows of a query."""
    with retryable(), engine.connect() as con:
        return [dict(row) for row in con.execute(statement).mappings()]


def change(engine: sa.Engine, statement: sa.Executable) -> int:
    """Change rows in a transaction of its own; gives how many."""
    with retryable(), engine.begin() as con:
        return int(getattr(con.execute(statement), "rowcount", 0))
