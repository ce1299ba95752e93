"""How rows go: by erasure, by retention, before a rebuild; and how their bytes go with them."""

import contextlib
import os
import threading
from collections.abc import Generator, Iterable, Mapping, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from trimtab.adapters.duckdb_analytics import minutes, tallies
from trimtab.adapters.duckdb_analytics.logged import drop_orphans
from trimtab.adapters.duckdb_analytics.schema import column
from trimtab.adapters.duckdb_analytics.sealed import HEARD_NS
from trimtab.loop.store import DAY_NS, POSITIONS_PER_DAY, Row, Target

FACT_NS = f"greatest(time_ns, (body // {POSITIONS_PER_DAY}) * {DAY_NS})"
ROWS_A_COPY = 100_000
LOST_RECORDS = """delete from logged where project = $project and body <= $upto
  and (trace_id, span_id) in (select (trace_id, span_id) from lost_spans)"""
LOST = "project = $project and session in (select session from lost)"
READERS_WAIT_S = 60.0


class Readers:
    """Readers run beside each other; who replaces the file waits until none is in it."""

    def __init__(self) -> None:
        """Nobody reads."""
        self._count = 0
        self._change = threading.Condition()

    @contextlib.contextmanager
    def reading(self) -> Generator[None]:
        """Be one of the readers."""
        with self._change:
            self._count += 1
        try:
            yield
        finally:
            with self._change:
                self._count -= 1
                self._change.notify_all()

    @contextlib.contextmanager
    def alone(self, timeout_s: float = READERS_WAIT_S) -> Generator[bool]:
        """Nobody reads meanwhile, and new readers wait; False when the time was over before all had left."""
        with self._change:
            yield self._change.wait_for(lambda: self._count == 0, timeout_s)


@contextlib.contextmanager
def transaction(con: duckdb.DuckDBPyConnection) -> Generator[None]:
    """All or nothing."""
    con.execute("begin")
    try:
        yield
        con.execute("commit")
    except BaseException:
        with contextlib.suppress(duckdb.Error):
            con.execute("rollback")
        raise


def count_of(found: duckdb.DuckDBPyConnection) -> int:
    """How many rows a statement changed."""
    return int(found.fetchall()[0][0])


def erase_sessions(con: duckdb.DuckDBPyConnection, target: Target) -> tuple[Row, set[tuple[str, str]]]:
    """Remove whole sessions; gives the counts, and the sessions of which steps that came later are left.

    Facts go by their session, by their span, and by a trace of which any span goes.
    """
    traces = sorted(target.traces)
    con.register("lost", pa.table({"session": pa.array(sorted(target.sessions), pa.string())}))
    con.register("lost_spans", places_table(sorted(target.spans)))
    con.register("lost_traces", pa.table({"trace_id": column("trace_id", traces)}))
    mine = {"project": target.project, "upto": target.upto}
    try:
        if minutes.follows(con):
            minutes.mark_lost(con, target.project)
        tallies.forget(con, f"sessions where {LOST}", {"project": target.project})
        facts = count_of(
            con.execute(
                "delete from facts where project = $project and body <= $upto and ("
                " session in (select session from lost)"
                " or (session = '' and span_id = 0 and trace_id in (select trace_id from lost_traces))"
                " or (session = '' and (trace_id, span_id) in (select (trace_id, span_id) from lost_spans)))",
                mine,
            )
        )
        con.execute(LOST_RECORDS, mine)
        steps = count_of(
            con.execute(
                "delete from steps where project = $project and body <= $upto"
                " and session in (select session from lost)",
                mine,
            )
        )
        sessions = count_of(
            con.execute(
                f"delete from sessions where {LOST}",
                {"project": target.project},
            )
        )
        con.execute(f"delete from sealed where {LOST}", {"project": target.project})
        left = con.execute(
            "select distinct project, session from steps where project = $project"
            " and session in (select session from lost)",
            {"project": target.project},
        ).fetchall()
    finally:
        for name in ("lost", "lost_spans", "lost_traces"):
            con.unregister(name)
    return {"sessions": sessions, "steps": steps, "facts": facts}, {(str(p), str(s)) for p, s in left}


def places_table(spans: Sequence[tuple[bytes, int]]) -> pa.Table:
    """Spans by trace and span id, to join with."""
    return pa.table(
        {
            "trace_id": column("trace_id", [trace_id for trace_id, _ in spans]),
            "span_id": pa.array([span_id for _, span_id in spans], pa.uint64()),
        }
    )


