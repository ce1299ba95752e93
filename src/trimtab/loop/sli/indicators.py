"""The report of indicators that the CLI, the API and the console all show."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from trimtab.loop.sli.count import count_durations, count_sessions, count_tools, key_of
from trimtab.loop.store import Analytics, Row, Scope
from trimtab.vocabulary.kernel import Ratio, cost_usd, mean_interval, quantile, quantile_interval

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


def report(analytics: Analytics, scope: Scope, by: Sequence[str] = ()) -> Json:
    """All indicators of a scope, split by cohort dimensions; each with value, n and a 95 % interval."""
    dimensions = [name for name in by if name != "tool"]
    durations: dict[tuple[Any, ...], dict[int, int]] = defaultdict(dict)
    for row in count_durations(analytics, scope, dimensions):
        durations[key_of(row, dimensions)][row["bucket"]] = row["n"]
    tools: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in count_tools(analytics, scope, dimensions):
        tools[key_of(row, dimensions)].append(row)
    groups = [
        {
            "group": dict(zip(dimensions, key_of(row, dimensions), strict=True)),
            "counts": {name: row[name] for name in COUNTS}
            | {"unknown": row["sessions"] - row["open"] - row["good"] - row["bad"] - row["excluded"]},
            "per_session": {
                "tool_calls": spread(row["tool_calls_list"]),
                "messages": spread(row["messages_list"]),
            },
            "indicators": indicators(row, durations[key_of(row, dimensions)]),
            "tools": tool_table(tools[key_of(row, dimensions)]),
        }
        for row in count_sessions(analytics, scope, dimensions)
        if row["sessions"]
    ]
    return {
        "project": scope.project,
        "cohort": dict(scope.cohort),
        "since_ns": scope.since_ns,
        "until_ns": scope.until_ns,
        "by": dimensions,
        "groups": groups,
    }


def indicators(row: Row, durations: dict[int, int]) -> list[Json]:
    """The indicators of one group of sessions."""
    unknown = row["sessions"] - row["good"] - row["bad"] - row["excluded"]
    success = Ratio(good=row["good"], bad=row["bad"], excluded=row["excluded"], unknown=unknown)
    tools = Ratio(good=(row["tool_calls"] or 0) - (row["tool_errors"] or 0), bad=row["tool_errors"] or 0)
    handoff = Ratio(good=row["with_handoff"], bad=row["sessions"] - row["with_handoff"])
    found = [
        ratio("task_success", success),
        ratio("tool_call_success", tools),
        ratio("handoff_rate", handoff),
    ]
    n = sum(durations.values())
    for name, q in QUANTILES.items():
        value, interval = quantile(durations, q), quantile_interval(durations, q)
        found.append(indicator(f"session_latency_{name}", "s", n, value, interval) | {"error": "<= 1 %"})
    total = cost_usd(row["cost_nusd"])
    mean = None if total is None or not row["cost_n"] else total / row["cost_n"]
    interval = mean_interval(row["cost_n"], total or 0.0, row["cost_squares"] or 0.0)
    found.append(
        indicator("cost_per_session", "USD", row["cost_n"], mean, interval if mean is not None else None)
    )
    # All priced cost over the successes: what failed was paid for, too.
    complete = row["good"] and total is not None and row["cost_n"] == row["sessions"]
    per_success = total / row["good"] if complete and total is not None else None
    found.append(indicator("cost_per_success", "USD", row["good"], per_success, None))
    return found


def indicator(
    name: str, unit: str, n: int, value: float | None, interval: tuple[float, float] | None
) -> Json:
    """One indicator; no data is null, never 0."""
    return {
        "name": name,
        "unit": unit,
        "n": n,
        "value": value,
        "interval": list(interval) if interval else None,
    }


def ratio(name: str, of: Ratio) -> Json:
    """An indicator that is a share of events."""
    return indicator(name, "ratio", of.n, of.value, of.interval) | {
        "good": of.good,
        "bad": of.bad,
        "excluded": of.excluded,
        "unknown": of.unknown,
    }


def spread(values: Sequence[int | None] | None) -> Json:
    """Exact nearest-rank quantiles of a small whole number per session."""
    known = sorted(v for v in values or [] if v is not None)
    if not known:
        return {"n": 0, "p50": None, "p95": None, "max": None, "mean": None}
    at = {name: known[max(0, -(-int(q * 100) * len(known) // 100) - 1)] for name, q in QUANTILES.items()}
    return {
        "n": len(known),
        "p50": at["p50"],
        "p95": at["p95"],
        "max": known[-1],
        "mean": sum(known) / len(known),
    }


def tool_table(rows: Sequence[Row]) -> list[Json]:
    """Success of each tool, with the types of its errors."""
    found: dict[str, Json] = {}
    for row in rows:
        tool = found.setdefault(
            row["tool"],
            {"tool": row["tool"], "calls": 0, "errors": 0, "schema_failures": 0, "error_types": {}},
        )
        tool["calls"] += row["calls"]
        tool["errors"] += row["errors"]
        tool["schema_failures"] += row["schema_failures"]
        if row["errors"]:
            tool["error_types"][row["error_type"]] = row["errors"]
    for tool in found.values():
        of = Ratio(good=tool["calls"] - tool["errors"], bad=tool["errors"])
        tool |= {"value": of.value, "interval": list(of.interval) if of.interval else None}
    return list(found.values())
