"""The report of indicators that the CLI, the API and the console all show."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import accumulate
from typing import Any

from trimtab.loop.sli.basis import Basis
from trimtab.loop.sli.count import key_of
from trimtab.loop.sli.define import built_in, chosen
from trimtab.loop.sli.model import Definition
from trimtab.loop.sli.question import NOTHING_DECLARED
from trimtab.loop.sli.result import results
from trimtab.loop.sli.tallies import count_all
from trimtab.loop.store import Analytics, Row, Scope
from trimtab.vocabulary.kernel import Ratio

Json = dict[str, Any]
COUNTS = (
    "sessions",
    "open",
    "success",
    "failure",
    "refused",
    "escalated",
    "abandoned",
    "with_tool_error",
    "bad_without_tool_error",
    "with_handoff",
    "failure_with_handoff",
    "handoffs",
    "steps",
    "llm_calls",
    "tool_calls",
    "tool_calls_proposed",
    "tool_errors",
    "errors",
    "messages",
    "user_messages",
    "tool_calls_max",
    "llm_calls_without_usage",
    "unpriced_calls",
    "input_tokens",
    "output_tokens",
)
QUANTILES = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


def report(
    analytics: Analytics,
    scope: Scope,
    by: Sequence[str] = (),
    definitions: Sequence[Definition] | None = None,
    basis: Basis = NOTHING_DECLARED,
) -> Json:
    """Indicators of a scope, split by cohort dimensions; each with value, n, interval, method and health.

    `definitions` are those that come with Trimtab and are quick, unless others are given. `matured` is the share of the
    events whose session closed so long ago that facts about it should be there.
    """
    dimensions = [name for name in by if name != "tool"]
    listed = chosen(built_in(), ()) if definitions is None else definitions
    with analytics.snapshot() as seen:
        measured, counted = count_all(seen, scope, dimensions, listed, basis)
    tools: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in sorted(measured.tools, key=lambda row: (row["tool"], row["error_type"])):
        tools[key_of(row, dimensions)].append(row)
    groups: list[Json] = []
    for row in counted:
        if not row["sessions"]:
            continue
        key = key_of(row, dimensions)
        groups.append(
            {
                "group": dict(zip(dimensions, key, strict=True)),
                "counts": {name: row.get(name) for name in COUNTS}
                | {"tool_calls_max": max(row["tool_calls_spread"] or (), default=None)}
                | {"unknown": row["sessions"] - row["open"] - row["good"] - row["bad"] - row["excluded"]},
                "per_session": {
                    "tool_calls": spread(row["tool_calls_spread"]),
                    "messages": spread(row["messages_spread"]),
                },
                "indicators": [
                    shown for one in listed for shown in results(one, measured.by_name[one.name].get(key, {}))
                ],
                "tools": tool_table(tools[key]),
            }
        )
    return {
        "project": scope.project,
        "cohort": dict(scope.cohort),
        "since_ns": scope.since_ns,
        "until_ns": scope.until_ns,
        "by": dimensions,
        "basis": asdict(basis),
        "groups": groups,
    }


def spread(counts: Mapping[int, int] | None) -> Json:
    """Exact nearest-rank quantiles of a small whole number per session, from how many sessions have each."""
    known = sorted((counts or {}).items())
    n = sum(times for _, times in known)
    if not n:
        return {"n": 0, "p50": None, "p95": None, "max": None, "mean": None}
    last = list(accumulate(times for _, times in known))
    ranks = {name: max(1, -(-int(q * 100) * n // 100)) for name, q in QUANTILES.items()}
    at = {name: known[bisect_left(last, rank)][0] for name, rank in ranks.items()}
    return {
        "n": n,
        "p50": at["p50"],
        "p95": at["p95"],
        "max": known[-1][0],
        "mean": sum(value * times for value, times in known) / n,
    }


def tool_table(rows: Sequence[Row]) -> list[Json]:
    """Success of each tool, with the types of its errors."""
    found: dict[str, Json] = {}
    for row in rows:
        tool = found.setdefault(
            row["tool"],
            {"tool": row["tool"], "calls": 0, "errors": 0, "schema_failures": 0, "error_types": {}},
        )
        tool["calls"] += row["events"]
        tool["errors"] += row["errors"]
        tool["schema_failures"] += row["schema_failures"]
        if row["errors"]:
            tool["error_types"][row["error_type"]] = row["errors"]
    for tool in found.values():
        of = Ratio(good=tool["calls"] - tool["errors"], bad=tool["errors"])
        tool |= {"value": of.value, "interval": list(of.interval) if of.interval else None}
    return list(found.values())
