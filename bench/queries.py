"""Questions to a store of ten million steps, asked through the functions that the API and the CLI call."""

import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.bodies import SPANS_PER_BODY, make_bodies
from bench.growth import compare
from bench.outcome import Line, Outcome, at_most, no_target
from bench.synthetic import AGENTS, DAYS, PROJECT, Month, build
from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.adapters.sqlite_journal import SqliteJournal
from trimtab.loop.sli import Basis, built_in, report, sum_up
from trimtab.loop.sli.count import BAD, GOOD
from trimtab.loop.store import (
    DAY_NS,
    MINUTE_NS,
    Analytics,
    Conditions,
    Entry,
    Journal,
    Scope,
    find_sessions,
    open_session,
    session_where,
)
from trimtab.vocabulary.kernel import SystemClock, VirtualClock

STORED_BODIES = 50
BURN_SESSIONS = """
select coalesce(pinned_ns, close_ns) // 60000000000 as minute,
  count(*) filter ({good}) as good, count(*) filter ({bad}) as bad
from sessions where {where} group by minute
"""
BURN_TOOLS = """
select start_ns // 60000000000 as minute, count(*) filter (not error) as good, count(*) filter (error) as bad
from steps where project = $project and agent = $agent and kind = 'tool' and start_ns >= $since group by minute
"""
BY_MODEL = """
select model, count(*) as calls, sum(cost_nusd)::double / 1e9 as usd, sum(input_tokens)::bigint as tokens_in,
  sum(output_tokens)::bigint as tokens_out
from steps where kind = 'llm' group by model order by usd desc
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """What is asked: rows, bodies, the time, and some sessions to open."""

    analytics: Analytics
    journal: Journal
    now_ns: int
    sessions: tuple[str, ...]

    def scope(self, number: int, span_ns: int) -> Scope:
        """One agent over the latest so many nanoseconds; every run asks for another agent."""
        agent = AGENTS[number % len(AGENTS)]
        return Scope(
            project=PROJECT, cohort={"agent": agent}, since_ns=self.now_ns - span_ns, until_ns=self.now_ns
        )

    def everything(self) -> Scope:
        """All agents over all days."""
        return Scope(project=PROJECT, since_ns=self.now_ns - (DAYS + 1) * DAY_NS, until_ns=self.now_ns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question; `ask` gets the store and the number of the run, and gives something that is never empty."""

    name: str
    target_ms: float
    ask: Callable[[Store, int], Any]
    floor_sql: str = ""


def burn_sessions(store: Store, number: int) -> Any:
    """Good and bad sessions by minute: what a burn rate over 5 minutes and 1 hour is made of."""
    params: dict[str, object] = {}
    where = session_where(store.scope(number, 65 * MINUTE_NS), params)
    return store.analytics.rows(BURN_SESSIONS.format(good=GOOD, bad=BAD, where=where), params)


def burn_tools(store: Store, number: int) -> Any:
    """Good and bad tool calls by minute, from the steps themselves."""
    scope = store.scope(number, 65 * MINUTE_NS)
    params = {"project": PROJECT, "agent": scope.cohort["agent"], "since": scope.since_ns}
    return store.analytics.rows(BURN_TOOLS, params)


def silent_failures(store: Store, number: int) -> Any:
    """Failed sessions of an agent without any tool error, a week's."""
    scope = store.scope(number, 7 * DAY_NS)
    return find_sessions(store.analytics, scope, Conditions(outcome="failure", tool_error=False))[0]


def tools_of(store: Store, scope: Scope) -> Any:
    """Each tool's calls with the types of its errors."""
    return report(store.analytics, scope, (), [])["groups"][0]["tools"]


def one_session(store: Store, number: int) -> Any:
    """A session that no earlier run has opened."""
    return open_session(store.analytics, PROJECT, store.sessions[number])["steps"]


def one_session_with_bodies(store: Store, number: int) -> Any:
    """The same, and the journal's bodies that hold its text."""
    steps = one_session(store, number)
    bodies = [store.journal.get(position) for position in sorted({step["body"] for step in steps})]
    return steps if all(bodies) else None


QUESTIONS = (
    Question(
        name="5-minute burn rate of an agent, sessions",
        target_ms=25,
        ask=burn_sessions,
        floor_sql="select count(*) from sessions where last_ns >= {hour}",
    ),
    Question(
        name="5-minute burn rate of an agent, tool calls",
        target_ms=25,
        ask=burn_tools,
        floor_sql="select count(*) from steps where start_ns >= {hour} and kind = 'tool'",
    ),
    Question(
        name="indicators of an agent, 7 days",
        target_ms=250,
        ask=lambda store, number: report(store.analytics, store.scope(number, 7 * DAY_NS))["groups"],
    ),
    Question(
        name=f"indicators of an agent, {DAYS} days",
        target_ms=250,
        ask=lambda store, number: report(store.analytics, store.scope(number, (DAYS + 1) * DAY_NS))["groups"],
    ),
    Question(name="failures without tool error, 7 days", target_ms=250, ask=silent_failures),
    Question(
        name=f"cost by model, all agents, {DAYS} days",
        target_ms=250,
        ask=lambda store, _: store.analytics.user_rows(PROJECT, BY_MODEL, 100)[1],
        floor_sql="select model, sum(cost_nusd) from steps where kind = 'llm' group by model",
    ),
    Question(
        name="tool success by tool, an agent, 7 days",
        target_ms=250,
        ask=lambda store, number: tools_of(store, store.scope(number, 7 * DAY_NS)),
    ),
    Question(
        name=f"tool success by tool, all agents, {DAYS} days",
        target_ms=250,
        ask=lambda store, _: tools_of(store, store.everything()),
        floor_sql="select tool, error_type, count(*) from steps where kind = 'tool' group by all",
    ),
    Question(
        name=f"latency histogram, all agents, {DAYS} days",
        target_ms=250,
        ask=lambda store, _: report(store.analytics, store.everything(), (), [built_in()["session_latency"]])[
            "groups"
        ],
        floor_sql="select (last_ns - first_ns) // 100000000 as b, count(*) from sessions group by b",
    ),
    Question(
        name="session by id",
        target_ms=50,
        ask=one_session,
        floor_sql="select count(*) from steps where session = '{session}'",
    ),
    Question(name="session by id with its bodies", target_ms=50, ask=one_session_with_bodies),
)


