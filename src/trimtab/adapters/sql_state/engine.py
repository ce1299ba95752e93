"""Opens the database that holds the state: a file of SQLite, or PostgreSQL by its URL; and how its transactions go."""

import contextlib
import sqlite3
from collections.abc import Callable, Generator
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import (
    ArgumentError,
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as NoConnection

from trimtab.adapters.sql_state.schema import migrate
from trimtab.vocabulary.kernel import Invalid, Unavailable

T = TypeVar("T")
TRIES = 3
CONNECT_S = 5
MOST_CONNECTIONS = 6
"""Of each store; a server has six of them, and PostgreSQL 100 connections unless told otherwise."""
SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")
SESSION = (
    "set synchronous_commit = on",
    "set default_transaction_isolation = 'read committed'",
    "set statement_timeout = '30s'",
    "set lock_timeout = '10s'",
)
"""Whatever the server's defaults are: a commit is on disk when it returns, and nobody waits for ever."""


def open_engine(where: str) -> sa.Engine:
    """An engine on a path, on ":memory:" or on a postgresql:// URL, with its schema up to date; raises `Invalid`."""
    engine = postgres_engine(where) if "://" in where else sqlite_engine(where)
    try:
        with retryable():
            migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def sqlite_engine(path: str) -> sa.Engine:
    """An engine on a file, or on nothing but memory."""
    engine = sa.create_engine(
        f"sqlite:///{path}",
        connect_args={"timeout": 5.0, "check_same_thread": False},
        poolclass=sa.StaticPool if path == ":memory:" else None,
    )
    event.listen(engine, "connect", durable)
    return engine


def postgres_engine(text: str) -> sa.Engine:
    """An engine on PostgreSQL; raises `Invalid`, whose words never hold the URL: it may hold a password."""
    url = read_url(text)
    try:
        engine = sa.create_engine(
            url,
            pool_pre_ping=True,
            pool_size=2,
            max_overflow=MOST_CONNECTIONS - 2,
            pool_timeout=CONNECT_S,
            hide_parameters=True,
            connect_args={"connect_timeout": CONNECT_S, "tcp_user_timeout": 10_000},
        )
    except ImportError as error:
        raise Invalid(
            "the package psycopg is not installed", hint="pip install 'trimtab[postgres]'"
        ) from error
    event.listen(engine, "connect", patient)
    # Before SQLAlchemy itself asks anything, which fails there without a word of why.
    event.listen(engine, "connect", in_unicode, insert=True)
    return engine


def in_unicode(con: Any, _: object) -> None:
    """Raise `Invalid` where the database cannot keep every text."""
    found = con.info.parameter_status("server_encoding")
    if found != "UTF8":
        raise Invalid(
            f"the database keeps text as {found}, not as UTF8",
            hint="make another: create database trimtab encoding 'UTF8' template template0",
            code="state_encoding",
        )


def read_url(text: str) -> sa.URL:
    """The URL of a database of PostgreSQL; raises `Invalid`."""
    hint = "postgresql://user:password@host/database; special characters of a password as %40 and the like"
    try:
        url = sa.make_url(text)
    except (ArgumentError, ValueError):
        raise Invalid("the URL of the state cannot be read", hint=hint, code="state_url") from None
    if url.drivername not in SCHEMES:
        raise Invalid(
            f"the state cannot be kept in {url.drivername}: only in PostgreSQL", hint=hint, code="state_url"
        )
    return url.set(drivername="postgresql+psycopg")


def place_of(where: str) -> str:
    """Where the state is, in words without a secret."""
    if "://" not in where:
        return where
    url = read_url(where)
    return (
        f"PostgreSQL {url.host or 'on this machine'}{f':{url.port}' if url.port else ''}/{url.database or ''}"
    )


def durable(connection: sqlite3.Connection, _record: object) -> None:
    """Write-ahead log, and a commit that has reached the disk."""
    for pragma in ("journal_mode=wal", "synchronous=full", "foreign_keys=on", "secure_delete=on"):
        connection.execute(f"pragma {pragma}").fetchall()


def patient(connection: Any, _record: object) -> None:
    """Set up a connection to PostgreSQL."""
    for statement in SESSION:
        connection.execute(statement)
    connection.commit()


@contextlib.contextmanager
def retryable() -> Generator[None]:
    """Say that a full disk, a lock or a lost connection passes, and that some values cannot be kept."""
    try:
        yield
    except (OperationalError, InterfaceError, InternalError) as error:
        raise Unavailable(
            f"the state store cannot be used now: {error.orig}",
            hint="free disk space, or see whether the database runs",
            retry_after_s=5,
        ) from error
    except NoConnection as error:
        raise Unavailable(
            "every connection to the state store is in use", hint="ask again", retry_after_s=5
        ) from error
    except DataError as error:
        raise Invalid(
            "the state store cannot keep a value: too long, or with a character of code 0",
            hint="shorten it, or leave that character out",
            code="state_value",
        ) from error


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


def rewrite(engine: sa.Engine, table: sa.Table) -> bool:
    """Write a table of PostgreSQL anew, without what its rows were before; False while somebody reads it."""
    try:
        with retryable(), engine.connect() as con:
            con.execution_options(isolation_level="AUTOCOMMIT").execute(sa.text(f"vacuum full {table.name}"))
    except Unavailable:
        return False
    return True


def alone(con: sa.Connection, what: str) -> None:
    """Let nobody else do the same until this transaction ends; in SQLite whoever writes is alone anyway."""
    if con.dialect.name == "postgresql":
        con.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(what, 0))))


def put(con: sa.Connection, table: sa.Table, values: dict[str, Any]) -> None:
    """Replace the row of the same primary key, or put it in; plain SQL, the same on every database."""
    same = [column == values[column.name] for column in table.primary_key]
    rest = {name: value for name, value in values.items() if name not in table.primary_key.columns}
    if con.execute(sa.update(table).where(*same).values(**rest)).rowcount == 0:
        con.execute(sa.insert(table).values(**values))


def put_new(engine: sa.Engine, table: sa.Table, values: dict[str, Any]) -> bool:
    """Put a row in; False where one of the same key is there, which stays as it is."""
    try:
        return change(engine, sa.insert(table).values(**values)) > 0
    except IntegrityError:
        return False


def rows(engine: sa.Engine, statement: sa.Executable) -> list[dict[str, Any]]:
    """The rows of a query."""
    with retryable(), engine.connect() as con:
        return [dict(row) for row in con.execute(statement).mappings()]


def change(engine: sa.Engine, statement: sa.Executable) -> int:
    """Change rows in a transaction of its own; gives how many."""
    with retryable(), engine.begin() as con:
        return int(getattr(con.execute(statement), "rowcount", 0))
