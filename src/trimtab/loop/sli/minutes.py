"""Counts by the minute: what objectives and alerts are computed from, counted anew where something changed.

A session counts in the minute of its close, and so does what is said about it; a step in the minute of its end.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson

from trimtab.loop.sli.basis import Basis
from trimtab.loop.sli.measure import Measured, answer
from trimtab.loop.sli.model import Counts, Definition
from trimtab.loop.sli.question import Question
from trimtab.loop.sli.room import Ours
from trimtab.loop.store import Analytics, Column, MinuteRow, Scope, Stretch
from trimtab.vocabulary.kernel import Invalid
from trimtab.vocabulary.trace import FACT_SOURCES

OPERATORS = {"lte": "<=", "lt": "<", "gte": ">=", "gt": ">"}
REPORTED = ("human", "app", "ticket")
"""Whose outcomes count unless others are named: a judge or an inference is another method, and never in the same ratio."""
COST = "cost_usd"
FIXED = "select source, max(minute) as minute from fixed where project = $project group by source"
LATEST = """
select arg_max(method, (minute, method)) as method, count(distinct method) as methods from minutes
where project = $project and series = $series and minute >= $since and method <> '' and good + bad + coalesce(per, 0) > 0
"""
EVER = Stretch()
READ = """
select minute, sum(case when counts then good else 0 end)::bigint as good,
  sum(case when counts then bad else 0 end)::bigint as bad, sum(excluded)::bigint as excluded,
  sum(case when counts then unknown else unknown + good + bad end)::bigint as unknown,
  coalesce(sum(total) filter (counts), 0)::double as total, coalesce(sum(per) filter (counts), 0)::bigint as per
from (select *, method in ('', $method) as counts from minutes
      where project = $project and series = $series and minute >= $since)
group by minute order by minute
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """An indicator of a cohort, counted by the minute; `key` is the same for whatever counts the same.

    The definition's name stands for how it counts: a project's own indicator that is changed is another series.
    """

    key: str
    definition: Definition
    cohort: Mapping[str, str] = field(default_factory=dict[str, str])


def series_of(
    definition: Definition,
    cohort: Mapping[str, str],
    *,
    op: str | None = None,
    threshold: float | None = None,
    sources: Sequence[str] = (),
    basis: Basis | None = None,
) -> Series:
    """The series of an indicator: a number is compared with a threshold, an outcome counts from the named sources.

    Raises `Invalid` where that cannot be counted, and says what instead.
    """
    if unknown := sorted(set(sources) - set(FACT_SOURCES)):
        raise Invalid(f"nobody reports as {unknown[0]!r}", hint=f"one or more of {', '.join(FACT_SOURCES)}")
    counted = told_by(compared(definition, op, threshold), sources or REPORTED)
    costs = basis is not None and COST in f"{counted.good}{counted.sum}"
    name = digest([asdict(counted), asdict(basis) if costs and basis else None])
    return Series(
        key=digest([name, sorted(cohort.items())]),
        definition=replace(counted, name=name),
        cohort=dict(cohort),
    )


def digest(about: object) -> str:
    """24 hex digits of a structure, the same in every process."""
    return hashlib.blake2b(orjson.dumps(about), digest_size=12).hexdigest()


def compared(found: Definition, op: str | None, threshold: float | None) -> Definition:
    """A ratio as it is; a number as a ratio: good where it holds against the threshold, unknown where it is not known."""
    if found.shape == "none":
        raise Invalid(
            f"{found.name} needs {found.needs}: nothing that is stored can tell",
            hint="name another indicator",
        )
    if found.shape == "ratio":
        if op is not None:
            raise Invalid(f"{found.name} says itself what is good", hint="leave out op and value")
        return found
    if op not in OPERATORS or threshold is None:
        raise Invalid(
            f"{found.name} is a number: say which is good",
            hint=f"op: one of {', '.join(OPERATORS)}, and value",
        )
    if found.shape == "per":
        return found
    holds = f"({found.value}) {OPERATORS[op]} {float(threshold)!r}"
    return replace(found, value="", quantiles=(), good=holds, bad=f"not ({holds})")


def told_by(found: Definition, sources: Sequence[str]) -> Definition:
    """Of an outcome that nobody of these sources told nothing is known."""
    if found.method != "outcome":
        return found
    listed = ", ".join(f"'{source}'" for source in sources)
    heard = f"outcome_source in ({listed})"
    guarded = {
        name: f"({sql}) and {heard}"
        for name in ("good", "bad", "excluded", "per")
        if (sql := getattr(found, name))
    }
    return replace(found, **guarded)