def renumber_steps(con: duckdb.DuckDBPyConnection, places: Mapping[int, Sequence[tuple[bytes, int]]]) -> None:
    """Point at the spans or records of rewritten bodies again; a key that stands twice in a body counts at its first."""
    rows = [
        (body, trace_id, span_id, ordinal)
        for body, spans in places.items()
        for ordinal, (trace_id, span_id) in enumerate(spans)
    ]
    if not rows:
        return
    table = places_table([(row[1], row[2]) for row in rows])
    table = table.append_column("body", pa.array([row[0] for row in rows], pa.int64()))
    table = table.append_column("ordinal", pa.array([row[3] for row in rows], pa.int32()))
    con.register("placed", table)
    for of, key in (("steps", "span_id"), ("logged", "content_hash")):
        con.execute(
            f"update {of} set ordinal = first.ordinal from (select body, trace_id, span_id, min(ordinal) as ordinal"
            f" from placed group by all) as first where {of}.body = first.body"
            f" and {of}.trace_id = first.trace_id and {of}.{key} = first.span_id"
        )
    con.unregister("placed")


def expire_sessions(con: duckdb.DuckDBPyConnection, project: str, before_ns: int, limit: int) -> int:
    """Remove sessions, the oldest first, with whatever steps are left."""
    mine = {"project": project, "before": before_ns, "limit": limit}
    con.execute(
        "create or replace temp table old as select session from sessions"
        f" where project = $project and {HEARD_NS} < $before order by {HEARD_NS} limit $limit",
        mine,
    )
    tallies.forget(
        con, "sessions semi join old using (session) where project = $project", {"project": project}
    )
    minutes.fix(con, project, "sessions", "session in (select session from old)", {})
    minutes.fix(con, project, "steps", "session in (select session from old)", {})
    gone = 0
    for table in ("steps", "sealed", "sessions"):
        done = con.execute(
            f"delete from {table} where project = $project and session in (select session from old)",
            {"project": project},
        )
        gone = count_of(done)
    con.execute("drop table old")
    drop_orphans(con, {"project": project, "day": before_ns // DAY_NS * POSITIONS_PER_DAY})
    return gone


def expire_facts(con: duckdb.DuckDBPyConnection, project: str, before_ns: int) -> int:
    """Remove facts by their time, or their receipt where that is later; no session is counted anew for it."""
    sql = f"delete from facts where project = $project and {FACT_NS} < $before"
    gone = count_of(con.execute(sql, {"project": project, "before": before_ns}))
    if gone:
        tallies.forget_all(con, project)
    return gone


def clear_rows(con: duckdb.DuckDBPyConnection, held: Iterable[int] | None) -> None:
    """Forget the rows of the bodies that are held, or all rows; and that anything was applied."""
    tallies.forget_all(con)
    if held is None:
        con.execute("delete from steps")
        con.execute("delete from facts")
        con.execute("delete from logged")
    else:
        con.register("held", pa.table({"body": pa.array(held, pa.int64())}))
        for table in ("steps", "facts", "logged"):
            con.execute(f"delete from {table} where body in (select body from held)")
        con.unregister("held")
    con.execute("delete from meta where name = 'applied'")


def copy_rows(con: duckdb.DuckDBPyConnection, fresh: duckdb.DuckDBPyConnection) -> None:
    """Copy every table into an empty file, a bounded number of rows at a time.

    DuckDB keeps the bytes of removed rows in blocks that it only reuses some day: neither a checkpoint nor
    VACUUM takes them away. A new file has never had them.
    """
    tables = con.execute(
        "select table_name, sql from duckdb_tables() where not internal and not temporary"
        " and database_name = current_database()"
    ).fetchall()
    for name, sql in tables:
        fresh.execute(str(sql))
        last = con.execute(f"select coalesce(max(rowid), -1) from {name}").fetchall()[0][0]
        for first in range(0, int(last) + 1, ROWS_A_COPY):
            found = con.sql(
                f"select * from {name} where rowid >= {first} and rowid < {first + ROWS_A_COPY} order by rowid"
            )
            fresh.register("part", found.to_arrow_table())
            fresh.execute(f"insert into {name} by name select * from part")
            fresh.unregister("part")
        counts = [c.execute(f"select count(*) from {name}").fetchall()[0][0] for c in (con, fresh)]
        if counts[0] != counts[1]:
            raise RuntimeError(f"{name}: {counts[1]} of {counts[0]} rows copied")
    fresh.execute("force checkpoint")


def put_in_place(fresh: Path, path: Path) -> None:
    """Let a new file take the place of a closed one, durably; the old one's write-ahead log goes first."""
    Path(f"{path}.wal").unlink(missing_ok=True)
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
