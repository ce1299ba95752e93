"""The analytics port on DuckDB: one writer, readers beside it, a locked room for users' SQL."""

import contextlib
import shutil
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from trimtab.adapters.duckdb_analytics.apply import Traces, apply_batch, recount, spans_table
from trimtab.adapters.duckdb_analytics.sandbox import check_query, scoped_views
from trimtab.adapters.duckdb_analytics.schema import TABLES, UPGRADES, VERSION
from trimtab.loop.store import Batch, ClosePolicy, Row
from trimtab.vocabulary.kernel import Clock, Invalid, Unavailable

QUERY_TIMEOUT_S = 30.0
RETRYABLE = (
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.TransactionException,
    duckdb.OutOfMemoryException,
)
"""A full disk shows as any of the first three, at a write, at the commit, or at whatever follows it."""
EXPIRABLE = {"steps": "end_ns", "sessions": "last_ns", "facts": "time_ns"}


class DuckdbAnalytics:
    """Steps, sessions and facts in one DuckDB file, or in memory where no path is given (the fake)."""

    def __init__(self, path: Path | None, clock: Clock, policy: ClosePolicy | None = None) -> None:
        """Open the file; raises `Unavailable` when another process holds it."""
        self._clock, self._path = clock, path
        self._policy = policy or ClosePolicy()
        self._con = connect(path)
        self._con.execute(TABLES)
        self._catalog = str(self._con.execute("select current_database()").fetchall()[0][0])
        self._check_version()
        self._write = threading.Lock()
        self._traces = Traces(self._con)

    def _check_version(self) -> None:
        found = self._con.execute("select value from meta where name = 'schema'").fetchall()
        if not found:
            self._con.execute("insert into meta values ('schema', $v)", {"v": VERSION})
            return
        for version in range(int(found[0][0]), VERSION):
            self._con.execute(
                f"begin; {UPGRADES[version]} update meta set value = {version + 1} where name = 'schema'; commit"
            )
        if found[0][0] > VERSION:
            raise Invalid(
                f"analytics.duckdb has schema {found[0][0]}, this release reads up to {VERSION}",
                hint="use the newer release, or restore a backup that this one wrote",
                code="analytics_schema",
            )

    def apply(self, batch: Batch) -> None:
        """Apply a batch and its position in one transaction; applying it twice changes nothing."""
        with self._write:
            try:
                apply_batch(self._con, self._traces, batch, self._policy)
            except RETRYABLE as error:
                self._reopen(error)
                raise Unavailable(
                    f"analytics cannot be written now: {error}", hint="free disk space", retry_after_s=5
                ) from error

    def _reopen(self, error: Exception) -> None:
        """After a fatal error DuckDB takes nothing more from its connections: open the file anew."""
        if not isinstance(error, duckdb.FatalException) or self._path is None:
            return
        with contextlib.suppress(duckdb.Error):
            self._con.close()
        with contextlib.suppress(duckdb.Error, Unavailable):
            self._con = connect(self._path)
            self._traces = Traces(self._con)

    def applied(self) -> int:
        """The journal position up to which everything is applied."""
        rows = self._con.cursor().execute("select value from meta where name = 'applied'").fetchall()
        return int(rows[0][0]) if rows else 0

    def _reader(self) -> duckdb.DuckDBPyConnection:
        cursor = self._con.cursor()
        cursor.execute(f"set variable now_ns = {self._clock.now_ns()}::bigint")
        return cursor

    def rows(self, sql: str, params: Mapping[str, object] | None = None) -> list[Row]:
        """Rows of one of our own queries."""
        with self._reader() as cursor:
            cursor.execute(sql, dict(params or {}))
            names = [d[0] for d in cursor.description or []]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def user_rows(self, project: str, sql: str, limit: int) -> tuple[list[str], list[tuple[object, ...]]]:
        """Columns and rows of a user's read-only query over the views of one project."""
        with self._reader() as cursor:
            check_query(cursor, sql)
            for view in scoped_views(self._catalog, project):
                cursor.execute(view)
            timer = threading.Timer(QUERY_TIMEOUT_S, cursor.interrupt)
            timer.start()
            try:
                cursor.execute(sql)
                names = [str(d[0]) for d in cursor.description or []]
                return names, cursor.fetchmany(limit)
            except duckdb.InterruptException as error:
                raise Invalid(
                    f"the query took longer than {QUERY_TIMEOUT_S:.0f} s",
                    hint="narrow it by time: where start_ns > ...",
                    code="query_timeout",
                ) from error
            except duckdb.Error as error:
                raise Invalid(
                    str(error), hint="see `trimtab query --help` for the views", code="query"
                ) from error
            finally:
                timer.cancel()

    def erase(self, project: str, steps: Sequence[tuple[bytes, int]], sessions: Sequence[str]) -> None:
        """Remove steps by (trace id, span id), and whole sessions with their facts."""
        with self._write:
            self._con.execute("begin")
            self._con.register("gone", spans_table([(project, t, s) for t, s in steps]))
            touched = self._con.execute(
                "select distinct project, session from steps semi join gone using (project, trace_id, span_id)"
            ).fetchall()
            self._con.execute(
                "delete from facts using gone where facts.project = gone.project and facts.session = ''"
                " and facts.trace_id = gone.trace_id and facts.span_id in (0, gone.span_id)"
            )
            self._con.execute(
                "delete from steps using gone where steps.project = gone.project"
                " and steps.trace_id = gone.trace_id and steps.span_id = gone.span_id"
            )
            self._con.register("lost", pa.table({"session": pa.array(sessions, pa.string())}))
            for table in ("steps", "sessions", "facts"):
                self._con.execute(
                    f"delete from {table} using lost where {table}.project = $project"
                    f" and {table}.session = lost.session",
                    {"project": project},
                )
            now_ns = self._clock.now_ns()
            left = {(str(p), str(s)): (now_ns, now_ns) for p, s in touched if s not in sessions}
            recount(self._con, left, self._policy)
            self._con.unregister("gone")
            self._con.unregister("lost")
            self._con.execute("commit")
            self._traces.forget()
            self._con.execute("force checkpoint")

    def expire(self, project: str, table: str, before_ns: int) -> int:
        """Remove rows older than a time; gives their number."""
        sql = f"delete from {table} where project = $project and {EXPIRABLE[table]} < $before"
        with self._write:
            removed = self._con.execute(sql, {"project": project, "before": before_ns}).fetchall()
            self._traces.forget()
        return int(removed[0][0])

    def clear(self) -> None:
        """Forget what the journal can give again; sessions stay, for the pins of their closes."""
        with self._write:
            for sql in ("delete from steps", "delete from facts", "delete from meta where name = 'applied'"):
                self._con.execute(sql)
            self._traces.forget()

    def backup(self, folder: Path) -> None:
        """Write a consistent copy into `folder` while in use; applying waits meanwhile, acknowledging does not."""
        if self._path is None:
            raise Invalid(
                "tables in memory have no file to copy", hint="give the store a path", code="backup"
            )
        with self._write:
            self._con.execute("force checkpoint")
            shutil.copyfile(self._path, folder / "analytics.duckdb")

    def close(self) -> None:
        """Checkpoint and give the file back."""
        with self._write:
            if self._path is not None:
                self._con.execute("force checkpoint")
            self._con.close()


def connect(path: Path | None) -> duckdb.DuckDBPyConnection:
    """Open DuckDB with the settings that measurements chose (a 16 MB checkpoint halves throughput)."""
    settings: dict[str, str | bool | int | float | list[str]] = {
        "checkpoint_threshold": "256MB",
        "threads": 2,
        "memory_limit": "1GB",
        "preserve_insertion_order": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "enable_external_access": False,  # whatever a query says, no other file is opened
    }
    try:
        return duckdb.connect(str(path) if path else ":memory:", config=settings)
    except duckdb.IOException as error:
        raise Unavailable(
            f"{path} is held by another process: {error}",
            hint="one process owns the store: use the running server, or stop it",
            code="store_held",
            retry_after_s=5,
        ) from error
