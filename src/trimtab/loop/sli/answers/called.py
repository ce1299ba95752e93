"""What agents call: each tool and each model with its calls, failures, time and cost, and the sessions behind every count."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from trimtab.loop.sli.basis import Basis
from trimtab.loop.sli.question import NOTHING_DECLARED, Question
from trimtab.loop.sli.room import Ours
from trimtab.loop.store import Analytics, Row, Scope
from trimtab.vocabulary.kernel import BUCKET_SQL, Ratio, quantile, quantile_interval

Json = dict[str, Any]
MOST = 500
"""So many tools and so many models are told, the most called first."""
TOOL = ("tool",)
MODEL = ("provider", "model")
COUNTS = """count(*) as calls, count(*) filter (failed) as errors, count(distinct session) as sessions,
  count(distinct session) filter (failed) as failed_sessions"""
OF_TOOLS = f"""{COUNTS}, count(*) filter (schema_ok) as schema_ok, count(*) filter (schema_ok = false) as schema_broken,
  count(distinct session) filter (schema_ok = false) as broken_sessions"""
OF_MODELS = f"""{COUNTS}, sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,
  count(*) filter (input_tokens is null or output_tokens is null) as without_usage, sum(cost_nusd)::bigint as cost_nusd,
  count(*) filter (cost_nusd is null) as without_cost"""
TOOK = "case when not synthetic_time then (end_ns - start_ns) / 1e9 end"
FIRST = "case when not synthetic_time then first_token_ns / 1e9 end"
RETRIED = "count(*) filter (previous_tool = tool and previous_failed) as retries"
QUANTILES = {"p50": 0.5, "p95": 0.95}


def called_tools(analytics: Analytics, scope: Scope, basis: Basis = NOTHING_DECLARED) -> list[Json]:
    """Each tool: calls, errors, broken schemas, time, calls that repeat a failed one, and cost where a rate is declared."""
    with analytics.snapshot() as seen:
        question = Question(Ours(rows=seen, project=scope.project), scope, (), basis)
        found = table(question, TOOL, "kind = 'tool'", OF_TOOLS)
        took = buckets(question, TOOL, "kind = 'tool'", TOOK)
        again = {row["tool"]: row["retries"] for row in retries(question)}
    for row in found:
        rate = basis.tools_usd.get(row["tool"])
        row |= {
            "success": ratio_of(row["calls"] - row["errors"], row["errors"]),
            "schema": ratio_of(row["schema_ok"], row["schema_broken"]),
            "took_s": quantiles(took[row["tool"],]),
            "retries": again.get(row["tool"], 0),
            "cost_usd": None if rate is None else rate * row["calls"],
        }
    return found


def called_models(analytics: Analytics, scope: Scope) -> list[Json]:
    """Each model of each provider: calls and their share, errors, time, tokens and cost as the model calls say themselves."""
    with analytics.snapshot() as seen:
        question = Question(Ours(rows=seen, project=scope.project), scope, ())
        found = table(question, MODEL, "kind = 'llm'", OF_MODELS)
        took = buckets(question, MODEL, "kind = 'llm'", TOOK)
        first = buckets(question, MODEL, "kind = 'llm'", FIRST)
    calls = sum(row["calls"] for row in found)
    for row in found:
        key = row["provider"], row["model"]
        row |= {
            "success": ratio_of(row["calls"] - row["errors"], row["errors"]),
            "share": row["calls"] / calls,
            "took_s": quantiles(took[key]),
            "first_token_s": quantiles(first[key]),
            "cost_usd": None if row["cost_nusd"] is None else row["cost_nusd"] / 1e9,
        }
        del row["cost_nusd"]
    return found


def table(question: Question, keys: Sequence[str], where: str, counts: str) -> list[Json]:
    """The counts of steps by what they call, the most called first."""
    named = ", ".join(keys)
    return question.ask(
        question.source("steps", (), slow=False),
        f"select {named}, {counts} from source where {where} group by {named}"
        f" order by calls desc, {named} limit {MOST}",
    )


def buckets(
    question: Question, keys: Sequence[str], where: str, value: str
) -> Mapping[tuple[str, ...], dict[int, int]]:
    """The histogram of a value by what is called."""
    named = ", ".join(keys)
    rows = question.ask(
        question.source("steps", (), slow=False),
        f"select {named}, {BUCKET_SQL.format(value='value')} as bucket, count(*) as n"
        f" from (select {named}, {value} as value from source where {where}) where value is not null group by all",
    )
    found: dict[tuple[str, ...], dict[int, int]] = defaultdict(dict)
    for row in rows:
        found[tuple(row[key] for key in keys)][row["bucket"]] = row["n"]
    return found


def retries(question: Question) -> list[Row]:
    """The calls of each tool that repeat a failed one of the same tool, as `without_retry` counts them."""
    return question.ask(
        question.source("steps", (), slow=True), f"select tool, {RETRIED} from source group by tool"
    )


def ratio_of(good: int, bad: int) -> Json:
    """A ratio with its interval; None where nothing is known."""
    of = Ratio(good=good, bad=bad)
    return {"n": of.n, "value": of.value, "interval": list(of.interval) if of.interval else None}


def quantiles(of: Mapping[int, int]) -> Json:
    """Quantiles from a histogram, within 1 %, each with its interval."""
    found: Json = {"n": sum(of.values())}
    for name, q in QUANTILES.items():
        interval = quantile_interval(of, q)
        found[name] = {"value": quantile(of, q), "interval": list(interval) if interval else None}
    return found
