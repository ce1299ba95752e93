"""Tallies of the sessions that closed in a period: kept until something of such a session changes.

`tallied` says which periods are counted, since when (`built_ns`) and in which form; without a time it is a claim. Whatever changes
a session takes both away in its own transaction, so a count that was under way meanwhile is not kept.
"""

from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from trimtab.loop.store import PERIOD, TallyRow

CLOSE = PERIOD.format(ns="coalesce(pinned_ns, close_ns)")
TABLES = """
create table if not exists tallied (project varchar, period bigint, form varchar, claim bigint, built_ns bigint);
create table if not exists tallies (project varchar, period bigint, agent varchar, environment varchar, bundle varchar,
  name varchar, method varchar, label varchar, bucket integer, events bigint, good bigint, bad bigint, excluded bigint,
  n bigint, total double, squares double, per bigint);
"""
KINDS = {"total": pa.float64(), "squares": pa.float64(), "bucket": pa.int32()}
TEXTS = frozenset({"agent", "environment", "bundle", "name", "method", "label"})
FORGET = "delete from tallied where (project, period) in (select (project, {period}) from {of})"


def any_tallied(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether there is anything to take away."""
    return bool(con.execute("select 1 from tallied limit 1").fetchall())


def forget(con: duckdb.DuckDBPyConnection, of: str, params: Mapping[str, object] | None = None) -> None:
    """The sessions of a relation are about to change, or have changed: what was tallied of their periods counts no more."""
    con.execute(FORGET.format(period=CLOSE, of=of), dict(params or {}))


def forget_all(con: duckdb.DuckDBPyConnection, project: str | None = None) -> None:
    """Nothing that was tallied counts any more, of one project or of all."""
    for table in ("tallied", "tallies"):
        if project is None:
            con.execute(f"delete from {table}")
        else:
            con.execute(f"delete from {table} where project = $project", {"project": project})


def claim(
    con: duckdb.DuckDBPyConnection, number: int, project: str, form: str, periods: Sequence[int]
) -> None:
    """Claim periods under a number; whatever stood there counts no more, nor does any earlier claim of the project."""
    given = {"project": project, "periods": list(periods)}
    con.execute(
        "delete from tallied where project = $project"
        " and (built_ns is null or list_contains($periods::bigint[], period))",
        given,
    )
    con.execute(
        "insert into tallied select $project, unnest($periods::bigint[]), $form, $claim, null",
        given | {"form": form, "claim": number},
    )


def put(
    con: duckdb.DuckDBPyConnection, number: int, project: str, built_ns: int, rows: Sequence[TallyRow]
) -> None:
    """Keep the rows of the periods that are still claimed under the number."""
    mine = {"project": project, "claim": number}
    held = "select period from tallied where project = $project and claim = $claim and built_ns is null"
    con.execute(f"delete from tallies where project = $project and period in ({held})", mine)
    if rows:
        columns = dict(zip(TallyRow._fields, zip(*rows, strict=True), strict=True))
        con.register(
            "put", pa.table({name: pa.array(found, kind_of(name)) for name, found in columns.items()})
        )
        con.execute(
            f"insert into tallies by name select $project as project, * from put where period in ({held})",
            mine,
        )
        con.unregister("put")
    con.execute(
        "update tallied set built_ns = $built where project = $project and claim = $claim and built_ns is null",
        mine | {"built": built_ns},
    )


def kind_of(name: str) -> pa.DataType:
    """The Arrow type of a column."""
    return pa.string() if name in TEXTS else KINDS.get(name, pa.int64())
