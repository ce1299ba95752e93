"""What a session looks like from outside: numbers that need no text and no label."""

from typing import Any

import numpy as np

from trimtab.loop.store import CLOSED, Analytics, Row, Scope, dimension_sql, session_where

Matrix = np.ndarray[Any, np.dtype[np.float64]]
SIGNALS = {
    "any_error": "(tool_errors > 0)::integer",
    "errors": "least(tool_errors, 5)",
    "error_share": "tool_errors / greatest(tool_calls, 1)",
    "last_call_failed": "coalesce(calls.last_failed, false)::integer",
    "model_errors": "least(errors - tool_errors, 5)",
    "same_tool_again": "least(coalesce(calls.again, 0), 5)",
    "repeats_after_error": "least(coalesce(calls.retries, 0), 5)",
    "different_tools": "ln(1 + coalesce(calls.tools, 0))",
    "no_tool": "(tool_calls = 0)::integer",
    "tool_calls": "ln(1 + tool_calls)",
    "tool_calls_squared": "ln(1 + tool_calls) ** 2",
    "handoff": "(handoffs > 0)::integer",
    "user_turns": "ln(1 + coalesce(user_messages, 0))",
    "model_calls": "ln(1 + llm_calls)",
}
"""Name -> SQL over `sessions` and `calls`, the tool calls of each in their order."""
ROWS = """
with chosen as (select * from sessions where {where}),
placed as (
  select steps.session, tool, error or inner_error <> '' as failed, start_ns, span_id,
    lag(tool) over one as before, lag(error or inner_error <> '') over one as failed_before
  from steps join chosen using (project, session) where steps.kind = 'tool' and not repeated
  window one as (partition by steps.session order by start_ns, span_id)),
calls as (
  select session, arg_max(failed, (start_ns, span_id)) as last_failed, count(distinct tool) as tools,
    count(*) filter (tool = before and not failed_before) as again,
    count(*) filter (tool = before and failed_before) as retries
  from placed group by session)
select session, outcome, outcome_source, outcome_reason, {closed} is not null as closed, {group} as task, {signals}
from chosen left join calls using (session) order by session
"""


def signals_of(analytics: Analytics, scope: Scope, group: str) -> tuple[list[Row], Matrix]:
    """The closed and open sessions of a scope, and their signals (sessions x SIGNALS).

    `group` is the dimension whose values belong together: a model is never tried on a group that it has learnt from.
    """
    params: dict[str, object] = {}
    where = session_where(scope, params)
    task = dimension_sql(group, params) if group else "session"
    listed = ", ".join(f"({sql})::double as {name}" for name, sql in SIGNALS.items())
    rows = analytics.rows(ROWS.format(where=where, closed=CLOSED, group=task, signals=listed), params)
    values = np.array([[row[name] for name in SIGNALS] for row in rows], dtype=np.float64)
    return rows, values.reshape(len(rows), len(SIGNALS))
