"""Tables of the analytics file, and how steps and facts become Arrow columns."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from trimtab.adapters.duckdb_analytics.minutes import TABLES as MINUTES
from trimtab.adapters.duckdb_analytics.tallies import TABLES as TALLIES
from trimtab.vocabulary.trace import Fact, Step

VERSION = 5
LABEL = pa.string()
COUNT = pa.int64()
ARROW: dict[str, pa.DataType] = {
    "trace_id": pa.binary(16),
    "span_id": pa.uint64(),
    "parent_id": pa.uint64(),
    "content_hash": pa.uint64(),
    "start_ns": COUNT,
    "end_ns": COUNT,
    "first_token_ns": COUNT,
    "cost_nusd": COUNT,
    "body": COUNT,
    "tool_calls": pa.int32(),
    "messages": pa.int32(),
    "user_messages": pa.int32(),
    "ordinal": pa.int32(),
    "input_tokens": COUNT,
    "output_tokens": COUNT,
    "cache_read_tokens": COUNT,
    "cache_write_tokens": COUNT,
    "reasoning_tokens": COUNT,
    "error": pa.bool_(),
    "schema_ok": pa.bool_(),
    "suspected": pa.bool_(),
    "ends_session": pa.bool_(),
    "skewed": pa.bool_(),
    "synthetic_time": pa.bool_(),
    "repeated": pa.bool_(),
    "dims": pa.map_(pa.string(), pa.string()),
}
SQL_TYPES: dict[pa.DataType, str] = {
    pa.binary(16): "uuid",
    pa.uint64(): "ubigint",
    COUNT: "bigint",
    pa.int32(): "integer",
    pa.bool_(): "boolean",
    LABEL: "varchar",
    pa.map_(pa.string(), pa.string()): "map(varchar, varchar)",
}
DEFAULTS = {"varchar": " default ''", "boolean": " default false", "map(varchar, varchar)": " default map {}"}
MAYBE = frozenset({"schema_ok"})
"""Booleans that may be unknown."""
RESOLVED = ("session", "agent", "repeated", "inner_error")
"""What the trace as a whole says of a step."""
ROWS_AT_ONCE = 500
STEP_COLUMNS = (*Step._fields, *RESOLVED)
SILENCE: dict[pa.DataType, object] = {LABEL: "", pa.map_(pa.string(), pa.string()): (), pa.bool_(): False}
NOTHING = {name: SILENCE.get(ARROW.get(name, LABEL)) for name in STEP_COLUMNS} | {"schema_ok": None}
"""What a step holds where it says nothing, by column."""


def sql_type(column: str) -> str:
    """The DuckDB type of a step column."""
    return SQL_TYPES[ARROW.get(column, LABEL)]


def default_of(column: str) -> str:
    """What a step has in a column that no step of its batch sets; NULL (unknown) for numbers."""
    return DEFAULTS.get(sql_type(column), "") if column not in MAYBE else ""


TABLES = f"""
create table if not exists meta (name varchar, value bigint);
create table if not exists steps (
  {", ".join(f"{c} {sql_type(c)}{default_of(c)}" for c in STEP_COLUMNS)}, heard integer default 0);
create table if not exists logged (
  project varchar, trace_id uuid, span_id ubigint, content_hash ubigint, time_ns bigint, whole boolean,
  given integer, made integer, user_messages integer, tool_calls integer, prompt_hash varchar, tools_hash varchar,
  finish varchar, error_class varchar, body bigint, ordinal integer);
create table if not exists facts (
  project varchar, id varchar, kind varchar, source varchar, rank integer, time_ns bigint,
  session varchar, trace_id uuid, span_id ubigint, name varchar, value double, label varchar,
  reason varchar, method varchar, content_hash ubigint, body bigint);
