"""What contracts decided about each agent and tool, what seemed to be injected, and where models refused."""

from collections.abc import Sequence
from typing import Any

from trimtab.loop.store import REFUSED, Analytics, Row, Rows, Scope, session_where

Json = dict[str, Any]
MOST, MOST_ROWS = 500, 20_000
"""So many tools and so many reasons are told, the most frequent first."""
COUNTED = (
    "decided",
    "deny",
    "ask",
    "transform",
    "warn",
    "allow",
    "would deny",
    "would ask",
    "would transform",
    "would warn",
    "suspected",
    "refused",
)
"""What is counted: all decisions, each by what it was or would have been, outputs that seemed to give orders, refusals."""
TOLD = """with chosen as (select session, agent, first_ns, last_ns, row_number() over () as number from sessions where {where}),
told as (
  select chosen.agent, number, kind = 'tool' as call, case when kind = 'tool' then tool else '' end as tool, reasons,
    decision, suspected, ({refused}) as refused
  from steps join chosen using (session)
  where steps.project = $project and start_ns between (select min(first_ns) from chosen) and (select max(last_ns) from chosen)
    and (decision <> '' or reasons <> '' or suspected or ({refused})))"""
"""Each step that tells of a decision; one that another repeats, too: a gateway decides by itself about the call of an agent."""
COUNTS = """select agent, call, tool, what, grouping(call) = 1 as whole, count(*) as steps, count(distinct number) as sessions
from (select agent, number, call, tool, unnest(list_filter([nullif(decision, 'allow'),
    case when suspected then 'suspected' end, case when refused then 'refused' end], lambda one: one <> '')) as what
  from told where decision not in ('', 'allow') or suspected or refused)
group by grouping sets ((agent, what), (agent, call, tool, what)) order by whole desc, steps desc, agent, tool, what limit {most}"""
OFTEN = """select agent, call, tool, grouping(call) = 1 as whole, count(*) filter (decision <> '') as decided,
  count(*) filter (decision = 'allow') as allow
from told group by grouping sets ((agent), (agent, call, tool)) order by whole desc, decided desc, agent, tool limit {most}"""
"""Steps alone: to count the sessions of millions of calls that were let be takes seconds, and nobody looks for them."""
REASONS = """select agent, reason, count(*) as steps, count(distinct number) as sessions
from (select agent, number, unnest(string_split(reasons, ',')) as reason from told where reasons <> '')
where reason <> '' group by agent, reason order by steps desc, agent, reason limit {most}"""


def decisions(analytics: Analytics, scope: Scope) -> Json:
    """Decisions by agent, by tool of an agent and by reason, each with its steps and the sessions that hold them.

    Of all decisions, and of those to let be, sessions are not counted: None. `tool` is None where a text was decided about: what came in, or an answer. Who tells of no decision is not there.
    """
    params: dict[str, object] = {}
    told = TOLD.format(where=session_where(scope, params), refused=REFUSED)
    with analytics.snapshot() as seen:
        often = counted(seen, told, OFTEN.format(most=MOST_ROWS), params)
        rows = [
            {**row, "what": what, "steps": row[what], "sessions": None}
            for row in often
            for what in ("decided", "allow")
        ]
        rows += counted(seen, told, COUNTS.format(most=MOST_ROWS), params)
        reasons = counted(seen, told, REASONS.format(most=MOST), params)
    return {
        "agents": grouped([row for row in rows if row["whole"]], ("agent",)),
        "tools": grouped([row for row in rows if not row["whole"]], ("agent", "tool")),
        "reasons": reasons,
    }


def counted(seen: Rows, told: str, select: str, params: dict[str, object]) -> list[Row]:
    """Rows of a select over what steps tell."""
    return seen.rows(f"{told} {select}", params)


def grouped(rows: Sequence[Row], keys: Sequence[str]) -> list[Json]:
    """One entry for each group with all that is counted, the one with most decisions first."""
    found: dict[tuple[object, ...], Json] = {}
    for row in rows:
        about = row | {"tool": row["tool"] if row["call"] else None}
        key = tuple(about[name] for name in keys)
        entry = found.setdefault(
            key, dict(zip(keys, key, strict=True)) | {"counts": {name: nothing() for name in COUNTED}}
        )
        entry["counts"][row["what"]] = {"steps": row["steps"], "sessions": row["sessions"]}
    ranked = sorted(found.values(), key=lambda one: -one["counts"]["decided"]["steps"])
    return ranked[:MOST]


def nothing() -> Json:
    """No step, no session."""
    return {"steps": 0, "sessions": 0}
