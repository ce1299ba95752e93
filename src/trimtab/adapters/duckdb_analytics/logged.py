"""What log records say of messages: kept apart, and filled in where the span that they are about says nothing.

The span may come before its records or after them. Whichever comes last, a step ends up with its own word where it has one, else
with that of all its records; `heard` holds a bit for each field that is theirs.
"""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from trimtab.adapters.duckdb_analytics.schema import column
from trimtab.loop.store import Row
from trimtab.vocabulary.trace import Logged

Key = tuple[str, bytes, int]
KEY = "project, trace_id, span_id"
FIRST = "coalesce(arg_min({0}, (time_ns, content_hash)) filter ({0} <> ''), '')"
FILLED = {
    "messages": "coalesce(arg_max(given, (time_ns, content_hash)) filter (whole and given > 0),"
    " case when sum(given) filter (not whole) > 0 then sum(given + made) filter (not whole) end)::integer",
    "user_messages": "coalesce(arg_max(user_messages, (time_ns, content_hash)) filter (whole and given > 0),"
    " case when sum(given) filter (not whole) > 0 then sum(user_messages) filter (not whole) end)::integer",
    # One answer of which only the end is told makes the number of calls unknown, not smaller.
    "tool_calls": "coalesce(arg_max(tool_calls, (time_ns, content_hash)) filter (whole and tool_calls is not null),"
    " case when bool_and(tool_calls is not null) filter (made > 0) then sum(tool_calls) filter (made > 0) end)::integer",
    "prompt_hash": FIRST.format("prompt_hash"),
    "tools_hash": FIRST.format("tools_hash"),
    "finish": FIRST.format("finish"),
    "error_class": FIRST.format("error_class"),
}
"""Field of a step -> what all records of its span say of it."""
NUMBERS = frozenset({"messages", "user_messages", "tool_calls"})
SILENT = {name: "is null" if name in NUMBERS else "= ''" for name in FILLED}
CHOSEN = {
    name: f"(steps.{name} {SILENT[name]} or (steps.heard >> {bit}) & 1 = 1)"
    for bit, name in enumerate(FILLED)
}
"""Field -> whether the records have a say in it."""
TOLD = f"""
create or replace temp table told as
select {KEY}, {", ".join(f"{sql} as {name}" for name, sql in FILLED.items())}
from logged semi join concerned using ({KEY}) group by {KEY}
"""
SETS = [f"{name} = case when {CHOSEN[name]} then told.{name} else steps.{name} end" for name in FILLED]
BITS = [
    f"case when {CHOSEN[name]} and not (told.{name} {SILENT[name]}) then {1 << bit} else 0 end"
    for bit, name in enumerate(FILLED)
]
FILL = f"""
update steps set {", ".join(SETS)}, heard = {" + ".join(BITS)} from told
where steps.kind = 'llm' and steps.project = told.project and steps.trace_id = told.trace_id
  and steps.span_id = told.span_id
"""


def logged_table(logged: Sequence[Logged]) -> pa.Table:
    """Records as a table of Arrow columns."""
    named = dict(zip(Logged._fields, zip(*logged, strict=True), strict=True))
    whole_numbers = ("given", "made", "user_messages", "tool_calls")
    return pa.table(
        {
            name: pa.array(values, pa.int32() if name in whole_numbers else pa.int64())
            if name in whole_numbers or name == "time_ns"
            else pa.array(values, pa.bool_())
            if name == "whole"
            else column(name, values)
            for name, values in named.items()
        }
    )


def write_logged(
    con: duckdb.DuckDBPyConnection, logged: Sequence[Logged], fresh: Sequence[Key]
) -> list[tuple[str, str, int]]:
    """Keep records once, and fill in what the spans do not say that they are about, and the `fresh` spans.

    Gives the sessions that records are about, each with the body that says so.
    """
    if logged:
        con.register("said", logged_table(logged))
        con.execute(
            f"insert into logged by name select * from said anti join logged using ({KEY}, content_hash)"
            f" qualify row_number() over (partition by {KEY}, content_hash order by body, ordinal) = 1"
        )
    elif not con.execute("select 1 from logged limit 1").fetchall():
        return []
    keys = {*fresh, *((one.project, one.trace_id, one.span_id) for one in logged)}
    con.register("concerned", keys_table(sorted(keys)))
    con.execute(TOLD)
    con.execute(FILL)
    con.unregister("concerned")
    if not logged:
        return []
    found = con.execute(
        f"select distinct project, steps.session, said.body from said join steps using ({KEY})"
    ).fetchall()
    con.unregister("said")
    return [(str(project), str(session), int(body)) for project, session, body in found]


def keys_table(keys: Sequence[Key]) -> pa.Table:
    """Keys of spans, to join with."""
    return pa.table(
        {
            "project": pa.array([key[0] for key in keys], pa.string()),
            "trace_id": column("trace_id", [key[1] for key in keys]),
            "span_id": pa.array([key[2] for key in keys], pa.uint64()),
        }
    )


def drop_orphans(con: duckdb.DuckDBPyConnection, mine: Row) -> None:
    """Records of a project go with the steps that they are about: those in bodies before `day` that have none."""
    con.execute(
        "delete from logged where project = $project and body < $day and not exists (select 1 from steps"
        " where steps.project = logged.project and steps.trace_id = logged.trace_id"
        " and steps.span_id = logged.span_id)",
        mine,
    )
