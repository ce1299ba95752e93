"""The analytics port on DuckDB: one writer, readers beside it, a locked room for users' SQL."""

import contextlib
import itertools
import shutil
import threading
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO

import duckdb
import numpy as np

from trimtab.adapters.duckdb_analytics import forget, minutes, parquet, tallies
from trimtab.adapters.duckdb_analytics.apply import apply_batch, recount, write_steps
from trimtab.adapters.duckdb_analytics.plan import Traces, plan_again
from trimtab.adapters.duckdb_analytics.sandbox import check_query, scoped_views
from trimtab.adapters.duckdb_analytics.schema import TABLES, UPGRADES, VERSION
from trimtab.adapters.duckdb_analytics.sealed import expire_steps
from trimtab.adapters.duckdb_analytics.snapshot import Snapshot
from trimtab.loop.store import Batch, ClosePolicy, Column, MinuteRow, Row, Rows, Stretch, TallyRow, Target
from trimtab.vocabulary.kernel import Clock, Invalid, Unavailable

QUERY_TIMEOUT_S = 30.0
RETRYABLE = (
    duckdb.IOException,
    duckdb.FatalException,
    duckdb.TransactionException,
    duckdb.OutOfMemoryException,
)
"""A full disk shows as any of the first three, at a write, at the commit, or at whatever follows it."""


