"""Counts by the minute: which minutes a batch touches, and the counts themselves.

A minute is marked in the transaction that changes what happened in it, and counted anew later. Minutes that have lost events to
retention stand as they were counted.
"""

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from trimtab.loop.store import MINUTE, MinuteRow, Stretch

CLOSE = MINUTE.format(ns="coalesce(pinned_ns, close_ns)")
END = MINUTE.format(ns="steps.end_ns")
MARK = "insert into marked select distinct project, {minute}, (select value from meta where name = 'marks') from {of}"
TABLES = """
create table if not exists minutes (project varchar, series varchar, minute bigint, method varchar, good bigint,
  bad bigint, excluded bigint, unknown bigint, total double, per bigint);
create table if not exists counted (project varchar, series varchar);
create table if not exists marked (project varchar, minute bigint, mark bigint);
create table if not exists fixed (project varchar, source varchar, minute bigint);
"""
"""`counted`: series whose past is in `minutes`. `marked`: what is to be counted anew. `fixed`: up to which minute counts stand."""
COLUMNS = ("project", "series", "minute", "method", "good", "bad", "excluded", "unknown", "total", "per")


def follows(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether anything is counted by the minute; each transaction that marks has a number of its own."""
    return bool(con.execute("update meta set value = value + 1 where name = 'marks'").fetchall()[0][0])


def mark_replaced(con: duckdb.DuckDBPyConnection) -> None:
    """The minutes of steps that are about to be replaced: `gone` names them."""
    of = "steps semi join gone using (project, trace_id, span_id)"
    con.execute(MARK.format(minute=END, of=of))


def mark_sessions(con: duckdb.DuckDBPyConnection) -> None:
    """The minutes in which `touched` sessions close."""
    con.execute(MARK.format(minute=CLOSE, of="sessions semi join touched using (project, session)"))


def mark_steps(con: duckdb.DuckDBPyConnection, since_ns: int) -> None:
    """The minutes of all steps of `touched` sessions: what a session says of itself places its steps in a cohort."""
    of = "steps semi join touched using (project, session) where steps.start_ns >= "
    con.execute(MARK.format(minute=END, of=f"{of} {since_ns}"))


def mark_lost(con: duckdb.DuckDBPyConnection, project: str) -> None:
    """The minutes of sessions that are about to be erased: `lost` names them."""
    mine = {"project": project}
    for of, minute in (("sessions", CLOSE), ("steps", END)):
        where = "where project = $project and session in (select session from lost)"
        con.execute(MARK.format(minute=minute, of=f"{of} {where}"), mine)


def fix(
    con: duckdb.DuckDBPyConnection, project: str, source: str, going: str, params: Mapping[str, object]
) -> None:
    """Let the counts of all minutes stand in which rows of a source are about to expire."""
    minute = END if source == "steps" else CLOSE
    con.execute(
        f"insert into fixed select project, '{source}', max({minute}) from {source}"
        f" where project = $project and {going} group by project",
        {"project": project, **params},
    )


def mark_settled(con: duckdb.DuckDBPyConnection, now_ns: int) -> None:
    """The minutes of sessions whose silence has become a close since this was last asked."""
    con.execute(
        MARK.format(
            minute=CLOSE,
            of="sessions where settle_ns > (select value from meta where name = 'settled') and settle_ns <= $now",
        ),
        {"now": now_ns},
    )
    con.execute("update meta set value = greatest(value, $now) where name = 'settled'", {"now": now_ns})


def put_minutes(
    con: duckdb.DuckDBPyConnection,
    project: str,
    stretch: Stretch,
    rows: Mapping[str, Sequence[MinuteRow]],
) -> None:
    """Replace the counts of some series in a stretch of minutes."""
    names = pa.table({"series": pa.array(list(rows), pa.string())})
    con.register("replaced", names)
    con.execute(
        f"delete from minutes where project = $project and {stretch.minute_sql('minute')}"
        " and series in (select series from replaced)",
        {"project": project},
    )
    con.execute(
        "insert into counted select $project, series from replaced"
        " where series not in (select series from counted where project = $project)",
        {"project": project},
    )
    con.unregister("replaced")
    listed = [(project, series, *row) for series, found in rows.items() for row in found]
    if not listed:
        return
    columns = dict(zip(COLUMNS, zip(*listed, strict=True), strict=True))
    kinds = {"project": pa.string(), "series": pa.string(), "method": pa.string(), "total": pa.float64()}
    table = pa.table(
        {name: pa.array(values, kinds.get(name, pa.int64())) for name, values in columns.items()}
    )
    con.register("put", table)
    con.execute("insert into minutes by name select * from put")
    con.unregister("put")


def keep_series(con: duckdb.DuckDBPyConnection, project: str, series: Sequence[str]) -> None:
    """Forget the counts of all other series of a project."""
    mine = {"project": project, "series": list(series)}
    where = "project = $project and series not in (select unnest($series::varchar[]))"
    if con.execute(f"select 1 from counted where {where} limit 1", mine).fetchall():
        for table in ("minutes", "counted"):
            con.execute(f"delete from {table} where {where}", mine)


def ignore(con: duckdb.DuckDBPyConnection) -> None:
    """Mark no more, and forget all counts and marks; up to which minute counts stand stays known."""
    con.execute("delete from meta where name in ('marks', 'settled')")
    for table in ("minutes", "counted", "marked"):
        con.execute(f"delete from {table}")