def milliseconds(ask: Callable[[int], Any], numbers: range) -> list[float]:
    """How long each run took; raises RuntimeError when one found nothing."""
    took: list[float] = []
    for number in numbers:
        started = time.perf_counter()
        found = ask(number)
        took.append((time.perf_counter() - started) * 1e3)
        if not found:
            raise RuntimeError("a question found nothing: the measurement is wrong")
    return took


def time_question(question: Question, store: Store, runs: int) -> dict[str, float]:
    """The first run apart, then the warm ones; and what the engine needs for the least that could answer."""
    first, *warm = milliseconds(lambda number: question.ask(store, number), range(runs + 1))
    ordered = sorted(warm)
    found = {
        "first_ms": first,
        "median_ms": statistics.median(ordered),
        "p95_ms": ordered[-(-95 * len(ordered) // 100) - 1],
        "runs": len(warm),
    }
    if question.floor_sql:
        hour = store.now_ns - 65 * MINUTE_NS
        sql = question.floor_sql.format(hour=hour, session=store.sessions[0])
        found["floor_ms"] = statistics.median(milliseconds(lambda _: store.analytics.rows(sql), range(5)))
    return found


def fill_journal(journal: Journal) -> list[int]:
    """Real bodies for steps to point at; gives their positions."""
    now_ns = SystemClock().now_ns()
    entries = [
        Entry(project=PROJECT, signal="traces", received_ns=now_ns, body=body, items=SPANS_PER_BODY)
        for body in make_bodies(STORED_BODIES)
    ]
    return journal.append(entries)


def tally(analytics: Analytics) -> dict[str, float]:
    """Count the periods that are over, as the server does in the background; gives how many, and what that took."""
    started, cpu, periods = time.monotonic(), time.process_time(), 0
    while more := sum_up(analytics, PROJECT, Basis()):
        periods += more
    return {
        "periods": periods,
        "seconds": time.monotonic() - started,
        "cpu_s": time.process_time() - cpu,
    }


def ask_all(folder: Path, spans: int, runs: int) -> dict[str, Any]:
    """Build the store, open it as the server does, ask everything."""
    now_ns = SystemClock().now_ns()
    journal = SqliteJournal(folder / "journal", SystemClock())
    positions = fill_journal(journal)
    month = Month(spans=spans, until_ns=now_ns, first_body=positions[0], bodies=len(positions))
    held = build(folder / "analytics.duckdb", month)
    analytics = DuckdbAnalytics(folder / "analytics.duckdb", VirtualClock(now_ns))
    tallied = tally(analytics)
    drawn = analytics.rows(
        f"select session from sessions using sample reservoir({runs + 1} rows) repeatable (1)"
    )
    store = Store(
        analytics=analytics, journal=journal, now_ns=now_ns, sessions=tuple(row["session"] for row in drawn)
    )
    try:
        asked = {question.name: time_question(question, store, runs) for question in QUESTIONS}
        growth = compare(analytics, now_ns, 8)
    finally:
        analytics.close()
        journal.close()
    return {"store": held, "tallied": tallied, "questions": asked, "applying": growth}


def run(*, quick: bool) -> Outcome:
    """Ten million steps, 20 warm runs of each question; `quick`: half a million and 10."""
    with tempfile.TemporaryDirectory(prefix="bench-queries-") as name:
        raw = ask_all(Path(name), 500_000 if quick else 10_000_000, 10 if quick else 20)
    found = [line for question in QUESTIONS for line in lines(question, raw["questions"][question.name])]
    held = raw["store"]
    return Outcome(
        name="queries",
        raw=raw,
        lines=[
            no_target("steps in the store", held["steps"], "steps"),
            at_most("disk, analytics of that store", held["bytes_per_span"], 60, "B/span"),
            no_target("tallying its periods, once", raw["tallied"]["cpu_s"], "s of CPU"),
            *found,
            *growth_lines(raw["applying"]),
        ],
    )


def growth_lines(of: dict[str, dict[str, float]]) -> list[Line]:
    """Applying rows to this store beside applying them to an empty one."""
    full, empty = of["full"], of["empty"]
    rate = "spans_per_core_s"
    return [
        no_target("applying new spans to that store", full[rate], "spans/s/core", empty[rate]),
        no_target(
            "  slowest batch of 5,000 spans", full["slowest_batch_ms"], "ms", empty["slowest_batch_ms"]
        ),
        no_target("  first batch after a start", full["first_batch_ms"], "ms", empty["first_batch_ms"]),
    ]


def lines(question: Question, of: dict[str, float]) -> list[Line]:
    """The median beside its target, then the slowest and the first."""
    return [
        at_most(question.name, of["median_ms"], question.target_ms, "ms", of.get("floor_ms")),
        no_target("  p95", of["p95_ms"], "ms"),
        no_target("  first", of["first_ms"], "ms"),
    ]
