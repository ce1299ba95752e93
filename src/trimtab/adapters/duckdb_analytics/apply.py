"""One batch in one transaction: carry out its plan, then recount the sessions that it touched."""

import contextlib
from collections.abc import Mapping, Sequence

import duckdb
import pyarrow as pa

from trimtab.adapters.duckdb_analytics import minutes, tallies
from trimtab.adapters.duckdb_analytics.logged import write_logged
from trimtab.adapters.duckdb_analytics.plan import Plan, Receipt, Session, Span, Traces, plan_batch
from trimtab.adapters.duckdb_analytics.recount import RECOUNT
from trimtab.adapters.duckdb_analytics.schema import RESOLVED, column, facts_table, steps_table
from trimtab.adapters.duckdb_analytics.sealed import restate_sealed
from trimtab.loop.store import Batch, ClosePolicy

FAR = (1 << 63) - 1
TOUCHED = "sessions semi join touched using (project, session)"


def spans_table(spans: Sequence[Span]) -> pa.Table:
    """Keys of spans as a table to join with."""
    return pa.table(
        {
            "project": [s[0] for s in spans],
            "trace_id": column("trace_id", [s[1] for s in spans]),
            "span_id": pa.array([s[2] for s in spans], pa.uint64()),
        }
    )


def write_steps(con: duckdb.DuckDBPyConnection, plan: Plan, *, marking: bool) -> None:
    """Carry out a plan on the steps table."""
    if plan.replace:
        con.register("gone", spans_table(plan.replace))
        if marking:
            minutes.mark_replaced(con)
        con.execute(
            "delete from steps using gone where steps.project = gone.project"
            " and steps.trace_id = gone.trace_id and steps.span_id = gone.span_id"
        )
        con.unregister("gone")
    if plan.move:
        moved = spans_table([span for span, _ in plan.move])
        for name, values in zip(RESOLVED, zip(*(r for _, r in plan.move), strict=True), strict=True):
            moved = moved.append_column(name, column(name, values))
        con.register("moved", moved)
        con.execute(
            f"update steps set {', '.join(f'{name} = moved.{name}' for name in RESOLVED)} from moved"
            " where steps.project = moved.project and steps.trace_id = moved.trace_id"
            " and steps.span_id = moved.span_id"
        )
        con.unregister("moved")
    if plan.insert:
        con.register("incoming", steps_table(plan.insert, plan.insert_resolved))
        con.execute("insert into steps by name select * from incoming")
        con.unregister("incoming")


def write_facts(con: duckdb.DuckDBPyConnection, batch: Batch, plan: Plan) -> None:
    """Store facts once by id; two contents under one id are settled by (time, hash)."""
    if not batch.facts:
        return
    con.register("arrived", facts_table(batch.facts))
    con.execute(
        "create or replace temp table fresh as select arrived.* from arrived left join facts as old using (project, id)"
        " where old.id is null"
        " or (arrived.time_ns, arrived.content_hash) > (old.time_ns, old.content_hash)"
        " qualify row_number() over (partition by project, arrived.id"
        " order by arrived.time_ns desc, arrived.content_hash desc) = 1"
    )
    con.unregister("arrived")
    # What a fact said before it lost against another of its id may have been about another session.
    con.execute(
        "create or replace temp table spoken as select project, session, trace_id, body from fresh union all"
        " select old.project, old.session, old.trace_id, fresh.body"
        " from facts as old join fresh on old.project = fresh.project and old.id = fresh.id"
    )
    con.execute("delete from facts using fresh where facts.project = fresh.project and facts.id = fresh.id")
    con.execute("insert into facts select * from fresh")
    touched = con.execute(
        "select project, session, body from spoken where session <> '' union"
        " select steps.project, steps.session, spoken.body from steps join spoken using (project, trace_id)"
        " where spoken.session = ''"
    ).fetchall()
    for project, session, body in touched:
        plan.touch((project, session), batch.received_ns[body])


def touched_table(touched: Mapping[Session, Receipt]) -> pa.Table:
    """Sessions with their first and last receipt, to join with."""
    return pa.table(
        {
            "project": pa.array([project for project, _ in touched], pa.string()),
            "session": pa.array([session for _, session in touched], pa.string()),
            "first_received_ns": pa.array([first for first, _ in touched.values()], pa.int64()),
            "last_received_ns": pa.array([last for _, last in touched.values()], pa.int64()),
        }
    )


def recount(
    con: duckdb.DuckDBPyConnection,
    touched: Mapping[Session, Receipt],
    policy: ClosePolicy,
    since_ns: int = FAR,
    *,
    marking: bool = False,
) -> None:
    """Count the touched sessions anew from their steps and facts; `since_ns` is the first start that is new to them."""
    if not touched:
        return
    con.register("touched", touched_table(touched))
    since_ns = first_start(con, since_ns)
    tallied = tallies.any_tallied(con)
    if tallied:
        tallies.forget(con, TOUCHED)
    if marking:
        minutes.mark_sessions(con)
        minutes.mark_steps(con, since_ns)
    if sealed := restate_sealed(con):
        touched = {session: receipt for session, receipt in touched.items() if session not in set(sealed)}
        con.register("touched", touched_table(touched))
    agents = policy.idle_s_by_agent
    idle = pa.table(
        {
            "agent": pa.array(list(agents), pa.string()),
            "idle_ns": pa.array([int(s * 1e9) for s in agents.values()], pa.int64()),
        }
    )
    con.register("idle_by_agent", idle)
    con.execute(
        f"create or replace temp table recounted as {RECOUNT}",
        {
            "since": since_ns,
            "idle_ns": int(policy.idle_s * 1e9),
            "max_age_ns": int(policy.max_age_s * 1e9),
            "settle_ns": int(policy.settle_s * 1e9),
        },
    )
    con.execute(
        "delete from sessions using touched where sessions.project = touched.project"
        " and sessions.session = touched.session"
    )
    con.execute("insert into sessions by name select * from recounted")
    if tallied:
        tallies.forget(con, "recounted")
    if marking:
        minutes.mark_sessions(con)
    con.unregister("touched")
    con.unregister("idle_by_agent")


def first_start(con: duckdb.DuckDBPyConnection, since_ns: int) -> int:
    """The earliest start of any step of the touched sessions: lets the recount skip what lies before."""
    row = con.execute(
        "select min(first_ns) from sessions semi join touched using (project, session)"
    ).fetchall()
    known = row[0][0]
    return since_ns if known is None else min(since_ns, int(known))


def apply_batch(con: duckdb.DuckDBPyConnection, traces: Traces, batch: Batch, policy: ClosePolicy) -> None:
    """Apply a batch and its position in one transaction; on failure nothing of it is seen."""
    con.execute("begin")
    try:
        marking = minutes.follows(con)
        plan = plan_batch(batch, traces)
        write_steps(con, plan, marking=marking)
        fresh = [(step.project, step.trace_id, step.span_id) for step in plan.insert if step.kind == "llm"]
        for project, session, body in write_logged(con, batch.logged, fresh):
            plan.touch((project, session), batch.received_ns[body])
        write_facts(con, batch, plan)
        since_ns = min((step.start_ns for step in plan.insert), default=FAR)
        recount(con, plan.touched, policy, since_ns, marking=marking)
        con.execute("delete from meta where name = 'applied'")
        con.execute("insert into meta values ('applied', $position)", {"position": batch.position})
        con.execute("commit")
    except BaseException:
        # A commit that failed has rolled back by itself.
        with contextlib.suppress(duckdb.Error):
            con.execute("rollback")
        traces.forget()
        raise
    traces.trim()
