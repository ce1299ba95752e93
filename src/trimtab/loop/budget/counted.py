"""An objective's events as they were counted by the minute; one objective for each value of the dimension it is `by`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from trimtab.loop.budget.model import Minutes, Objective
from trimtab.loop.sli import Basis, Definition, Series, count_once, read_minutes, series_of
from trimtab.loop.store import Analytics, MinuteRow, Scope, session_where, split_sql
from trimtab.vocabulary.kernel import Missing

MOST_COHORTS = 100
"""Values of one dimension with an objective of their own; those with the most sessions first."""
LATE = """select quantile_disc(greatest(outcome_ns - coalesce(pinned_ns, close_ns), 0), 0.95) as late_ns, count(*) as n
from sessions where {where} and outcome_ns is not null"""
LATE_DAYS = 28
VALUES = """select {column} as value, count(*) as sessions from sessions where {where}
group by value having value <> '' order by sessions desc, value limit {limit}"""


def series_for(objective: Objective, definitions: Mapping[str, Definition], basis: Basis) -> Series:
    """What is counted for an objective; raises `Missing` where its indicator has been removed since."""
    measure = objective.measure
    found = definitions.get(measure.indicator)
    if found is None:
        raise Missing(
            f"{objective.id}: there is no indicator {measure.indicator}",
            hint="`trimtab sli list` shows what there is",
        )
    return series_of(
        found,
        measure.cohort,
        op=measure.op,
        threshold=measure.threshold,
        sources=[name for name in measure.outcome_source.split(",") if name],
        basis=basis,
    )


def minutes_for(analytics: Analytics, project: str, series: Series, since_min: int) -> tuple[Minutes, int]:
    """The counts of a series from a minute on, and how many methods told of them."""
    columns, methods = read_minutes(analytics, project, series.key, since_min)
    if series.definition.shape != "per":
        columns = {name: values for name, values in columns.items() if name not in {"total", "per"}}
    return Minutes(**columns), methods


def spread(
    analytics: Analytics, project: str, objectives: Sequence[Objective], since_ns: int
) -> list[Objective]:
    """The objectives, and in place of one that is `by` a dimension one for each value that sessions had since a time."""
    found: list[Objective] = []
    for one in objectives:
        if not one.by:
            found.append(one)
            continue
        for value in values_of(analytics, project, one, since_ns):
            cohort = {**one.measure.cohort, one.by: value}
            found.append(
                replace(
                    one,
                    id=f"{one.id}[{one.by}={value}]",
                    measure=replace(one.measure, cohort=cohort),
                    labels={**one.labels, one.by: value},
                )
            )
    return found


def values_of(analytics: Analytics, project: str, objective: Objective, since_ns: int) -> list[str]:
    """The values of the dimension that an objective is `by`, those with the most sessions first."""
    scope = Scope(project=project, cohort=objective.measure.cohort, since_ns=since_ns)
    params: dict[str, object] = {}
    where = session_where(scope, params)
    (column,) = split_sql([objective.by], params)
    rows = analytics.rows(VALUES.format(column=column, where=where, limit=MOST_COHORTS), params)
    return [str(row["value"]) for row in rows]


def minutes_now(
    analytics: Analytics, project: str, series: Sequence[Series], basis: Basis
) -> dict[str, Minutes]:
    """The counts of series from the first event on, by key, counted now and kept nowhere: for what is only looked at."""
    return {
        key: minutes_from(
            rows, summed=next(one for one in series if one.key == key).definition.shape == "per"
        )
        for key, rows in count_once(analytics, project, series, basis).items()
    }


def minutes_from(rows: Sequence[MinuteRow], *, summed: bool) -> Minutes:
    """Rows of one or several methods, of which the latest counts, as arrays."""
    methods = sorted(
        (row.minute, row.method) for row in rows if row.method and row.good + row.bad + (row.per or 0)
    )
    counts = {"", methods[-1][1]} if methods else {""}
    minute, place = np.unique(np.array([row.minute for row in rows], np.int64), return_inverse=True)
    known = np.array([row.method in counts for row in rows], np.bool_)

    def added(name: str, of: Any, kind: type) -> Any:
        values = np.array([getattr(row, name) or 0 for row in rows], np.float64)
        sums: Any = np.bincount(place, weights=np.where(of, values, 0.0), minlength=len(minute))
        return sums.astype(kind)

    every = np.ones(len(rows), np.bool_)
    found: dict[str, Any] = {
        "minute": minute,
        "good": added("good", known, np.int64),
        "bad": added("bad", known, np.int64),
        "excluded": added("excluded", every, np.int64),
        "unknown": added("unknown", every, np.int64)
        + added("good", ~known, np.int64)
        + added("bad", ~known, np.int64),
    }
    if summed:
        found |= {
            "total": added("total", known, np.float64),
            "per": added("per", known, np.int64),
        }
    return Minutes(**found)


def lateness_s(analytics: Analytics, project: str, objective: Objective, now_ns: int) -> float | None:
    """How long after its close an outcome is told, for 95 of 100 sessions of the last four weeks; None without any."""
    scope = Scope(
        project=project, cohort=objective.measure.cohort, since_ns=now_ns - LATE_DAYS * 86_400_000_000_000
    )
    params: dict[str, object] = {}
    where = session_where(scope, params)
    row = analytics.rows(LATE.format(where=where), params)[0]
    return None if not row["n"] else int(row["late_ns"]) / 1e9
