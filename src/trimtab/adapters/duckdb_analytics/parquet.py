"""Rows of a project as Parquet, one table and one UTC day at a time: what a warehouse takes."""

from typing import BinaryIO

import duckdb

from trimtab.adapters.duckdb_analytics.sandbox import VIEWS
from trimtab.loop.store import DAY_NS, Row
from trimtab.vocabulary.kernel import Invalid

ROWS_PER_GROUP = 100_000
TIMES = {"steps": "start_ns", "sessions": "coalesce(closed_ns, last_ns)", "facts": "time_ns"}
"""The time whose UTC day a row belongs to."""
HEX = "lpad(lower(to_hex({0})), 16, '0') as {0}"
TRACE = "replace(trace_id::varchar, '-', '') as trace_id"
AS_OTLP = {
    "steps": f"replace ({TRACE}, {HEX.format('span_id')}, {HEX.format('parent_id')})",
    "sessions": "",
    "facts": f"replace ({TRACE}, {HEX.format('span_id')})",
}
"""Ids in hex, as every other tool writes them."""


def rows_sql(table: str) -> str:
    """The rows of a table for whoever takes them away."""
    if table not in TIMES:
        raise Invalid(f"no such table: {table}", hint=f"one of {', '.join(TIMES)}")
    body = VIEWS[table].format(catalog="{catalog}", project="$project")
    return f"select * {AS_OTLP[table]} from ({body})"


def days(con: duckdb.DuckDBPyConnection, catalog: str, project: str) -> list[Row]:
    """Each table and day that has rows, how many, and a digest that changes with them."""
    parts = [
        f"select '{table}' as name, ({time} // {DAY_NS})::bigint as day, count(*) as n,"
        f" bit_xor(hash(rows_of))::varchar as digest"
        f" from ({VIEWS[table].format(catalog=catalog, project='$project')}) as rows_of group by day"
        for table, time in TIMES.items()
    ]
    found = con.execute(f"{' union all '.join(parts)} order by name, day", {"project": project}).fetchall()
    return [{"table": name, "day": day, "rows": n, "digest": digest} for name, day, n, digest in found]


def write(
    con: duckdb.DuckDBPyConnection, catalog: str, project: str, table: str, day: int, sink: BinaryIO
) -> int:
    """Write the rows of one day to `sink`, a row group after the other; gives their number."""
    import pyarrow.parquet as pq  # six megabytes that a server without an export does not need

    sql = (
        f"{rows_sql(table).format(catalog=catalog)} where {TIMES[table]} >= $first and {TIMES[table]} < $last"
    )
    span = {"project": project, "first": day * DAY_NS, "last": (day + 1) * DAY_NS}
    reader = con.sql(sql, params=span).to_arrow_reader(ROWS_PER_GROUP)
    written = 0
    with pq.ParquetWriter(sink, reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
            written += batch.num_rows
    return written