def refresh(
    analytics: Analytics, wanted: Mapping[str, tuple[Sequence[Series], Basis]], later: Collection[str] = ()
) -> dict[str, set[str]]:
    """Count what is new or has changed, of each project; gives the series whose counts may be others now.

    Of the projects that come `later` the marks are kept until then.
    """
    analytics.follow_minutes()
    for project, (series, _) in wanted.items():
        analytics.keep_series(project, [one.key for one in series])
    known = {(row["project"], row["series"]) for row in analytics.rows("select * from counted")}
    mark, marked = analytics.marked_minutes()
    changed: dict[str, set[str]] = {}
    for project, (series, basis) in wanted.items():
        new = [one for one in series if (project, one.key) not in known]
        old = [one for one in series if (project, one.key) in known]
        count(analytics, project, new, basis, Stretch())
        stretch = Stretch.of(marked.get(project, ()))
        if stretch:
            count(analytics, project, old, basis, stretch)
        changed[project] = {one.key for one in (series if stretch else new)}
    analytics.unmark(mark, later)
    return changed


def count(
    analytics: Analytics, project: str, series: Sequence[Series], basis: Basis, stretch: Stretch
) -> None:
    """Count series in a stretch of minutes, and keep what was counted in place of what stood there.

    Minutes that have lost events to retention stand as they were counted.
    """
    rows = analytics.rows(FIXED, {"project": project})
    fixed = {str(row["source"]): int(row["minute"]) for row in rows}
    for source, listed in by_source(series).items():
        still = stretch.after(fixed[source]) if source in fixed else stretch
        if still is not None:
            analytics.put_minutes(project, still, count_once(analytics, project, listed, basis, still))


def by_source(series: Sequence[Series]) -> dict[str, list[Series]]:
    """Series by what their events are lost with: steps, or sessions (and so facts)."""
    found: dict[str, list[Series]] = defaultdict(list)
    for one in series:
        found["steps" if one.definition.of == "steps" else "sessions"].append(one)
    return found


def count_once(
    analytics: Analytics, project: str, series: Sequence[Series], basis: Basis, stretch: Stretch = EVER
) -> dict[str, list[MinuteRow]]:
    """What series count in each minute of a stretch, by key, without keeping it.

    Series that are split by the same dimensions are counted together.
    """
    together: dict[tuple[Any, ...], list[Series]] = defaultdict(list)
    for one in series:
        together[one.definition.of, one.definition.slow, *sorted(one.cohort)].append(one)
    found: dict[str, list[MinuteRow]] = {}
    for (_, _, *by), listed in together.items():
        room = Ours(rows=analytics, project=project)
        question = Question(room, Scope(project=project), by, basis, stretch=stretch)
        distinct = {one.definition.name: one.definition for one in listed}
        counted = {
            name: by_cohort(measured)
            for name, measured in answer(question, distinct.values()).by_name.items()
        }
        for one in listed:
            found[one.key] = counted[one.definition.name].get(tuple(one.cohort[name] for name in by), [])
    return found


def by_cohort(measured: Measured) -> dict[tuple[str, ...], list[MinuteRow]]:
    """What was counted in each minute, by cohort."""
    found: dict[tuple[str, ...], list[MinuteRow]] = defaultdict(list)
    for (*cohort, minute), by_method in measured.items():
        found[tuple(cohort)] += [minute_row(int(minute), name, counts) for name, counts in by_method.items()]
    return found


def minute_row(minute: int, method: str, counts: Counts) -> MinuteRow:
    """The counts of one method in one minute; of a sum, an event of which it is not known is unknown."""
    if counts.per or counts.total is not None:
        return MinuteRow(minute, method, 0, 0, 0, counts.events - counts.n, counts.total, counts.per)
    return MinuteRow(minute, method, counts.good, counts.bad, counts.excluded, counts.unknown, None, None)


def read_minutes(
    analytics: Analytics, project: str, series: str, since: int
) -> tuple[dict[str, Column], int]:
    """The counts of a series from a minute on, column by column in ascending order, and how many methods told of it.

    Of several methods (two judges) only the latest counts; what another one judged is unknown.
    """
    params: dict[str, object] = {"project": project, "series": series, "since": since}
    latest = analytics.rows(LATEST, params)[0]
    columns = analytics.columns(READ, params | {"method": latest["method"] or ""})
    return columns, int(latest["methods"])


def totals_by_series(analytics: Analytics, project: str) -> dict[str, dict[str, int]]:
    """All events of each series since the first, by what they were."""
    rows = analytics.rows(
        "select series, sum(good)::bigint as good, sum(bad)::bigint as bad, sum(excluded)::bigint as excluded,"
        " sum(unknown)::bigint as unknown from minutes where project = $project group by series",
        {"project": project},
    )
    return {str(row.pop("series")): row for row in rows}
