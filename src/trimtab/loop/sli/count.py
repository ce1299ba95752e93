"""The counts beside the indicators: what the sessions of a scope did, in one query."""

from collections.abc import Sequence
from typing import Any

from trimtab.loop.store import CLOSED, Row, Rows, Scope, session_where, split_sql

# Which outcome is what kind of event (a safe refusal is not a failure; a deliberate hand-over neither).
GOOD = "outcome = 'success'"
BAD = "(outcome in ('failure', 'abandoned') or (outcome = 'escalated' and outcome_reason = 'defect'))"
EXCLUDED = "(outcome = 'refused' or (outcome = 'escalated' and outcome_reason <> 'defect'))"


def grouped(keys: Sequence[str]) -> tuple[str, str]:
    """Select list and group-by clause of the split."""
    select = "".join(f"{sql} as key_{i}, " for i, sql in enumerate(keys))
    return select, f" group by {', '.join(f'key_{i}' for i in range(len(keys)))}" if keys else ""


SPREADS = ("tool_calls_spread", "messages_spread")
"""How many sessions have each number."""
IS_CLOSED = f"({CLOSED}) is not null"
SUMS = f"""count(*) as sessions,
  count(*) filter (not {IS_CLOSED}) as open,
  count(*) filter ({IS_CLOSED} and {GOOD}) as good,
  count(*) filter ({IS_CLOSED} and {BAD}) as bad,
  count(*) filter ({IS_CLOSED} and {EXCLUDED}) as excluded,
  count(*) filter ({IS_CLOSED} and outcome = 'success') as success,
  count(*) filter ({IS_CLOSED} and outcome = 'failure') as failure,
  count(*) filter ({IS_CLOSED} and outcome = 'refused') as refused,
  count(*) filter ({IS_CLOSED} and outcome = 'escalated') as escalated,
  count(*) filter ({IS_CLOSED} and outcome = 'abandoned') as abandoned,
  count(*) filter (tool_errors > 0) as with_tool_error,
  count(*) filter ({IS_CLOSED} and {BAD} and tool_errors = 0) as bad_without_tool_error,
  count(*) filter (handoffs > 0) as with_handoff,
  count(*) filter ({IS_CLOSED} and handoffs > 0 and outcome = 'failure') as failure_with_handoff,
  sum(handoffs)::bigint as handoffs, sum(steps)::bigint as steps, sum(llm_calls)::bigint as llm_calls,
  sum(tool_calls)::bigint as tool_calls, sum(tool_calls_proposed)::bigint as tool_calls_proposed,
  sum(tool_errors)::bigint as tool_errors, sum(errors)::bigint as errors,
  sum(messages)::bigint as messages, sum(user_messages)::bigint as user_messages,
  sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
  sum(usage_unknown)::bigint as llm_calls_without_usage, sum(unpriced)::bigint as unpriced_calls,
  histogram(tool_calls) as tool_calls_spread, histogram(messages) as messages_spread"""


def count_sessions(
    rows: Rows, scope: Scope, by: Sequence[str], *, but: str = "", only: str = "", period: str = ""
) -> list[Row]:
    """Sessions by outcome and what they took, one row a group; of all, or without those that a join takes away."""
    params: dict[str, object] = {}
    keys = split_sql(by, params) + [period] * bool(period)
    select, group = grouped(keys)
    where = session_where(scope, params)
    return rows.rows(f"select {select}{SUMS} from sessions{but} where {where}{only}{group}", params)


def together(row: Row, more: Row) -> None:
    """Add the counts of more sessions of the same group."""
    for name, value in more.items():
        if name in SPREADS:
            known: dict[int, int] = dict(row[name] or {})
            more_of: dict[int, int] = value or {}
            for number, times in more_of.items():
                known[number] = known.get(number, 0) + times
            row[name] = known
        elif not name.startswith("key_") and value is not None:
            row[name] = (row.get(name) or 0) + value


def key_of(row: Row, by: Sequence[str]) -> tuple[Any, ...]:
    """The group a row belongs to."""
    return tuple(row[f"key_{i}"] for i in range(len(by)))
