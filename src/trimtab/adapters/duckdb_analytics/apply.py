"""One batch in one transaction: settle conflicts, resolve lineage, write steps, recount what was touched."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import duckdb
import pyarrow as pa

from trimtab.adapters.duckdb_analytics.recount import RECOUNT
from trimtab.adapters.duckdb_analytics.schema import column, facts_table, steps_table
from trimtab.loop.store import Batch, ClosePolicy
from trimtab.vocabulary.trace import Skeleton, Step, resolve_lineage

Trace = tuple[str, bytes]
Span = tuple[str, bytes, int]
Resolved = tuple[str, str]
Session = tuple[str, str]
Receipt = tuple[int, int]
CACHED_SPANS = 200_000
"""How many spans of recent traces stay in memory; about 60 MB. Older traces are read back when touched."""


@dataclass(slots=True)
class Known:
    """What is already stored of one trace: the skeleton of each span and what it was resolved to."""

    skeletons: dict[int, Skeleton] = field(default_factory=dict[int, Skeleton])
    resolved: dict[int, Resolved] = field(default_factory=dict[int, Resolved])


@dataclass(slots=True)
class Plan:
    """What a batch changes."""

    insert: list[Step] = field(default_factory=list[Step])
    insert_resolved: list[Resolved] = field(default_factory=list[Resolved])
    replace: list[Span] = field(default_factory=list[Span])
    move: list[tuple[Span, Resolved]] = field(default_factory=list[tuple[Span, Resolved]])
    touched: dict[Session, Receipt] = field(default_factory=dict[Session, Receipt])

    def touch(self, session: Session, received_ns: int) -> None:
        """Note that something of a session was received; first and last receipt decide about its close."""
        first, last = self.touched.get(session, (received_ns, received_ns))
        self.touched[session] = min(first, received_ns), max(last, received_ns)


class Traces:
    """Recent traces in memory, all others in the file; the least recently touched leave first."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        """Read through `con`, the writer's connection."""
        self._con = con
        self._recent: OrderedDict[Trace, Known] = OrderedDict()
        self._spans = 0
        self._seen_all = int(con.execute("select count(*) from steps").fetchall()[0][0]) == 0

    def load(self, traces: Iterable[Trace]) -> dict[Trace, Known]:
        """What is stored of these traces; an unknown one comes empty."""
        found: dict[Trace, Known] = {}
        missing: list[Trace] = []
        for trace in traces:
            known = self._recent.get(trace)
            if known is None:
                missing.append(trace)
                known = self._recent[trace] = Known()
            else:
                self._recent.move_to_end(trace)
            found[trace] = known
        if missing and not self._seen_all:
            self._read(missing)
        return found

    def _read(self, traces: list[Trace]) -> None:
        wanted = pa.table(
            {"project": [t[0] for t in traces], "trace_id": column("trace_id", [t[1] for t in traces])}
        )
        self._con.register("wanted", wanted)
        rows = self._con.execute(
            "select project, trace_id, span_id, parent_id, start_ns, end_ns, content_hash, own_session,"
            " own_agent, session, agent from steps semi join wanted using (project, trace_id)"
        ).fetchall()
        self._con.unregister("wanted")
        for project, trace_id, *skeleton, session, agent in rows:
            known = self._recent[(project, trace_id.bytes)]
            self.remember(known, Skeleton(*skeleton), (session, agent))

    def remember(self, known: Known, skeleton: Skeleton, resolved: Resolved) -> None:
        """Keep a span that is now stored."""
        self._spans += skeleton.span_id not in known.skeletons
        known.skeletons[skeleton.span_id] = skeleton
        known.resolved[skeleton.span_id] = resolved

    def trim(self) -> None:
        """Let the oldest traces go until the cache is within its bound."""
        while self._spans > CACHED_SPANS:
            _, known = self._recent.popitem(last=False)
            self._spans -= len(known.skeletons)
            self._seen_all = False

    def forget(self) -> None:
        """Trust the file alone from here on, as after a failed transaction."""
        self._recent.clear()
        self._spans, self._seen_all = 0, False


def newest(steps: Sequence[Step]) -> dict[Trace, dict[int, Step]]:
    """Steps by trace and span; of two with the same key the one with the later (end, hash) stays."""
    found: dict[Trace, dict[int, Step]] = {}
    for step in steps:
        trace = found.setdefault((step.project, step.trace_id), {})
        rival = trace.get(step.span_id)
        if rival is None or (step.end_ns, step.content_hash) > (rival.end_ns, rival.content_hash):
            trace[step.span_id] = step
    return found


def skeleton_of(step: Step) -> Skeleton:
    """What lineage needs to know of a step."""
    return Skeleton(
        step.span_id,
        step.parent_id,
        step.start_ns,
        step.end_ns,
        step.content_hash,
        step.own_session,
        step.own_agent,
    )


def plan_batch(batch: Batch, traces: Traces) -> Plan:
    """Decide what to insert, replace and move, and which sessions that touches."""
    plan = Plan()
    arrived = newest(batch.steps)
    for trace, known in traces.load(arrived).items():
        plan_trace(Arrival(trace, arrived[trace], batch.received_ns), known, plan, traces)
    return plan


