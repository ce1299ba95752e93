"""Observability coverage: what can be seen of each agent, and its worst blind spots."""

from collections.abc import Mapping
from typing import Any

from trimtab.loop.sli.define import COVERAGE, shipped
from trimtab.loop.sli.measure import measure
from trimtab.loop.sli.model import Counts, Definition
from trimtab.loop.sli.result import merged
from trimtab.loop.store import Analytics, Scope

Json = dict[str, Any]
WORST = 10


def coverage(analytics: Analytics, scope: Scope) -> Json:
    """Each agent with the share of what can be seen of it, and the ten worst blind spots with what mends them.

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
    return {"agents": rows, "blind_spots": blind[:WORST], "more": max(len(blind) - WORST, 0)}


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
