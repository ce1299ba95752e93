"""Groups of like failures, ranked by whom they hit: users, sessions, money."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from trimtab.loop.failure.fingerprint import FINGERPRINT_VERSION
from trimtab.loop.failure.model import Group, Occurrence
from trimtab.loop.failure.occurrences import (
    FAILED,
    MAX_SESSIONS,
    bad_sessions,
    occurrences,
    steps_of,
    traffic,
)
from trimtab.loop.failure.status import QUIET_NS, Hour, Traffic, status_of, traffic_of
from trimtab.loop.failure.taxonomy import taxonomy
from trimtab.loop.store import DAY_NS, Analytics, Scope
from trimtab.vocabulary.kernel import Invalid

HISTORY_NS = 30 * DAY_NS
"""How far before its window a failure is looked for, to tell a new one from one that came back."""
SORTS = ("users", "sessions", "money")
EXAMPLES = 3


def find_groups(
    analytics: Analytics, scope: Scope, now_ns: int, *, by_step: bool = False, sort: str = "users"
) -> dict[str, Any]:
    """Groups of the failures in a scope, the one that hits most first; each failed session is in exactly one.

    With `by_step` the groups are of steps that failed, also in sessions that went well; a session is in as many
    as it has different errors. `since_ns` of the answer is None where the scope has no beginning: then all that
    is stored counts, and a failure is new when it was first seen in the latest 7 days. Raises `Invalid`.
    """
    if sort not in SORTS:
        raise Invalid(f"unknown order: {sort}", hint=f"one of {', '.join(SORTS)}")
    until_ns = now_ns if scope.until_ns is None else scope.until_ns
    since_ns = until_ns - QUIET_NS if scope.since_ns is None else scope.since_ns
    back_ns = None if scope.since_ns is None else max(scope.since_ns - HISTORY_NS, 0)
    wide = replace(scope, since_ns=back_ns, until_ns=until_ns)
    rows = bad_sessions(analytics, wide, "errors > 0" if by_step else FAILED)
    sessions = rows[:MAX_SESSIONS]
    found = list(
        occurrences(sessions, steps_of(analytics, scope.project, sessions), taxonomy(), by_step=by_step)
    )
    groups = gather(found, (scope.since_ns or 0, since_ns, until_ns), traffic(analytics, wide))
    return {
        "taxonomy": taxonomy().version,
        "fingerprints": FINGERPRINT_VERSION,
        "since_ns": scope.since_ns,
        "until_ns": until_ns,
        "new_since_ns": since_ns,
        "sessions": len({o.session for o in found if o.closed_ns >= (scope.since_ns or 0)}),
        "truncated": len(rows) > MAX_SESSIONS,
        "groups": [asdict(group) for group in ranked(groups, sort)],
    }


def gather(
    found: Sequence[Occurrence], window: tuple[int, int, int], hours: dict[str, list[Hour]]
) -> list[Group]:
    """Groups of occurrences; `window` is (counted from, new from, until).

    A group without an occurrence in the window is kept only when it is resolved: that is news, too.
    """
    by_fingerprint: dict[str, list[Occurrence]] = defaultdict(list)
    for occurrence in sorted(found, key=lambda o: (o.closed_ns, o.session)):
        by_fingerprint[occurrence.signature.fingerprint].append(occurrence)
    traffics: dict[tuple[str, ...], Traffic] = {}
    groups: list[Group] = []
    for members in by_fingerprint.values():
        agents = tuple(sorted({o.agent for o in members}))
        if agents not in traffics:
            traffics[agents] = traffic_of(hours.get(agent, []) for agent in agents)
        group = group_of(members, window, traffics[agents])
        if group.sessions or group.status == "resolved":
            groups.append(group)
    return groups


def group_of(members: Sequence[Occurrence], window: tuple[int, int, int], of: Traffic) -> Group:
    """The group of some occurrences of one fingerprint, in order of time."""
    counted_from, new_from, until_ns = window
    inside = [o for o in members if o.closed_ns >= counted_from]
    costs = [o.cost_nusd for o in inside if o.failed]
    known = [cost for cost in costs if cost is not None]
    users = {o.user for o in inside if o.user}
    first = members[0].signature
    made_up = any(o.synthetic for o in members)
    status = None if made_up else status_of([o.closed_ns for o in members], new_from, until_ns, of)
    return Group(
        fingerprint=first.fingerprint,
        title=first.title,
        kind=first.kind,
        category=first.blamed.category,
        author=first.blamed.author,
        status=status,
        sessions=len(inside),
        failed=len(costs),
        before=len(members) - len(inside),
        users=len(users) if users or not inside else None,
        users_unknown=sum(not o.user for o in inside),
        cost_nusd=sum(known) if known else None,
        cost_unknown=len(costs) - len(known),
        first_ns=members[0].closed_ns,
        last_ns=members[-1].closed_ns,
        agents=tuple(sorted({o.agent for o in members})),
        releases=tuple(sorted({o.release for o in members if o.release})),
        examples=tuple(o.session for o in reversed(members[-EXAMPLES:])),
    )


def ranked(groups: Sequence[Group], sort: str) -> list[Group]:
    """Groups by users, sessions or money, then by the others; what is not known comes after what is."""

    def known(value: int | None) -> int:
        return -1 if value is None else value

    def key(group: Group) -> tuple[Any, ...]:
        by = {"users": known(group.users), "sessions": group.sessions, "money": known(group.cost_nusd)}
        return (-by[sort], *(-by[name] for name in SORTS if name != sort), group.fingerprint)

    return sorted(groups, key=key)
