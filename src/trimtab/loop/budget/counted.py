"""An objective's events as they were counted by the minute; one objective for each value of the dimension it is `by`."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from trimtab.loop.budget.model import Minutes, Objective
from trimtab.loop.sli import Basis, Definition, Series, read_minutes, series_of
from trimtab.loop.store import Analytics, Scope, session_where, split_sql
from trimtab.vocabulary.kernel import Missing

MOST_COHORTS = 100
"""Values of one dimension with an objective of their own; those with the most sessions first."""
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
