"""Which sessions and steps a question is about: project, cohort, time; and how it is split."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trimtab.vocabulary.kernel import Invalid

DIMENSIONS = ("agent", "bundle", "model", "provider", "environment", "tenant", "service", "agent_version")
"""Cohort dimensions with a column; any other name is looked up among the user's own."""
CLOSED = "coalesce(pinned_ns, case when settle_ns <= getvariable('now_ns') then close_ns end)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """A project, a cohort (dimension -> value), and a half-open time range in ns; None is unbounded."""

    project: str
    cohort: Mapping[str, str] = field(default_factory=dict[str, str])
    since_ns: int | None = None
    until_ns: int | None = None


def dimension_sql(name: str, params: dict[str, object], table: str = "") -> str:
    """The SQL of a cohort dimension; the name of a user's own dimension becomes a parameter."""
    if not name or len(name) > 100:
        raise Invalid(
            f"not a dimension: {name!r}", hint=f"one of {', '.join(DIMENSIONS)}, or a cohort of yours"
        )
    prefix = f"{table}." if table else ""
    if name in DIMENSIONS:
        return f"{prefix}{name}"
    key = f"dim_{len(params)}"
    params[key] = name
    return f"coalesce({prefix}dims[${key}], '')"


def session_where(scope: Scope, params: dict[str, object]) -> str:
    """The condition on `sessions`: a closed one counts at its close, an open one at its last step."""
    params["project"] = scope.project
    terms = ["project = $project"]
    for name, value in scope.cohort.items():
        column = dimension_sql(name, params)
        key = f"is_{len(params)}"
        params[key] = value
        terms.append(f"{column} = ${key}")
    for operator, bound, key in ((">=", scope.since_ns, "since"), ("<", scope.until_ns, "until")):
        if bound is not None:
            params[key] = bound
            terms.append(f"coalesce({CLOSED}, last_ns) {operator} ${key}")
    return " and ".join(terms)


def split_sql(by: Sequence[str], params: dict[str, object]) -> list[str]:
    """One SQL expression for each dimension that a table is split by."""
    return [dimension_sql(name, params) for name in by]