class Arrival(NamedTuple):
    """The spans of one trace that a batch brings, and when their bodies were received."""

    trace: Trace
    spans: dict[int, Step]
    received_ns: Mapping[int, int]


def plan_trace(arrival: Arrival, known: Known, plan: Plan, traces: Traces) -> None:
    """Settle one trace: losers vanish, winners replace, and lineage is resolved over all its spans."""
    trace, arrived, received_ns = arrival
    project = trace[0]
    fresh: dict[int, Step] = {}
    for span_id, step in arrived.items():
        old = known.skeletons.get(span_id)
        if old is not None:
            if (step.end_ns, step.content_hash) <= (old.end_ns, old.content_hash):
                continue
            plan.replace.append((*trace, span_id))
            plan.touch((project, known.resolved[span_id][0]), received_ns[step.body])
        fresh[span_id] = step
    if not fresh:
        return
    receipts = [received_ns[step.body] for step in fresh.values()]
    skeletons = {**known.skeletons, **{s: skeleton_of(step) for s, step in fresh.items()}}
    fallback = "trace:" + trace[1].hex()
    for span_id, (session, agent) in resolve_lineage(list(skeletons.values())).items():
        resolved = (session or fallback, agent)
        before = known.resolved.get(span_id)
        step = fresh.get(span_id)
        if step is not None:
            plan.insert.append(step)
            plan.insert_resolved.append(resolved)
            plan.touch((project, resolved[0]), received_ns[step.body])
        elif before is not None and resolved != before:
            plan.move.append(((*trace, span_id), resolved))
            for session_of in (before[0], resolved[0]):
                plan.touch((project, session_of), min(receipts))
                plan.touch((project, session_of), max(receipts))
        else:
            continue
        traces.remember(known, skeletons[span_id], resolved)


def spans_table(spans: Sequence[Span]) -> pa.Table:
    """Keys of spans as a table to join with."""
    return pa.table(
        {
            "project": [s[0] for s in spans],
            "trace_id": column("trace_id", [s[1] for s in spans]),
            "span_id": pa.array([s[2] for s in spans], pa.uint64()),
        }
    )


def write_steps(con: duckdb.DuckDBPyConnection, plan: Plan) -> None:
    """Carry out a plan on the steps table."""
    if plan.replace:
        con.register("gone", spans_table(plan.replace))
        con.execute(
            "delete from steps using gone where steps.project = gone.project"
            " and steps.trace_id = gone.trace_id and steps.span_id = gone.span_id"
        )
        con.unregister("gone")
    if plan.move:
        moved = spans_table([span for span, _ in plan.move])
        moved = moved.append_column("session", pa.array([r[0] for _, r in plan.move]))
        con.register("moved", moved.append_column("agent", pa.array([r[1] for _, r in plan.move])))
        con.execute(
            "update steps set session = moved.session, agent = moved.agent from moved"
            " where steps.project = moved.project and steps.trace_id = moved.trace_id"
            " and steps.span_id = moved.span_id"
        )
        con.unregister("moved")
    if plan.insert:
        con.register("incoming", steps_table(plan.insert, plan.insert_resolved))
        con.execute("insert into steps select * from incoming")
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
    con.execute("delete from facts using fresh where facts.project = fresh.project and facts.id = fresh.id")
    con.execute("insert into facts select * from fresh")
    touched = con.execute(
        "select project, session, body from fresh where session <> '' union"
        " select steps.project, steps.session, fresh.body from steps join fresh using (project, trace_id)"
        " where fresh.session = ''"
    ).fetchall()
    for project, session, body in touched:
        plan.touch((project, session), batch.received_ns[body])


def recount(con: duckdb.DuckDBPyConnection, touched: Mapping[Session, Receipt], policy: ClosePolicy) -> None:
    """Count the touched sessions anew from their steps and facts."""
    if not touched:
        return
    table = pa.table(
        {
            "project": [project for project, _ in touched],
            "session": [session for _, session in touched],
            "first_received_ns": pa.array([first for first, _ in touched.values()], pa.int64()),
            "last_received_ns": pa.array([last for _, last in touched.values()], pa.int64()),
        }
    )
    con.register("touched", table)
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
            "since": 0,
            "idle_ns": int(policy.idle_s * 1e9),
            "max_age_ns": int(policy.max_age_s * 1e9),
            "settle_ns": int(policy.settle_s * 1e9),
        },
    )
    con.execute(
        "delete from sessions using touched where sessions.project = touched.project"
        " and sessions.session = touched.session"
    )
    con.execute("insert into sessions select * from recounted")
    con.unregister("touched")
    con.unregister("idle_by_agent")


def apply_batch(con: duckdb.DuckDBPyConnection, traces: Traces, batch: Batch, policy: ClosePolicy) -> None:
    """Apply a batch and its position in one transaction; on failure nothing of it is seen."""
    con.execute("begin")
    try:
        plan = plan_batch(batch, traces)
        write_steps(con, plan)
        write_facts(con, batch, plan)
        recount(con, plan.touched, policy)
        con.execute("delete from meta where name = 'applied'")
        con.execute("insert into meta values ('applied', $position)", {"position": batch.position})
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        traces.forget()
        raise
    traces.trim()
