"""Each provider of models: its share of calls, tokens and money, its errors by class, and when it was out."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.loop.sli.answers.called import ratio_of
from trimtab.loop.sli.answers.outages import Minute, outages
from trimtab.loop.sli.question import Question
from trimtab.loop.sli.room import Ours
from trimtab.loop.store import MINUTE_NS, Analytics, Row, Scope

Json = dict[str, Any]
MOST, MOST_ROWS = 500, 50_000
"""So many providers and outages are told; and so many rows, the latest minutes first: a month of one provider, a week of four."""
FAULT = """failed and (error_class in ('timeout', 'rate_limit', 'network')
    or regexp_matches(error_type, '^5[0-9][0-9]$|InternalServerError$'))"""
"""A call that failed through the provider's fault: out of time, refused for load, not reached, or a status of 500 and above."""
COUNTS = f"""calls as (
  select provider, session, agent, failed, error_class, {FAULT} as fault, input_tokens + output_tokens as tokens, cost_nusd,
    case when not synthetic_time then end_ns // {MINUTE_NS} end as minute
  from source where kind = 'llm')"""
SELECT = """select provider, true as whole, count(*) as calls, count(*) filter (failed) as errors,
  count(*) filter (fault) as faults, count(distinct session) as sessions,
  count(distinct session) filter (failed) as failed_sessions,
  histogram(coalesce(nullif(error_class, ''), 'other')) filter (failed) as by_class, sum(tokens)::bigint as tokens,
  count(*) filter (tokens is null) as without_usage, sum(cost_nusd)::bigint as cost_nusd,
  count(*) filter (cost_nusd is null) as without_cost
from calls group by provider
union all by name
select provider, false as whole, minute, count(*) as calls, count(*) filter (fault) as faults,
  list(distinct agent) filter (fault) as agents
from calls where minute is not null group by provider, minute
order by whole desc, minute desc, provider limit {most}"""
"""Each provider as a whole, and by the minute in which its calls ended; a call whose times are invented ended in none."""
SHARED = {"calls": "calls", "tokens": "tokens", "cost": "cost_nusd"}


def providers(analytics: Analytics, scope: Scope) -> Json:
    """Providers of the model calls in sessions of a scope, the most called first, and their outages, the latest first.

    `sought_since_ns` is the time from which on outages were sought; None for all of the scope.
    """
    with analytics.snapshot() as seen:
        question = Question(Ours(rows=seen, project=scope.project), scope, ())
        parts = *question.source("steps", (), slow=False), COUNTS
        rows = question.ask(parts, SELECT.format(most=MOST_ROWS))
    wholes = sorted((row for row in rows if row["whole"]), key=lambda row: (-row["calls"], row["provider"]))
    minutes = [row for row in rows if not row["whole"]]
    since = None
    if len(rows) == MOST_ROWS and minutes:
        since = minutes[-1]["minute"] + 1
        minutes = [row for row in minutes if row["minute"] >= since]
    sums = {name: sum(row[column] or 0 for row in wholes) for name, column in SHARED.items()}
    return {
        "providers": [told(row, sums) for row in wholes[:MOST]],
        "concentration": {name: concentration(wholes, column) for name, column in SHARED.items()},
        "outages": found_outages(minutes)[:MOST],
        "sought_since_ns": None if since is None else since * MINUTE_NS,
    }


def told(row: Row, sums: Mapping[str, int]) -> Json:
    """What is told of a provider; a share of what nobody knows is None."""
    same = (
        "provider",
        "calls",
        "errors",
        "sessions",
        "failed_sessions",
        "tokens",
        "without_usage",
        "without_cost",
    )
    by_class: Mapping[str, int] = row["by_class"] or {}
    return {name: row[name] for name in same} | {
        "cost_usd": None if row["cost_nusd"] is None else row["cost_nusd"] / 1e9,
        "share": {
            name: None if row[column] is None or not sums[name] else row[column] / sums[name]
            for name, column in SHARED.items()
        },
        "success": ratio_of(row["calls"] - row["errors"], row["errors"]),
        "faults": ratio_of(row["faults"], row["calls"] - row["faults"]),
        "by_class": dict(sorted(by_class.items(), key=lambda one: (-one[1], one[0]))),
    }


def concentration(wholes: Sequence[Row], column: str) -> Json:
    """The largest share among providers that are named, and how many alike would be as concentrated: 1 / sum of squared shares.

    That sum is the Herfindahl-Hirschman index. Both are None where nothing is known.
    """
    known = [row[column] for row in wholes if row["provider"] and row[column]]
    if not known:
        return {"providers": 0, "largest": None, "effective": None}
    total = sum(known)
    return {
        "providers": len(known),
        "largest": max(known) / total,
        "effective": total * total / sum(value * value for value in known),
    }


def found_outages(rows: Sequence[Row]) -> list[Json]:
    """The outages of providers that are named, the latest first."""
    by_provider: dict[str, list[Minute]] = defaultdict(list)
    for row in rows:
        if row["provider"]:
            one = Minute(row["minute"], row["calls"], row["faults"], tuple(row["agents"] or ()))
            by_provider[row["provider"]].append(one)
    found = [
        {
            "provider": provider,
            "start_ns": one.first * MINUTE_NS,
            "end_ns": (one.last + 1) * MINUTE_NS,
            "calls": one.calls,
            "faults": one.faults,
            "share": one.faults / one.calls,
            "interval": list(one.interval),
            "usual": one.usual,
            "agents": list(one.agents),
        }
        for provider, minutes in by_provider.items()
        for one in outages(minutes)
    ]
    return sorted(found, key=lambda one: (-one["start_ns"], one["provider"]))
