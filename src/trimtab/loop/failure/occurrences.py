"""Where failures happened: the bad sessions of a scope with their steps, and the sessions they are seen against."""

from collections import defaultdict
from collections.abc import Iterator, Sequence

from trimtab.loop.failure.classify import UNKNOWN
from trimtab.loop.failure.courses import courses, errors
from trimtab.loop.failure.fingerprint import sign_session, sign_step
from trimtab.loop.failure.model import Occurrence, Signature
from trimtab.loop.failure.status import HOUR_NS, Hour
from trimtab.loop.failure.taxonomy import Taxonomy
from trimtab.loop.store import CLOSED, Analytics, Row, Scope, session_where

FAILED = "(outcome in ('failure', 'abandoned') or (outcome = 'escalated' and outcome_reason = 'defect'))"
"""The bad sessions, as the indicators count them (a test holds the two together)."""
RELEASE = "coalesce(nullif(bundle, ''), agent_version)"
MAX_SESSIONS = 50_000
"""The latest sessions that are looked at: a bound on the time of an answer, which says when it is reached."""


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


def occurrences(
    analytics: Analytics, project: str, sessions: Sequence[Row], taxonomy: Taxonomy, *, by_step: bool
) -> Iterator[Occurrence]:
    """One occurrence for each failed session, or with `by_step` for each different step that failed in a session."""
    sign = by_errors if by_step else by_course
    signed = sign(analytics, project, sessions, taxonomy)
    for row in sessions:
        for signature in signed[row["session"]]:
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


def by_course(
    analytics: Analytics, project: str, sessions: Sequence[Row], taxonomy: Taxonomy
) -> dict[str, list[Signature]]:
    """The one signature of each session that failed."""
    went = courses(analytics, project, sessions, taxonomy)
    return {
        row["session"]: [sign_session(row["agent"], went.get(row["session"], UNKNOWN), taxonomy)]
        for row in sessions
    }


def by_errors(
    analytics: Analytics, project: str, sessions: Sequence[Row], taxonomy: Taxonomy
) -> dict[str, list[Signature]]:
    """The different signatures of the steps that failed in each session."""
    found = errors(analytics, project, sessions)
    return {
        row["session"]: list(
            {
                (s := sign_step(step, taxonomy)).fingerprint: s for step in found.get(row["session"], [])
            }.values()
        )
        for row in sessions
    }


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
