"""How many sessions of a question have which value: what one could filter by next."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from trimtab.loop.store.conditions import Conditions, conditions_sql
from trimtab.loop.store.ports import Analytics, Rows
from trimtab.loop.store.scope import Scope, dimension_sql, session_where

OF_STEPS = {"tool": "tool", "error": "error_class"}
"""Facets of the steps of a session; every other one is the outcome or a dimension of a cohort."""
CONDITIONS = frozenset({"outcome", *OF_STEPS})
"""Facets that are conditions, not dimensions."""
MOST_LOOKED = 20_000
"""So many of the latest sessions are looked at for facets of steps: a bound on the time of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """The values of one facet, the most frequent first; `more` says that there are others.

    `looked_at` is how many of the latest sessions were counted, None where all were.
    """

    name: str
    values: Sequence[dict[str, Any]]
    more: bool
    looked_at: int | None = None


def count_facets(
    analytics: Analytics, scope: Scope, wanted: Conditions, names: Sequence[str], limit: int
) -> list[dict[str, Any]]:
    """The facets of the sessions of a question, each with what the question asks of it left open."""
    with analytics.snapshot() as seen:
        return [asdict(facet(seen, scope, wanted, name, limit)) for name in names]


def facet(seen: Rows, scope: Scope, wanted: Conditions, name: str, limit: int) -> Facet:
    """One facet."""
    opened = replace(scope, cohort={key: value for key, value in scope.cohort.items() if key != name})
    rest = replace(wanted, **{name: None if name == "outcome" else ""}) if name in CONDITIONS else wanted
    params: dict[str, object] = {"limit": limit + 1}
    where = session_where(opened, params) + conditions_sql(rest, params)
    if name in OF_STEPS:
        params["most"] = MOST_LOOKED
        sql = f"""with looked as (select session, first_ns from sessions where {where} order by last_ns desc limit $most)
          select {OF_STEPS[name]} as value, count(distinct session) as sessions, (select count(*) from looked) as looked_at
          from steps where project = $project and start_ns >= (select min(first_ns) from looked) and not repeated
            and session in (select session from looked) and {OF_STEPS[name]} <> ''"""
    else:
        column = "outcome" if name == "outcome" else dimension_sql(name, params)
        sql = f"select {column} as value, count(*) as sessions, null as looked_at from sessions where {where} and value <> ''"
    rows = seen.rows(f"{sql} group by value order by sessions desc, value limit $limit", params)
    looked = rows[0]["looked_at"] if rows else None
    return Facet(
        name=name,
        values=[{"value": row["value"], "sessions": row["sessions"]} for row in rows[:limit]],
        more=len(rows) > limit,
        looked_at=looked if looked == MOST_LOOKED else None,
    )