class DuckdbAnalytics:
    """Steps, sessions and facts in one DuckDB file, or in memory where no path is given (the fake)."""

    def __init__(
        self,
        path: Path | None,
        clock: Clock,
        policy: ClosePolicy | None = None,
        held: Callable[[], Iterable[int]] | None = None,
    ) -> None:
        """Open the file; raises `Unavailable` when another process holds it.

        `held` gives the positions of the bodies that the journal still has: `clear` forgets their rows and
        no others. Without it every row counts as one that can be given again.
        """
        self._clock, self._path, self._held = clock, path, held
        self._policy = policy or ClosePolicy()
        self._readers = forget.Readers()
        if path is not None:
            fresh_path(path).unlink(missing_ok=True)
        self._con = connect(path)
        self._con.execute(TABLES)
        self._catalog = str(self._con.execute("select current_database()").fetchall()[0][0])
        self._check_version()
        self._write = threading.Lock()
        self._claims = itertools.count(1)
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
        with self._reader() as cursor:
            rows = cursor.execute("select value from meta where name = 'applied'").fetchall()
        return int(rows[0][0]) if rows else 0

    @contextlib.contextmanager
    def _reader(self) -> Generator[duckdb.DuckDBPyConnection]:
        with self._readers.reading(), self._con.cursor() as cursor:
            cursor.execute(f"set variable now_ns = {self._clock.now_ns()}::bigint")
            yield cursor

    def rows(self, sql: str, params: Mapping[str, object] | None = None) -> list[Row]:
        """Rows of one of our own queries."""
        with self._reader() as cursor:
            return Snapshot(cursor).rows(sql, params)

    @contextlib.contextmanager
    def snapshot(self) -> Generator[Rows]:
        """Rows as of one moment, at one time, for several queries that belong together."""
        with self._reader() as cursor, forget.transaction(cursor):
            yield Snapshot(cursor)

    def claim_tallies(self, project: str, form: str, periods: Sequence[int]) -> int:
        """Say that some periods are about to be tallied; gives the number of the claim."""
        with self._write, retryable(), forget.transaction(self._con):
            number = next(self._claims)
            tallies.claim(self._con, number, project, form, periods)
        return number

    def put_tallies(self, claim: int, project: str, built_ns: int, rows: Sequence[TallyRow]) -> None:
        """Keep what was counted, as of `built_ns`, of the periods that are still claimed."""
        with self._write, retryable(), forget.transaction(self._con):
            tallies.put(self._con, claim, project, built_ns, rows)

    def columns(self, sql: str, params: Mapping[str, object] | None = None) -> dict[str, Column]:
        """Columns of one of our own queries as arrays."""
        with self._reader() as cursor:
            return {
                str(name): np.asarray(values)
                for name, values in cursor.execute(sql, dict(params or {})).fetchnumpy().items()
            }

    def follow_minutes(self) -> None:
        """Mark from here on the minutes in which something changes."""
        with self._write, retryable(), forget.transaction(self._con):
            for name in ("marks", "settled"):
                self._con.execute(
                    "insert into meta select $name, 0 where not exists (select 1 from meta where name = $name)",
                    {"name": name},
                )

    def marked_minutes(self) -> tuple[int, dict[str, list[int]]]:
        """A number for `unmark`, and the marked minutes of each project; first those are marked that time alone has closed."""
        with self._write, retryable(), forget.transaction(self._con):
            if not minutes.follows(self._con):
                return 0, {}
            minutes.mark_settled(self._con, self._clock.now_ns())
            mark = self._con.execute("select value from meta where name = 'marks'").fetchall()[0][0]
            rows = self._con.execute("select distinct project, minute from marked").fetchall()
        found: dict[str, list[int]] = {}
        for project, minute in rows:
            found.setdefault(project, []).append(minute)
        return int(mark), found

    def put_minutes(self, project: str, stretch: Stretch, rows: Mapping[str, Sequence[MinuteRow]]) -> None:
        """Replace the counts of some series in a stretch of minutes."""
        with self._write, retryable(), forget.transaction(self._con):
            minutes.put_minutes(self._con, project, stretch, rows)

    def keep_series(self, project: str, series: Sequence[str]) -> None:
        """Forget the counts of all other series of a project."""
        with self._write, retryable(), forget.transaction(self._con):
            minutes.keep_series(self._con, project, series)

    def unmark(self, mark: int, but: Collection[str] = ()) -> None:
        """Forget the marks up to a number that `marked_minutes` gave, but those of some projects."""
        with self._write, retryable(), forget.transaction(self._con):
            self._con.execute(
                "delete from marked where mark <= $mark and project not in (select unnest($but::varchar[]))",
                {"mark": mark, "but": list(but)},
            )

    def ignore_minutes(self) -> None:
        """Mark no more, and forget all counts and marks."""
        with self._write, retryable(), forget.transaction(self._con):
            if minutes.follows(self._con):
                minutes.ignore(self._con)

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

    def days(self, project: str) -> list[Row]:
        """Each table and day of a project with the number of its rows and a digest of them."""
        with self._reader() as cursor:
            return parquet.days(cursor, self._catalog, project)

    def parquet(self, project: str, table: str, day: int, sink: BinaryIO) -> int:
        """Write one day of a table as Parquet."""
        with self._reader() as cursor:
            return parquet.write(cursor, self._catalog, project, table, day, sink)

    def erase(self, target: Target) -> Row:
        """Remove whole sessions with their facts; gives how many of each went."""
        now_ns = self._clock.now_ns()
        with self._write, retryable():
            try:
                with forget.transaction(self._con):
                    gone, left = forget.erase_sessions(self._con, target)
                    self._traces.forget()
                    touched = [(target.project, trace_id) for trace_id in sorted(target.traces)]
                    plan = plan_again(self._traces, touched, now_ns)
                    marking = minutes.follows(self._con)
                    write_steps(self._con, plan, marking=marking)
                    plan.touched |= dict.fromkeys(left, (now_ns, now_ns))
                    recount(self._con, plan.touched, self._policy, 0, marking=marking)
            finally:
                self._traces.forget()
        return gone

    def renumber(self, places: Mapping[int, Sequence[tuple[bytes, int]]]) -> None:
        """Point at the spans of rewritten bodies again."""
        with self._write, retryable():
            forget.renumber_steps(self._con, places)

    def expire(self, project: str, kind: str, before_ns: int, limit: int) -> int:
        """Remove what was last heard of before a time, the oldest first."""
        with self._write, retryable(), forget.transaction(self._con):
            if kind == "facts":
                return forget.expire_facts(self._con, project, before_ns)
            expire = expire_steps if kind == "steps" else forget.expire_sessions
            gone = expire(self._con, project, before_ns, limit)
            if gone:
                self._traces.forget()
        return gone

    def clear(self) -> None:
        """Forget the rows whose body the journal still has; sessions stay, for the pins of their closes."""
        held = self._held() if self._held else None
        with self._write, retryable():
            with forget.transaction(self._con):
                forget.clear_rows(self._con, held)
            self._traces.forget()

    def compact(self) -> bool:
        """Write the file anew, without the bytes of removed rows; applying waits meanwhile, reading only at the end."""
        if self._path is None:
            return True
        fresh = fresh_path(self._path)
        with self._write, retryable():
            fresh.unlink(missing_ok=True)
            with contextlib.closing(connect(fresh)) as target:
                forget.copy_rows(self._con, target)
            with self._readers.alone() as nobody:
                if not nobody:
                    fresh.unlink()
                    return False
                self._con.execute("force checkpoint")
                self._con.close()
                forget.put_in_place(fresh, self._path)
                self._con = connect(self._path)
            self._traces = Traces(self._con)
        return True

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


def fresh_path(path: Path) -> Path:
    """Where the file is written anew."""
    return path.with_name(f"{path.stem}.fresh{path.suffix}")


@contextlib.contextmanager
def retryable() -> Generator[None]:
    """Say that a full disk or a lock passes."""
    try:
        yield
    except RETRYABLE as error:
        raise Unavailable(
            f"analytics cannot be written now: {error}", hint="free disk space", retry_after_s=5
        ) from error


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
