"""Sealed sessions: their steps have expired, so their numbers stand; only what is learned later restates them."""

import duckdb

from trimtab.adapters.duckdb_analytics.logged import drop_orphans
from trimtab.adapters.duckdb_analytics.minutes import fix
from trimtab.adapters.duckdb_analytics.tallies import forget
from trimtab.loop.store import CARRIED, DAY_NS, IDENTITIES, POSITIONS_PER_DAY
from trimtab.vocabulary.trace import PRECEDENCE

GOING = """project = $project and (session in (select session from old)
  or (body < $day and session in (select session from sealed where project = $project)))"""
FOLD = f"""
create or replace temp table folded as
with mine as (select * from steps where {GOING})
select {IDENTITIES}, min(first_ns) as first_ns, max(last_ns) as last_ns, sum(steps)::bigint as steps
from ({CARRIED} union all select * from carried where project = $project) group by all
"""
HEARD_NS = "greatest(last_ns, coalesce(received_ns, 0))"
"""When a session was last heard of: imported logs of last year are as old as their import."""
RANK = "case outcome_source " + " ".join(f"when '{s}' then {r}" for s, r in PRECEDENCE.items()) + " end"
RESTATED = f"""
with still as (select project, session from touched semi join sealed using (project, session)),
said as (
  select project, session, label, source, reason, time_ns, rank, content_hash
  from facts semi join still using (project, session) where kind = 'outcome'
  union all
  select project, session, outcome, outcome_source, outcome_reason, outcome_ns, {RANK}, 0
  from sessions semi join still using (project, session) where outcome_ns is not null),
latest as (
  select project, session, arg_max({{label: label, source: source, reason: reason, time_ns: time_ns}},
                                   (rank, time_ns, content_hash)) as said
  from said group by project, session)
update sessions set outcome = said.label, outcome_source = said.source, outcome_reason = said.reason,
  outcome_ns = said.time_ns
from latest where sessions.project = latest.project and sessions.session = latest.session
"""
"""What stood before is one voice among the facts: a fact about a trace can no longer be led to its session."""


def restate_sealed(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Restate the outcomes of those of the `touched` sessions that are sealed; gives which these are."""
    found = con.execute(
        "select project, session from touched semi join sealed using (project, session)"
    ).fetchall()
    if found:
        con.execute(RESTATED)
    return [(str(project), str(session)) for project, session in found]


def expire_steps(con: duckdb.DuckDBPyConnection, project: str, before_ns: int, limit: int) -> int:
    """Remove the steps of whole sessions, the oldest first, and seal what the sessions say."""
    con.execute(
        "create or replace temp table old as select project, session from sessions anti join sealed"
        f" using (project, session) where project = $project and {HEARD_NS} < $before"
        f" order by {HEARD_NS} limit $limit",
        {"project": project, "before": before_ns, "limit": limit},
    )
    con.execute("insert into sealed select project, session from old")
    # What came late for a sealed session is as old as its own receipt.
    going = {"project": project, "day": before_ns // DAY_NS * POSITIONS_PER_DAY}
    fix(con, project, "steps", GOING, {"day": going["day"]})
    con.execute(FOLD, going)
    con.execute("delete from carried where project = $project", {"project": project})
    con.execute("insert into carried by name select * from folded")
    forget(
        con,
        f"sessions semi join (select project, session from steps where {GOING}) using (project, session)",
        going,
    )
    gone = con.execute(f"delete from steps where {GOING}", going).fetchall()
    drop_orphans(con, going)
    con.execute("drop table folded")
    con.execute("drop table old")
    return int(gone[0][0])
