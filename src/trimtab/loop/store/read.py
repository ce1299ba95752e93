"""Reading sessions and steps."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from trimtab.loop.store.conditions import NO_CONDITIONS, Conditions, conditions_sql
from trimtab.loop.store.ports import Analytics, Row
from trimtab.loop.store.scope import CLOSED, Scope, session_where
from trimtab.vocabulary.kernel import Invalid, Missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A place in a list of sessions: behind the session of this last time and name, or with `back` before it."""

    last_ns: int
    session: str
    back: bool = False


LISTED = """session, agent, outcome, outcome_source, outcome_reason, first_ns, last_ns, steps, llm_calls, tool_calls,
  tool_errors, handoffs, input_tokens, output_tokens, cost_nusd, unpriced, model, bundle, synthetic_time"""
FACT = "id, kind, source, name, value, label, reason, method, time_ns"
STEP = """trace_id, span_id, parent_id, start_ns, end_ns, kind, name, agent, model, tool, handoff, error, error_type,
  error_class, error_message, finish, input_tokens, output_tokens, cost_nusd, cost_status, synthetic_time,
  repeated, inner_error, decision, reasons, suspected, body, ordinal"""


def find_sessions(
    analytics: Analytics,
    scope: Scope,
    wanted: Conditions = NO_CONDITIONS,
    *,
    turn: Turn | None = None,
    limit: int = 50,
) -> tuple[list[Row], int]:
    """Sessions of a scope that meet the conditions, the latest first, and how many there are in all.

    `turn`: only those that follow a session, or that stand before it.
    """
    params: dict[str, object] = {}
    where = session_where(scope, params) + conditions_sql(wanted, params)
    total = int(analytics.rows(f"select count(*) as total from sessions where {where}", params)[0]["total"])
    params["limit"] = limit
    follows, order = "true", "last_ns desc, session"
    if turn is not None:
        params["turn_ns"], params["turn"] = turn.last_ns, turn.session
        later, earlier = (">", "<") if turn.back else ("<", ">")
        follows = f"(last_ns {later} $turn_ns or (last_ns = $turn_ns and session {earlier} $turn))"
        order = "last_ns, session desc" if turn.back else order
    rows = analytics.rows(
        f"select {LISTED}, ({CLOSED}) as closed_ns from sessions where {where} and {follows}"
        f" order by {order} limit $limit",
        params,
    )
    return rows[::-1] if turn is not None and turn.back else rows, total


def open_session(analytics: Analytics, project: str, session: str) -> dict[str, Any]:
    """One session with its steps in order of time and its facts; a unique beginning of its name will do."""
    found = named(analytics, project, session)
    # The time range lets the engine skip the row groups of other days.
    params: dict[str, object] = {
        "project": project,
        "session": found["session"],
        "first": found["first_ns"],
        "last": found["last_ns"],
    }
    mine = "project = $project and session = $session and start_ns between $first and $last"
    steps = analytics.rows(
        f"select {STEP} from steps where {mine} order by start_ns, end_ns desc, content_hash", params
    )
    facts = analytics.rows(
        f"select {FACT} from facts where project = $project and session = $session union all"
        f" select {FACT} from facts where project = $project and session = ''"
        f" and trace_id in (select trace_id from steps where {mine}) order by time_ns, id",
        params,
    )
    return {"session": found, "steps": steps, "facts": facts}


def has_session(analytics: Analytics, project: str, session: str) -> bool:
    """Whether there is a session of exactly this name."""
    params = {"project": project, "session": session}
    return bool(
        analytics.rows("select 1 from sessions where project = $project and session = $session", params)
    )


def named(analytics: Analytics, project: str, session: str) -> Row:
    """The session of this name, else the only one whose name begins so; raises `Missing` or `Invalid`."""
    params = {"project": project, "session": session}
    sql = f"select *, ({CLOSED}) as closed_ns from sessions where project = $project and "
    found = analytics.rows(sql + "session = $session", params)
    found = found or analytics.rows(sql + "starts_with(session, $session) order by session limit 2", params)
    if not found:
        raise Missing(f"no such session: {session}", hint="`trimtab sessions` lists them")
    if len(found) == 2:
        raise Invalid(f"{session} begins the names of several sessions", hint="give more of the name")
    return found[0]


def recent_steps(analytics: Analytics, project: str, after: tuple[int, int], limit: int) -> list[Row]:
    """Steps after a place in a body (its position, and the ordinal in it), in the order of the journal."""
    return analytics.rows(
        f"select {STEP}, session from steps where project = $project"
        " and body >= $body and (body > $body or (body = $body and ordinal > $ordinal)) order by body, ordinal limit $limit",
        {"project": project, "body": after[0], "ordinal": after[1], "limit": limit},
    )


def logged_bodies(analytics: Analytics, project: str, steps: Sequence[Row]) -> list[int]:
    """Bodies with log records about any of these steps, ascending."""
    traces = sorted({str(step["trace_id"]) for step in steps})
    rows = analytics.rows(
        "select distinct body from logged where project = $project and trace_id in (select unnest($traces::uuid[]))"
        " order by body",
        {"project": project, "traces": traces},
    )
    return [int(row["body"]) for row in rows]
