"""A month of plausible agent traffic, written by SQL into the product's own tables and counted by its own recount.

Steps come in the order of time, hour by hour, as ingest would have written them; sessions overlap. Every value hangs
on a hash of its numbers, so each store of a size is the same but for the time at which it ends.
"""

import itertools
import time
from dataclasses import dataclass
from pathlib import Path

import duckdb

from trimtab.adapters.duckdb_analytics.analytics import connect
from trimtab.adapters.duckdb_analytics.apply import recount
from trimtab.adapters.duckdb_analytics.schema import TABLES
from trimtab.loop.store import DAY_NS, ClosePolicy

PROJECT = "default"
DAYS = 30
STEPS_PER_SESSION = 10
AGENTS = ("booking", "support", "research", "coding")

STEPS = """
with session as (
  select i, hash(i) as h, $from_ns + i * $gap_ns as began_ns, 7 + (hash(i) % 7)::bigint as n,
    'conv_' || to_hex(hash(i)) as session, ['booking', 'support', 'research', 'coding'][1 + (hash(i) % 4)::bigint] as agent
  from range($first, $last) as t(i)),
numbered as (select *, unnest(range(n)) as k from session),
drawn as (select *, hash(i, k) as d, md5(i || '/' || k // 7) as trace, began_ns + k * 1500000000 as start_ns from numbered),
made as (
  select *, case when k = 0 then 'agent' when k % 2 = 1 then 'llm' when d % 100 < 80 then 'tool' else 'retrieve' end as kind,
    ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet-4-5'][1 + (d // 100 % 3)::bigint] as drawn_model,
    200 + (d // 1000 % 6000)::bigint as tokens_in, 10 + (d // 7000 % 900)::bigint as tokens_out
  from drawn)
insert into steps by name
select $project as project, trace::uuid as trace_id, d as span_id,
  case when k % 7 = 0 then 0 else hash(i, k // 7 * 7) end::ubigint as parent_id, start_ns,
  start_ns + case when k = 0 then n * 1500000000 else 100000000 + (d % 1400000000)::bigint end as end_ns,
  hash(d) as content_hash, kind, kind as name, session as own_session, session,
  case when k = 0 then agent else '' end as own_agent, agent, 'agents' as service,
  'v' || ((i * $gap_ns) // 604800000000000) as agent_version, 'bundle-' || ((i * $gap_ns) // 604800000000000) as bundle,
  'production' as environment, 'tenant-' || (h % 50) as tenant, 'user-' || (h % 5000) as "user",
  case when kind <> 'llm' then '' when drawn_model[1:3] = 'gpt' then 'openai' else 'anthropic' end as provider,
  case when kind = 'llm' then drawn_model else '' end as model,
  case when kind = 'llm' then drawn_model else '' end as model_requested,
  case when kind = 'tool' then ['lookup_order', 'refund', 'search_flights', 'send_note', 'check_stock'][1 + (d // 100 % 5)::bigint]
       else '' end as tool,
  case when kind = 'llm' then 1 end as tool_calls,
  kind = 'tool' and d // 10000 % 100 < 3 as error,
  case when kind = 'tool' and d // 10000 % 100 < 3 then ['TimeoutError', 'ValueError'][1 + (d // 100 % 2)::bigint] else '' end
    as error_type,
  case when kind = 'llm' then 'stop' else '' end as finish,
  case when kind = 'llm' then tokens_in end as input_tokens,
  case when kind = 'llm' then tokens_out end as output_tokens,
  case when kind = 'llm' then tokens_in * 2500 + tokens_out * 10000 end as cost_nusd,
  case when kind = 'llm' then 'priced' else '' end as cost_status,
  case when kind = 'llm' then 4 end as messages, case when kind = 'llm' then 2 end as user_messages,
  'gen_ai' as dialect, $body + (i * 10 + k) // 200 % $bodies as body, ((i * 10 + k) % 200)::integer as ordinal
from made order by end_ns
"""
OUTCOMES = """
insert into facts by name
select project, 'said-' || session as id, 'outcome' as kind, 'app' as source, 4 as rank, end_ns as time_ns, session,
  0 as span_id, '' as name, case when h < 80 then 'success' when h < 90 then 'failure' when h < 94 then 'refused'
    when h < 97 then 'escalated' else 'abandoned' end as label,
  case when h between 94 and 95 then 'defect' else '' end as reason, '' as method, hash(session, 1) as content_hash, body
from (select *, hash(session, 2) % 100 as h from steps where start_ns >= $from_ns and kind = 'agent')
"""
BEGUN = "select session, end_ns from steps where start_ns >= $from_ns and kind = 'agent'"
"""The first step of a session lasts until its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """How much traffic, until when, and which journal positions hold its bodies (used in turn)."""

    spans: int
    until_ns: int
    first_body: int = 1
    bodies: int = 1

    @property
    def sessions(self) -> int:
        """How many sessions that makes."""
        return self.spans // STEPS_PER_SESSION

    @property
    def gap_ns(self) -> int:
        """The time between two sessions' starts."""
        return DAYS * DAY_NS // self.sessions

    @property
    def from_ns(self) -> int:
        """When the first session starts; the last ones end shortly before `until_ns`."""
        return self.until_ns - DAYS * DAY_NS - 60_000_000_000

    def hours(self) -> list[tuple[int, int]]:
        """The sessions that start in each hour: from the first to before the second number."""
        edges = [self.sessions * hour // (DAYS * 24) for hour in range(DAYS * 24 + 1)]
        return list(itertools.pairwise(edges))


def build(path: Path, month: Month) -> dict[str, float]:
    """Write the store; gives what it holds and how long that took."""
    started = time.monotonic()
    con = connect(path)
    con.execute(TABLES)
    base = {
        "from_ns": month.from_ns,
        "gap_ns": month.gap_ns,
        "project": PROJECT,
        "body": month.first_body,
        "bodies": month.bodies,
    }
    hours = month.hours()
    for day in range(DAYS):
        for first, last in hours[day * 24 : day * 24 + 24]:
            con.execute(STEPS, base | {"first": first, "last": last})
        count_sessions(con, month.from_ns + hours[day * 24][0] * month.gap_ns)
    con.execute("force checkpoint")
    held = {
        table: con.execute(f"select count(*) from {table}").fetchall()[0][0]
        for table in ("steps", "sessions", "facts")
    }
    free = con.execute("select free_blocks / total_blocks from pragma_database_size()").fetchall()[0][0]
    con.close()
    return held | {
        "build_s": time.monotonic() - started,
        "bytes_per_span": path.stat().st_size / held["steps"],
        "free_share": free,
    }


def count_sessions(con: duckdb.DuckDBPyConnection, from_ns: int) -> None:
    """Tell the outcomes of the sessions that began since then and count them, with the recount that ingest uses."""
    con.execute(OUTCOMES, {"from_ns": from_ns})
    begun = con.execute(BEGUN, {"from_ns": from_ns}).fetchall()
    con.execute("begin")
    recount(
        con,
        {(PROJECT, session): (end_ns, end_ns) for session, end_ns in begun},
        ClosePolicy(),
        since_ns=from_ns,
    )
    con.execute("commit")
