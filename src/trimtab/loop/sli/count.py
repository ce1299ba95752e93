"""The counts beside the indicators: what the sessions of a scope did, in one query."""

from collections.abc import Sequence
from typing import Any

from trimtab.loop.store import CLOSED, Analytics, Row, Scope, session_where, split_sql

# Which outcome is what kind of event (a safe refusal is not a failure; a deliberate hand-over neither).
GOOD = "outcome = 'success'"
BAD = "(outcome in ('failure', 'abandoned') or (outcome = 'escalated' and outcome_reason = 'defect'))"
EXCLUDED = "(outcome = 'refused' or (outcome = 'escalated' and outcome_reason <> 'defect'))"


def grouped(keys: Sequence[str]) -> tuple[str, str]:
    """Select list and group-by clause of the split."""
    select = "".join(f"{sql} as key_{i}, " for i, sql in enumerate(keys))
    return select, f" group by {', '.join(f'key_{i}' for i in range(len(keys)))}" if keys else ""


def count_sessions(analytics: Analytics, scope: Scope, by: Sequence[str]) -> list[Row]:
    """Sessions by outcome and what they took, one row a group."""
    params: dict[str, object] = {}
    select, group = grouped(split_sql(by, params))
    order = group.replace("group by", "order by")
    closed = f"({CLOSED}) is not null"
    sql = f"""
      select {select} count(*) as sessions,
        count(*) filter (not {closed}) as open,
        count(*) filter ({closed} and {GOOD}) as good,
        count(*) filter ({closed} and {BAD}) as bad,
        count(*) filter ({closed} and {EXCLUDED}) as excluded,
        count(*) filter ({closed} and outcome = 'success') as success,
        count(*) filter ({closed} and outcome = 'failure') as failure,
        count(*) filter ({closed} and outcome = 'refused') as refused,
        count(*) filter ({closed} and outcome = 'escalated') as escalated,
        count(*) filter ({closed} and outcome = 'abandoned') as abandoned,
        count(*) filter (tool_errors > 0) as with_tool_error,
        count(*) filter ({closed} and {BAD} and tool_errors = 0) as bad_without_tool_error,
        count(*) filter (handoffs > 0) as with_handoff,
        count(*) filter ({closed} and handoffs > 0 and outcome = 'failure') as failure_with_handoff,
        sum(handoffs)::bigint as handoffs, sum(steps)::bigint as steps, sum(llm_calls)::bigint as llm_calls,
        sum(tool_calls)::bigint as tool_calls, sum(tool_calls_proposed)::bigint as tool_calls_proposed,
        sum(tool_errors)::bigint as tool_errors, sum(errors)::bigint as errors,
        sum(messages)::bigint as messages, sum(user_messages)::bigint as user_messages,
        max(tool_calls) as tool_calls_max, histogram(tool_calls) as tool_calls_spread,
        histogram(messages) as messages_spread,
        sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
        sum(usage_unknown)::bigint as llm_calls_without_usage, sum(unpriced)::bigint as unpriced_calls
      from sessions where {session_where(scope, params)}{group}{order}
    """
    return analytics.rows(sql, params)


def key_of(row: Row, by: Sequence[str]) -> tuple[Any, ...]:
    """The group a row belongs to."""
    return tuple(row[f"key_{i}"] for i in range(len(by)))
