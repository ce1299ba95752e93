"""Where failures happened: the bad sessions of a scope with their steps, and the sessions they are seen against."""

from collections import defaultdict
from collections.abc import Iterator

from trimtab.loop.failure.fingerprint import sign_session, sign_step
from trimtab.loop.failure.model import Occurrence
from trimtab.loop.failure.status import HOUR_NS, Hour
from trimtab.loop.failure.taxonomy import Taxonomy
from trimtab.loop.store import CLOSED, Analytics, Row, Scope, session_where
from trimtab.vocabulary.trace import error_class

FAILED = "(outcome in ('failure', 'abandoned') or (outcome = 'escalated' and outcome_reason = 'defect'))"
"""The bad sessions, as the indicators count them (a test holds the two together)."""
RELEASE = "coalesce(nullif(bundle, ''), agent_version)"
MAX_SESSIONS = 5_000
"""The latest sessions that are looked at: a bound on the time of an answer, which says when it is reached."""
LOOKED_AT = """session, agent, kind, tool, handoff, error, error_type, error_class, error_message, inner_error,
  start_ns, end_ns, content_hash"""


def bad_sessions(analytics: Analytics, scope: Scope, condition: str = FAILED) -> list[Row]:
    """Closed sessions of a scope that meet a condition, the latest first, one more than `MAX_SESSIONS` at most."""
    params: dict[str, object] = {"limit": MAX_SESSIONS + 1}
    where = session_where(scope, params)
    return analytics.rows(
        f"""select session, agent, "user", {RELEASE} as release, first_ns, last_ns, ({CLOSED}) as closed_ns,
          case when unpriced = 0 then cost_nusd end as cost_nusd, {FAILED} as failed, synthetic_time
        from sessions where {where} and ({CLOSED}) is not null and {condition}
        order by closed_ns desc, session limit $limit""",
        params,
    )


def steps_of(
    analytics: Analytics, project: str, sessions: list[Row], looked_at: str = LOOKED_AT
) -> dict[str, list[Row]]:
    """The steps of sessions that can tell why they failed: leaves, errors and hand-offs, by session."""
    found: dict[str, list[Row]] = defaultdict(list)
    if not sessions:
        return found
    params: dict[str, object] = {
        "project": project,
        "sessions": [row["session"] for row in sessions],
        "first": min(row["first_ns"] for row in sessions),
        "last": max(row["last_ns"] for row in sessions),
    }
    # The time range lets the engine skip the row groups of other days.
    for row in analytics.rows(
        f"""select {looked_at} from steps
        where project = $project and start_ns between $first and $last and not repeated
          and session in (select unnest($sessions))
          and (kind in ('llm', 'tool', 'retrieve', 'rerank', 'embedding') or error or inner_error <> '' or handoff <> '')""",
        params,
    ):
        found[row["session"]].append(with_inner(row))
    return found


def with_inner(step: Row) -> Row:
    """A step that fails with what is within it, where another step tells of the same call."""
    inner = step["inner_error"]
    if step["error"] or not inner:
        return step
    return step | {"error": True, "error_type": inner, "error_class": error_class(inner, "")}


def occurrences(
    sessions: list[Row], steps: dict[str, list[Row]], taxonomy: Taxonomy, *, by_step: bool
) -> Iterator[Occurrence]:
    """One occurrence for each failed session, or with `by_step` for each different step that failed in a session."""
    for row in sessions:
        mine = steps.get(row["session"], [])
        if by_step:
            signed = {(s := sign_step(step, taxonomy)).fingerprint: s for step in mine if step["error"]}
        else:
            signature = sign_session(row["agent"], mine, taxonomy)
            signed = {signature.fingerprint: signature}
        for signature in signed.values():
            yield Occurrence(
                signature=signature,
                session=row["session"],
                agent=row["agent"],
                user=row["user"],
                release=row["release"],
                closed_ns=row["closed_ns"],
                cost_nusd=row["cost_nusd"],
                took_ns=None if row["synthetic_time"] else row["last_ns"] - row["first_ns"],
                failed=row["failed"],
                synthetic=row["synthetic_time"],
            )


def traffic(analytics: Analytics, scope: Scope) -> dict[str, list[Hour]]:
    """For each agent its closed sessions of known outcome by the hour of their close, and each release's first hour.

    A session whose outcome nobody knows is no evidence that a failure is gone.
    """
    params: dict[str, object] = {"hour_ns": HOUR_NS}
    where = session_where(scope, params)
    rows = analytics.rows(
        f"""select agent, {RELEASE} as release, ({CLOSED}) // $hour_ns as hour, count(*) as sessions
        from sessions where {where} and ({CLOSED}) is not null and outcome <> 'unknown'
        group by all order by agent, hour, release""",
        params,
    )
    found: dict[str, list[Hour]] = defaultdict(list)
    for row in rows:
        found[row["agent"]].append(
            Hour(start_ns=row["hour"] * HOUR_NS, release=row["release"], sessions=row["sessions"])
        )
    return found
