"""Where a failure concentrates: the cohorts whose sessions show it more often than the other sessions do."""

from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.loop.store import CLOSED, DIMENSIONS, PROMPT, Analytics, Row, Scope, session_where
from trimtab.vocabulary.kernel import wilson

MAX_COHORTS = 10
OWN = ", ".join(f"{{'name': '{name}', 'value': {name}}}" for name in DIMENSIONS)
MARK = "/* of steps */"
COUNTED = f"""
, looked as (select *, session in (select unnest($shown::varchar[])) as shows from asked)
, mine as (
  select shows, unnest(list_concat([{OWN}],
    list_transform(map_entries(dims), lambda one: {{'name': one.key, 'value': one.value}}))) as cohort
  from looked{MARK})
select cohort.name as name, cohort.value as value, count(*) as n, count(*) filter (shows) as k
from mine where cohort.value <> '' group by all having count(*) filter (shows) > 1
union all select '', '', count(*), count(*) filter (shows) from looked
order by name, value
"""
"""For each value of each dimension, its sessions and those that show it; first ('' of '') those of all."""
OF_STEPS = f"""
  union all select shows, cohort from (
    select distinct session, shows, unnest([{{'name': 'tool', 'value': case when kind = 'tool' then tool else '' end}},
      {{'name': 'prompt', 'value': {PROMPT}}}]) as cohort
    from steps join looked using (session)
    where steps.project = $project and not repeated
      and start_ns between (select min(first_ns) from looked) and (select max(last_ns) from looked))"""
"""What the steps of these sessions carried: tools and prompts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """How many of a cohort's sessions show a failure, `k` of `n`, beside `other_k` of `other_n` of all others.

    `interval` and `other_interval` are 95 % Wilson intervals of the two rates; `other_interval` is never None.
    """

    name: str
    value: str
    k: int
    n: int
    interval: tuple[float, float]
    other_k: int
    other_n: int
    other_interval: tuple[float, float]


def concentrations(
    analytics: Analytics, scope: Scope, shown: Sequence[str], agents: Sequence[str]
) -> list[Cohort]:
    """Cohorts of two sessions or more that show it, whose interval lies above that of all others; widest gap first.

    Against closed sessions of the same agents and of known outcome. Two disjoint 95 % intervals are a stricter test than 5 %; still, with
    many cohorts one of them may stand here by chance.
    """
    params: dict[str, object] = {"shown": [*shown], "agents": [*agents]}
    where = session_where(scope, params)
    where += (
        f" and ({CLOSED}) is not null and outcome <> 'unknown' and list_contains($agents::varchar[], agent)"
    )
    asked = f"select * from sessions where {where}"
    return widest(analytics.rows(f"with asked as ({asked}) {COUNTED}", params))


def differences(
    analytics: Analytics, project: str, shown: Sequence[str], others: Sequence[str]
) -> list[Cohort]:
    """The same of sessions that are named: cohorts, tools and prompts of those that show something beside the others."""
    asked = (
        "select * from sessions where project = $project and session in (select unnest($among::varchar[]))"
    )
    params: dict[str, object] = {"project": project, "shown": [*shown], "among": [*shown, *others]}
    return widest(analytics.rows(f"with asked as ({asked}) {COUNTED.replace(MARK, OF_STEPS)}", params))


def widest(rows: Sequence[Row]) -> list[Cohort]:
    """The cohorts that stand out, widest gap first; the first row is about all sessions."""
    every, *cohorts = rows
    found = [cohort for row in cohorts if (cohort := beside(row, every["k"], every["n"]))]
    found.sort(key=lambda c: (c.other_interval[1] - c.interval[0], c.name, c.value))
    return found[:MAX_COHORTS]


def beside(row: Row, all_k: int, all_n: int) -> Cohort | None:
    """A cohort beside all other sessions, None where there are none or where it is not above them."""
    k, n = row["k"], row["n"]
    mine, other = wilson(k, n), wilson(all_k - k, all_n - n)
    if mine is None or other is None or mine[0] <= other[1]:
        return None
    return Cohort(
        name=row["name"],
        value=row["value"],
        k=k,
        n=n,
        interval=mine,
        other_k=all_k - k,
        other_n=all_n - n,
        other_interval=other,
    )
