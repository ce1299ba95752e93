"""What changed about an agent, and when: each value of its identity from the first step that carried it."""

from trimtab.loop.store.ports import Analytics, Row
from trimtab.loop.store.scope import Scope

IDENTITY = {
    "release": ("''", "agent_version"),
    "bundle": ("''", "bundle"),
    "prompt": ("prompt_name", "coalesce(nullif(prompt_version, ''), prompt_hash)"),
    "tools": ("''", "tools_hash"),
    "model": ("''", "coalesce(nullif(model_requested, ''), model)"),
    "answering model": ("model_requested", "case when model_requested <> '' then model else '' end"),
    "fingerprint": ("model", "system_fingerprint"),
}
"""Kind -> what it is of, and its value. The model that answers for one that was asked for, and the fingerprint
of a model, change on the provider's side without a word."""

CARRIED = " union all ".join(
    f"select project, agent, '{kind}' as kind, {subject} as subject, {value} as value, start_ns as first_ns,"
    f" start_ns as last_ns, 1 as steps from mine where {value} <> ''"
    for kind, (subject, value) in IDENTITY.items()
)
"""Which values the steps `mine` carry. Analytics folds it into the table `carried` before steps expire."""
IDENTITIES = "project, agent, kind, subject, value"
CHANGES = f"""
with mine as (
  select project, agent, agent_version, bundle, prompt_name, prompt_version, prompt_hash, tools_hash, model,
    model_requested, system_fingerprint, start_ns
  from steps where project = $project and ($agent = '' or agent = $agent)),
seen as (
  select {IDENTITIES}, min(first_ns) as first_ns, max(last_ns) as last_ns, sum(steps)::bigint as steps
  from ({CARRIED} union all
    select * from carried where project = $project and ($agent = '' or agent = $agent))
  group by all),
ordered as (
  select * exclude (project), lag(value) over (partition by agent, kind, subject order by first_ns, value) as before
  from seen)
select * from ordered
where first_ns >= $since and first_ns < $until
order by first_ns desc, agent, kind, subject, value limit $limit
"""


def find_changes(analytics: Analytics, scope: Scope, limit: int = 100) -> list[Row]:
    """First-seen values of the scope's agent (or of all), the latest first.

    Each row: agent, kind, subject, value, the value `before` it (None for the first), `first_ns` and `last_ns`
    of the steps that carried it, and their number. A value that comes back keeps its first time: its
    `last_ns` shows that it is in use again. Values outlive the steps that carried them.
    """
    return analytics.rows(
        CHANGES,
        {
            "project": scope.project,
            "agent": scope.cohort.get("agent", ""),
            "since": scope.since_ns or 0,
            "until": scope.until_ns or (1 << 63) - 1,
            "limit": limit,
        },
    )
