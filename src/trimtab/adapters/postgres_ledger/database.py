"""A PostgreSQL database: its tables, brought up to date, and transactions that are on disk when they end."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trimtab.vocabulary.kernel import Invalid, Unavailable

if TYPE_CHECKING:
    from psycopg import Connection

LOCK = 0x7472696D746162
"""Servers that start at once bring the tables up to date one after the other."""
WAIT_S = 10.0
VERSIONS = (
    """
    create table trimtab_work (
      key text primary key, fingerprint text not null, owner text not null, session text not null,
      tool text not null, args text not null, state text not null, sent boolean not null,
      lease_ends_ns bigint not null, expires_ns bigint not null, result text not null);
    create index trimtab_work_of_session on trimtab_work (session) where state = 'unknown';
    create index trimtab_work_that_ends on trimtab_work (expires_ns) where state in ('succeeded', 'failed');
    create table trimtab_undo (
      position bigint generated always as identity primary key, id text not null unique, session text not null,
      tool text not null, args text not null, state text not null, message text not null);
    create index trimtab_undo_of_session on trimtab_undo (session);
    create table trimtab_used_grant (id text primary key);
    create table trimtab_budget (key text primary key, amount double precision not null, ends_ns bigint not null);
    create index trimtab_budget_that_ends on trimtab_budget (ends_ns);
    """,
)
"""What brings the tables from each version to the next; only ever added to."""


class PostgresDatabase:
    """A pool of connections to one database. Safe in threads.

    The tables lie in the first schema of the connection's `search_path`. `lossy` takes a server that runs with
    `fsync` off.
    """

    def __init__(self, url: str, *, most_connections: int = 8, lossy: bool = False) -> None:
        """Connect, and bring the tables up to date; raises `Invalid` or `Unavailable`."""
        try:
            from psycopg_pool import ConnectionPool
        except ImportError as error:
            raise Invalid(
                "the package psycopg is not installed", hint="pip install 'trimtab[postgres]'"
            ) from error
        self._pool: ConnectionPool[Any] = ConnectionPool(
            url,
            min_size=0,
            max_size=most_connections,
            timeout=WAIT_S,
            open=True,
            configure=durable,
            check=ConnectionPool.check_connection,
        )
        try:
            with self.writing() as db:
                if not lossy:
                    refuse_lossy(db)
                migrate(db)
        except BaseException:
            self.close()
            raise

    @contextmanager
    def writing(self) -> Generator["Connection[Any]"]:
        """A transaction that is on disk when the block ends; its rows are read under the locks that it takes."""
        import psycopg
        from psycopg_pool import PoolTimeout

        try:
            with self._pool.connection() as db:
                yield db
        except PoolTimeout as error:
            raise Unavailable("PostgreSQL cannot be reached", hint="is it running?") from error
        except psycopg.OperationalError as error:
            raise Unavailable(f"PostgreSQL did not do it: {error}", hint="look into its log") from error

    def close(self) -> None:
        """Close the connections."""
        self._pool.close()


def durable(connection: "Connection[Any]") -> None:
    """A commit waits for the disk, whatever the server's default is; each statement sees what is committed."""
    connection.execute("set synchronous_commit = on")
    connection.execute("set default_transaction_isolation = 'read committed'")
    connection.commit()


def refuse_lossy(db: "Connection[Any]") -> None:
    """Raises `Invalid` where a commit does not reach the disk."""
    if db.execute("show fsync").fetchone() != ("on",):
        raise Invalid(
            "this PostgreSQL runs with fsync off and may lose what a ledger was told",
            hint="turn fsync on, or say lossy=True and live with an effect that happens twice",
            code="ledger_lossy",
        )


def migrate(db: "Connection[Any]") -> None:
    """Bring the tables up to date; raises `Invalid` where a later Trimtab made them."""
    db.execute("select pg_advisory_xact_lock(%s)", (LOCK,))
    db.execute("create table if not exists trimtab_ledger_version (version integer not null)")
    row = db.execute("select version from trimtab_ledger_version").fetchone()
    known = row[0] if row else 0
    if known > len(VERSIONS):
        raise Invalid(
            f"the ledger's tables have version {known}, this Trimtab knows {len(VERSIONS)}",
            hint="upgrade Trimtab",
            code="ledger_version",
        )
    for statements in VERSIONS[known:]:
        db.execute(statements)
    db.execute("delete from trimtab_ledger_version")
    db.execute("insert into trimtab_ledger_version values (%s)", (len(VERSIONS),))