create table if not exists sessions (
  project varchar, session varchar, agent varchar, first_ns bigint, last_ns bigint,
  close_ns bigint, settle_ns bigint, pinned_ns bigint, received_ns bigint,
  traces integer, steps integer, llm_calls integer, tool_calls integer, tool_calls_proposed integer,
  tool_errors integer, errors integer, handoffs integer, handoff varchar,
  messages integer, user_messages integer,
  input_tokens bigint, output_tokens bigint, usage_unknown integer,
  cost_nusd bigint, unpriced integer, conflicting_ids boolean, skewed boolean, synthetic_time boolean,
  service varchar, agent_version varchar, bundle varchar, environment varchar, tenant varchar, "user" varchar,
  model varchar, provider varchar, dims map(varchar, varchar),
  outcome varchar, outcome_source varchar, outcome_reason varchar, outcome_ns bigint);
create table if not exists sealed (project varchar, session varchar);
create table if not exists carried (project varchar, agent varchar, kind varchar, subject varchar, value varchar,
  first_ns bigint, last_ns bigint, steps bigint);
{MINUTES}{TALLIES}"""


SINCE_3 = ("repeated", "inner_error")
"""Columns of steps that schema 3 brought."""
SINCE_5 = ("decision", "reasons", "suspected")
"""Columns of steps that schema 5 brought: what contracts decided."""


def added(names: Sequence[str]) -> str:
    """What adds columns to the steps that are there."""
    return "".join(
        f"alter table steps add column {name} {sql_type(name)}{default_of(name)};" for name in names
    )


UPGRADES = {
    1: "alter table sessions add column received_ns bigint;"
    + "".join(
        f"alter table steps alter column {name} set{default_of(name)};"
        for name in STEP_COLUMNS
        if default_of(name) and name not in (*SINCE_3, *SINCE_5)
    ),
    # What lies there stays as it was counted, until its trace goes on or `trimtab rebuild` counts it anew.
    2: added(SINCE_3),
    3: "alter table steps add column heard integer default 0;",
    4: added(SINCE_5),
}
"""What brings a file of an earlier schema to the next one."""


def column(name: str, values: Sequence[object]) -> Any:
    """One step column as Arrow; trace ids become UUIDs, which DuckDB keeps in 16 bytes."""
    if name == "trace_id":
        return pa.ExtensionArray.from_storage(pa.uuid(), pa.array(values, pa.binary(16)))
    return pa.array(values, ARROW.get(name, LABEL))


def steps_table(steps: Sequence[Step], resolved: Sequence[tuple[object, ...]]) -> pa.Table:
    """Steps with what their traces say of them, column by column; a column in which all say nothing is left out."""
    columns = [*turned(steps, len(Step._fields)), *turned(resolved, len(RESOLVED))]
    named = zip(STEP_COLUMNS, columns, strict=True)
    return pa.table({name: column(name, values) for name, values in named if says(values, NOTHING[name])})


def turned(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    """Rows as columns; a few rows at a time, which stay in the processor's cache: half the time of one long look at all."""
    columns: list[list[object]] = [[] for _ in range(width)]
    for at in range(0, len(rows), ROWS_AT_ONCE):
        for column, values in zip(columns, zip(*rows[at : at + ROWS_AT_ONCE], strict=True), strict=True):
            column.extend(values)
    return columns


def says(values: Sequence[object], nothing: object) -> bool:
    """Whether any of the values is something."""
    return bool(values) and (values[0] != nothing or values.count(nothing) < len(values))


def facts_table(facts: Sequence[Fact]) -> pa.Table:
    """Facts, column by column; a fact without a trace has none."""
    rows = {
        "project": [f.project for f in facts],
        "id": [f.id for f in facts],
        "kind": [f.kind for f in facts],
        "source": [f.source for f in facts],
        "rank": pa.array([f.rank for f in facts], pa.int32()),
        "time_ns": pa.array([f.time_ns for f in facts], COUNT),
        "session": [f.session for f in facts],
        "trace_id": column("trace_id", [f.trace_id or None for f in facts]),
        "span_id": pa.array([f.span_id for f in facts], pa.uint64()),
        "name": [f.name for f in facts],
        "value": pa.array([f.value for f in facts], pa.float64()),
        "label": [f.label for f in facts],
        "reason": [f.reason for f in facts],
        "method": [f.method for f in facts],
        "content_hash": pa.array([f.content_hash for f in facts], pa.uint64()),
        "body": pa.array([f.body for f in facts], COUNT),
    }
    return pa.table(rows)
