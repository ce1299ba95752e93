"""What a batch changes: conflicts settled and lineage resolved, before anything is written."""

from collections import OrderedDict, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from operator import itemgetter

import duckdb
import numpy as np
import pyarrow as pa

from trimtab.adapters.duckdb_analytics.schema import RESOLVED, column
from trimtab.adapters.duckdb_analytics.seen import Hashes, SeenDays
from trimtab.loop.store import DAY_NS, Batch
from trimtab.vocabulary.trace import ALONE, ROW, Skeleton, Step, resolve_calls, resolve_lineage

Trace = tuple[str, bytes]
Span = tuple[str, bytes, int]
Resolved = tuple[str, str, bool, str]
"""Session and agent, whether the step is repeated by another, and the error within it: see `Told`."""
Session = tuple[str, str]
Receipt = tuple[int, int]
CACHED_SPANS = 200_000
"""How many spans of recent traces stay in memory; about 60 MB. Older traces are read back when touched."""
SKELETON = itemgetter(*(ROW[field] for field in Skeleton._fields))
NO_DAYS: AbstractSet[int] = frozenset()
STORED = f"{', '.join(Skeleton._fields)}, {', '.join(RESOLVED)}"


@dataclass(slots=True)
class Known:
    """What is already stored of one trace: the skeleton of each span and what it was resolved to; the days that are noted of it."""

    skeletons: dict[int, Skeleton] = field(default_factory=dict[int, Skeleton])
    resolved: dict[int, Resolved] = field(default_factory=dict[int, Resolved])
    days: set[int] = field(default_factory=set[int])


@dataclass(slots=True)
class Plan:
    """What a batch changes. `since_ns` is the earliest start among what it brings or moves."""

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
        self._seen: SeenDays | None = None
        self._seen_all = int(con.execute("select count(*) from steps").fetchall()[0][0]) == 0

    def load(self, wanted: Mapping[Trace, AbstractSet[int]]) -> dict[Trace, Known]:
        """What is stored of these traces, each with the days on which steps of it are about to be stored; an unknown one comes empty."""
        found: dict[Trace, Known] = {}
        missing: list[Trace] = []
        for trace in wanted:
            known = self._recent.get(trace)
            if known is None:
                missing.append(trace)
                known = self._recent[trace] = Known()
            else:
                self._recent.move_to_end(trace)
            found[trace] = known
        if not self._seen_all:
            self._look(missing)
        if self._seen is not None:
            self._note(self._seen, wanted, found)
        return found

    def _look(self, traces: list[Trace]) -> None:
        """Read what is stored of traces that are not in memory, from the days that may hold them."""
        if not traces:
            return
        seen = self._filters()
        for day, places in list(seen.may_hold(self._hashes(traces))):
            self._read([traces[place] for place in places.tolist()], day)

    def _filters(self) -> SeenDays:
        if self._seen is None:
            self._seen = SeenDays()
            self._fill(self._seen, "")
        for day in self._seen.full():
            self._seen.forget(day)
            self._fill(self._seen, f"where {of_day(day)}")
        return self._seen

    def _fill(self, seen: SeenDays, where: str) -> None:
        stored = self._con.execute(
            f"select distinct start_ns // {DAY_NS} as day, hash(trace_id) as h from steps {where} order by day"
        ).fetchnumpy()
        days, begins, counts = np.unique(stored["day"], return_index=True, return_counts=True)
        for day, begin, count in zip(days.tolist(), begins.tolist(), counts.tolist(), strict=True):
            seen.add(int(day), stored["h"][begin : begin + count])

    def _note(
        self, seen: SeenDays, wanted: Mapping[Trace, AbstractSet[int]], found: Mapping[Trace, Known]
    ) -> None:
        """Remember on which days traces have steps from here on."""
        fresh = [trace for trace, days in wanted.items() if not days <= found[trace].days]
        if not fresh:
            return
        by_day: dict[int, list[int]] = defaultdict(list)
        for place, trace in enumerate(fresh):
            for day in wanted[trace] - found[trace].days:
                by_day[day].append(place)
            found[trace].days.update(wanted[trace])
        hashes = self._hashes(fresh)
        for day, places in by_day.items():
            seen.add(day, hashes[places])

    def _hashes(self, traces: list[Trace]) -> Hashes:
        self._con.register("wanted", traces_table(traces).append_column("n", pa.array(range(len(traces)))))
        rows = self._con.execute("select hash(trace_id) as h from wanted order by n").fetchnumpy()
        self._con.unregister("wanted")
        return np.asarray(rows["h"], np.uint64)

    def _read(self, traces: list[Trace], day: int) -> None:
        self._con.register("wanted", traces_table(traces))
        rows = self._con.execute(
            f"select project, trace_id, {STORED} from steps semi join wanted using (project, trace_id)"
            f" where {of_day(day)}"
        ).fetchall()
        self._con.unregister("wanted")
        for project, trace_id, *stored in rows:
            known = self._recent[(project, trace_id.bytes)]
            skeleton = known.skeletons[stored[0]] = Skeleton(*stored[: len(Skeleton._fields)])
            session, agent, repeated, inner_error = stored[len(Skeleton._fields) :]
            known.resolved[skeleton.span_id] = (session, agent, repeated, inner_error)
        self.grew(len(rows))

    def grew(self, spans: int) -> None:
        """So many more spans are in memory."""
        self._spans += spans

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


