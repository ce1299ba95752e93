"""The sessions that break a promise over the API, and where they differ from the others."""

from dataclasses import asdict, replace
from typing import Any

from trimtab.app.bootstrap import Server
from trimtab.app.http.reading import scope_of
from trimtab.loop.budget import Objective, series_for, spread
from trimtab.loop.failure import differences
from trimtab.loop.sli import Definition, bad_sessions, basis_of, catalogue, told_sessions
from trimtab.loop.store import Grant, Scope
from trimtab.vocabulary.kernel import Missing

Arguments = dict[str, Any]


def show_breaches(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Where the sessions that break an objective differ from those that keep it: cohorts, tools and prompts, beyond chance."""
    given = dict(arguments)
    name = str(given.pop("objective"))
    scope = scope_of(grant, given)
    objective, definition = promised(server, grant, name)
    told = told_sessions(
        server.analytics, within(scope, objective), definition, basis_of(server.state, grant.project)
    )
    found = differences(server.analytics, grant.project, told.bad, told.good)
    return {
        "objective": objective.id,
        "indicator": definition.name,
        "cohort": dict(objective.measure.cohort),
        "since_ns": scope.since_ns,
        "until_ns": scope.until_ns,
        "bad": len(told.bad),
        "good": len(told.good),
        "total": told.total,
        "sampled": len(told.bad) + len(told.good) < told.total,
        "cohorts": [asdict(one) for one in found],
    }


def breaching_sessions(server: Server, grant: Grant, scope: Scope, name: str) -> list[str]:
    """The sessions of a scope that break an objective; raises `Missing`, and `Invalid` where no event is bad by itself."""
    objective, definition = promised(server, grant, name)
    return bad_sessions(
        server.analytics, within(scope, objective), definition, basis_of(server.state, grant.project)
    )


def within(scope: Scope, objective: Objective) -> Scope:
    """What a scope and an objective are both about."""
    return replace(scope, cohort={**scope.cohort, **objective.measure.cohort})


def promised(server: Server, grant: Grant, name: str) -> tuple[Objective, Definition]:
    """An objective, or the part of one that is about one value of a dimension, with what its events are."""
    applied = server.watched.applied(grant.project).promises.objectives
    found = next((one for one in applied if one.id == name), None)
    if found is None:
        parts = [one for one in applied if one.by and name.startswith(f"{one.id}[{one.by}=")]
        found = next(
            (one for one in spread(server.analytics, grant.project, parts, 0) if one.id == name), None
        )
    if found is None:
        raise Missing(f"no such objective: {name[:200]}", hint="`trimtab slo` lists them")
    series = series_for(found, catalogue(server.state, grant.project), basis_of(server.state, grant.project))
    return found, series.definition
