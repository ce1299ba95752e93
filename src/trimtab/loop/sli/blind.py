"""Observability coverage: what can be seen of each agent, intent and tool, and the worst blind spots."""

from collections.abc import Mapping
from typing import Any

from trimtab.loop.sli.define import COVERAGE, shipped
from trimtab.loop.sli.measure import measure
from trimtab.loop.sli.model import Counts, Definition
from trimtab.loop.sli.result import merged
from trimtab.loop.store import Analytics, Scope, session_where

Json = dict[str, Any]
WORST = 10
MOST_TOOLS = 100
TOOLS = """
select tool, count(*) as calls, count(*) filter (schema_ok is not null) as schema,
  count(*) filter (not synthetic_time) as time, count(*) filter (error) as errors,
  count(*) filter (error and error_type <> '') as error
from steps where project = $project and kind = 'tool' and not repeated
  and session in (select session from sessions where {where})
group by tool order by calls desc, tool limit {limit}
"""


def coverage(analytics: Analytics, scope: Scope) -> Json:
    """Agents, intents and tools with the share of what can be seen of each; the ten worst blind spots and what mends them.

    A blind spot weighs as much as the share of the agent's sessions or steps that it hides, times the agent's
    share of all of them.
    """
    spots = shipped(COVERAGE)
    measured = measure(analytics, scope, ("agent",), spots.values()).by_name
    agents = sorted({key[0] for by_agent in measured.values() for key in by_agent})
    rows: list[Json] = []
    blind: list[Json] = []
    for agent in agents:
        seen = {
            name: merged(list(measured[name][agent,].values()))
            for name in spots
            if (agent,) in measured[name]
        }
        rows.append({"agent": agent, **summary(seen)})
        blind += [spot(agent, spots[name], counts) for name, counts in seen.items() if counts.bad]
    total = {
        source: sum(one["events"] for one in blind if one["of"] == source) or 1
        for source in ("sessions", "steps")
    }
    blind.sort(key=lambda one: (-one["share"] * one["events"] / total[one["of"]], one["agent"], one["name"]))
    return {
        "agents": rows,
        "intents": intents(analytics, scope),
        "tools": tools(analytics, scope),
        "blind_spots": blind[:WORST],
        "more": max(len(blind) - WORST, 0),
    }


def intents(analytics: Analytics, scope: Scope) -> list[Json]:
    """Each intent of sessions ("" where none is named) with the share of what can be seen of it."""
    spots = shipped(COVERAGE)
    measured = measure(analytics, scope, ("intent",), spots.values()).by_name
    return [
        {
            "intent": intent,
            **summary(
                {
                    n: merged(list(found[intent,].values()))
                    for n, found in measured.items()
                    if (intent,) in found
                }
            ),
        }
        for intent in sorted({key[0] for by_intent in measured.values() for key in by_intent})
    ]


def tools(analytics: Analytics, scope: Scope) -> list[Json]:
    """Each tool with its calls and the share of what can be seen of them: verdicts of its schema, times, kinds of errors."""
    params: dict[str, object] = {}
    where = session_where(scope, params)
    rows = analytics.rows(TOOLS.format(where=where, limit=MOST_TOOLS), params)
    found: list[Json] = []
    for row in rows:
        by = {name: row[name] / row["calls"] for name in ("schema", "time")}
        if row["errors"]:
            by["error"] = row["error"] / row["errors"]
        found.append(
            {"tool": row["tool"], "calls": row["calls"], "seen": sum(by.values()) / len(by), "by": by}
        )
    return found


def summary(seen: Mapping[str, Counts]) -> Json:
    """What is seen of an agent: by each spot, and in the mean over the spots that apply to it."""
    shares = {name: counts.good / counts.events for name, counts in seen.items()}
    return {
        "sessions": seen["session"].events if "session" in seen else 0,
        "seen": sum(shares.values()) / len(shares) if shares else None,
        "by": shares,
    }


def spot(agent: str, found: Definition, counts: Counts) -> Json:
    """One blind spot."""
    return {
        "agent": agent,
        "name": found.name,
        "hidden": found.title,
        "of": found.of,
        "missing": counts.bad,
        "events": counts.events,
        "share": counts.bad / counts.events,
        "fix": found.about,
    }