def of_day(day: int) -> str:
    """The steps that start on a day."""
    return f"start_ns >= {day * DAY_NS} and start_ns < {(day + 1) * DAY_NS}"


def traces_table(traces: Sequence[Trace]) -> pa.Table:
    """Keys of traces as a table to join with."""
    return pa.table(
        {"project": [t[0] for t in traces], "trace_id": column("trace_id", [t[1] for t in traces])}
    )


def newest(steps: Sequence[Step]) -> dict[Trace, dict[int, Step]]:
    """Steps by trace and span; of two with the same key the one with the later (end, hash) stays."""
    found: dict[Trace, dict[int, Step]] = {}
    for step in steps:
        trace = found.get((step.project, step.trace_id))
        if trace is None:
            trace = found[step.project, step.trace_id] = {}
        rival = trace.get(step.span_id)
        if rival is None or wins(step, rival):
            trace[step.span_id] = step
    return found


def wins(step: Step, rival: Step | Skeleton) -> bool:
    """Whether a step replaces another of the same key: by (end, content), never by arrival."""
    return (step.end_ns, step.content_hash) > (rival.end_ns, rival.content_hash)


def plan_batch(batch: Batch, traces: Traces) -> Plan:
    """Decide what to insert, replace and move, and which sessions that touches."""
    plan = Plan()
    arrived = newest(batch.steps)
    days = {trace: {step.start_ns // DAY_NS for step in steps.values()} for trace, steps in arrived.items()}
    for trace, known in traces.load(days).items():
        before = len(known.skeletons)
        fresh = settle(trace, arrived[trace], known, plan, batch.received_ns)
        if fresh:
            plan_trace(trace, fresh, known, plan, batch.received_ns)
            traces.grew(len(known.skeletons) - before)
    return plan


def settle(
    trace: Trace, arrived: dict[int, Step], known: Known, plan: Plan, received_ns: Mapping[int, int]
) -> dict[int, Step]:
    """The arrived spans of a trace that are new or win over the stored ones, which the plan then replaces."""
    if known.skeletons.keys().isdisjoint(arrived):
        return arrived
    fresh: dict[int, Step] = {}
    for span_id, step in arrived.items():
        old = known.skeletons.get(span_id)
        if old is not None:
            if not wins(step, old):
                continue
            plan.replace.append((*trace, span_id))
            plan.touch((trace[0], known.resolved[span_id][0]), received_ns[step.body])
        fresh[span_id] = step
    return fresh


def resolve(trace: Trace, skeletons: Mapping[int, Skeleton]) -> dict[int, Resolved]:
    """What a trace as a whole says of each of its spans."""
    fallback = "trace:" + trace[1].hex()
    told = resolve_calls(skeletons)
    found: dict[int, Resolved] = {}
    for span_id, (session, agent) in resolve_lineage(skeletons).items():
        repeated, inner_error = told.get(span_id, ALONE)
        found[span_id] = (session or fallback, agent, repeated, inner_error)
    return found


def plan_trace(
    trace: Trace, fresh: dict[int, Step], known: Known, plan: Plan, received_ns: Mapping[int, int]
) -> None:
    """Resolve one trace over all its spans: the fresh ones are inserted, others may move."""
    project = trace[0]
    older = known.resolved
    known.skeletons.update({span_id: Skeleton._make(SKELETON(step)) for span_id, step in fresh.items()})
    known.resolved = resolve(trace, known.skeletons)
    sessions = {(known.resolved[span_id][0], step.body) for span_id, step in fresh.items()}
    plan.insert += fresh.values()
    plan.insert_resolved += [known.resolved[span_id] for span_id in fresh]
    for session, body in sessions:
        plan.touch((project, session), received_ns[body])
    for span_id, before in older.items():
        after = known.resolved[span_id]
        if after == before or span_id in fresh:
            continue
        plan.move.append(((*trace, span_id), after))
        for _, body in sessions:
            plan.touch((project, before[0]), received_ns[body])
            plan.touch((project, after[0]), received_ns[body])


def plan_again(traces: Traces, touched: Iterable[Trace], now_ns: int) -> Plan:
    """What is left of traces says of itself now that steps of them are gone, as a rebuild would have it."""
    plan = Plan()
    for trace, known in traces.load(dict.fromkeys(touched, NO_DAYS)).items():
        for span_id, after in resolve(trace, known.skeletons).items():
            before = known.resolved[span_id]
            if after != before:
                plan.move.append(((*trace, span_id), after))
                plan.touch((trace[0], before[0]), now_ns)
                plan.touch((trace[0], after[0]), now_ns)
    return plan
