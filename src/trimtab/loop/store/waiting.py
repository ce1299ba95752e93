"""Sessions that wait for a person: over, and no human told their outcome."""

from trimtab.loop.store.ports import Analytics, Row
from trimtab.loop.store.read import LISTED
from trimtab.loop.store.scope import CLOSED, Scope, session_where

SURE = (
    "case when outcome = 'unknown' then 0 when outcome_source = 'inferred' then 1 when outcome_source = 'judge' then 2"
    " when outcome_source = 'ticket' then 3 else 4 end"
)
"""How sure the outcome is: a person looks first at what nobody knows."""


def waiting_sessions(
    analytics: Analytics, scope: Scope, after: tuple[int, int, str] | None, limit: int
) -> tuple[list[Row], int]:
    """Closed sessions of a scope whose outcome no human told, the least sure first, then the latest; and how many in all.

    `after`: only those that follow a session of this `sure`, last time and name.
    """
    params: dict[str, object] = {}
    where = f"{session_where(scope, params)} and ({CLOSED}) is not null and outcome_source <> 'human'"
    total = int(analytics.rows(f"select count(*) as total from sessions where {where}", params)[0]["total"])
    params["limit"] = limit
    follows = "true"
    if after is not None:
        params["sure"], params["after_ns"], params["after"] = after
        follows = (
            "(sure > $sure or (sure = $sure and"
            " (last_ns < $after_ns or (last_ns = $after_ns and session > $after))))"
        )
    rows = analytics.rows(
        f"select * from (select {LISTED}, ({CLOSED}) as closed_ns, {SURE} as sure from sessions where {where})"
        f" where {follows} order by sure, last_ns desc, session limit $limit",
        params,
    )
    return rows, total
