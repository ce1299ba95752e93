"""What changed before a failure began: releases, bundles, prompts, models that the agent carried for the first time."""

from collections.abc import Sequence
from dataclasses import replace

from trimtab.loop.failure.model import Change, Group
from trimtab.loop.store import DAY_NS, Analytics, Scope, find_changes

LEAD_NS = DAY_NS
"""How long before a failure began a change is looked for."""
BEGAN = frozenset({"new", "regressed"})
MAX_CHANGES = 1000


def with_changes(
    analytics: Analytics, project: str, groups: Sequence[Group], until_ns: int
) -> Sequence[Group]:
    """The groups, those that began in the window with what changed in the day before, the latest first.

    One query for all groups, none where no failure began. The first value of a kind is no change.
    """
    began = [group.began_ns for group in groups if group.status in BEGAN]
    if not began:
        return groups
    scope = Scope(project=project, since_ns=max(min(began) - LEAD_NS, 0), until_ns=until_ns)
    changes = [
        Change(**{name: row[name] for name in Change.__slots__})
        for row in find_changes(analytics, scope, MAX_CHANGES)
        if row["before"] is not None
    ]
    return [replace(group, changes=before(group, changes)) for group in groups]


def before(group: Group, changes: Sequence[Change]) -> tuple[Change, ...]:
    """Those of the changes that came to the group's agents within the day before it began."""
    if group.status not in BEGAN:
        return ()
    first_ns = group.began_ns - LEAD_NS
    return tuple(c for c in changes if c.agent in group.agents and first_ns <= c.first_ns <= group.began_ns)
