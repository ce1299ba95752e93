"""Groups of like failures, ranked by whom they hit: users, money, time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from trimtab.loop.failure.fingerprint import FINGERPRINT_VERSION
from trimtab.loop.failure.model import Group, Occurrence, Status
from trimtab.loop.failure.occurrences import (
    FAILED,
    MAX_SESSIONS,
    bad_sessions,
    occurrences,
    traffic,
)
from trimtab.loop.failure.onset import with_changes
from trimtab.loop.failure.status import QUIET_NS, Hour, Traffic, status_of, traffic_of
from trimtab.loop.failure.taxonomy import taxonomy
from trimtab.loop.store import DAY_NS, Analytics, Row, Scope
from trimtab.vocabulary.kernel import Invalid

HISTORY_NS = 30 * DAY_NS
"""How far before its window a failure is looked for, to tell a new one from one that came back."""
SORTS = ("users", "money", "time", "sessions")
EXAMPLES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What of the time is counted: from `counted_ns` on, `new_ns` is where new begins, `until_ns` is now.

    `seen_ns` is the first time that was looked at; None where nothing before was left out.
    """

    counted_ns: int
    new_ns: int
    until_ns: int
    seen_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was looked at: bad sessions, the failures that they show, and the groups of these."""

    window: Window
    sessions: Sequence[Row]
    found: Sequence[Occurrence]
    groups: Sequence[Group]


def find_groups(
    analytics: Analytics, scope: Scope, now_ns: int, *, by_step: bool = False, sort: str = "users"
) -> dict[str, Any]:
    """`look` as an answer; `since_ns` is None where the scope has no beginning. Raises `Invalid`."""
    looked = look(analytics, scope, now_ns, by_step=by_step, sort=sort)
    counted_ns = looked.window.counted_ns
    return {
        "taxonomy": taxonomy().version,
        "fingerprints": FINGERPRINT_VERSION,
        "since_ns": scope.since_ns,
        "until_ns": looked.window.until_ns,
        "new_since_ns": looked.window.new_ns,
        "sessions": len({o.session for o in looked.found if o.closed_ns >= counted_ns}),
        "truncated": looked.window.seen_ns is not None,
        "groups": [asdict(group) for group in looked.groups],
    }


def look(
    analytics: Analytics, scope: Scope, now_ns: int, *, by_step: bool = False, sort: str = "users"
) -> Looked:
    """Groups of the failures in a scope, the one that hits most first; each failed session is in exactly one.

    With `by_step` the groups are of steps that failed, also in sessions that went well; a session is in as many
    as it has different errors. Where the scope has no beginning all that is stored counts, and a failure is new
    when it was first seen in the latest 7 days. Raises `Invalid`.
    """
    if sort not in SORTS:
        raise Invalid(f"unknown order: {sort}", hint=f"one of {', '.join(SORTS)}")
    until_ns = now_ns if scope.until_ns is None else scope.until_ns
    back_ns = None if scope.since_ns is None else max(scope.since_ns - HISTORY_NS, 0)
    wide = replace(scope, since_ns=back_ns, until_ns=until_ns)
    rows = bad_sessions(analytics, wide, "errors > 0" if by_step else FAILED)
    sessions, truncated = rows[:MAX_SESSIONS], len(rows) > MAX_SESSIONS
    found = sorted(
        occurrences(analytics, scope.project, sessions, taxonomy(), by_step=by_step),
        key=lambda o: (o.closed_ns, o.session),
    )
    window = Window(
        counted_ns=scope.since_ns or 0,
        new_ns=until_ns - QUIET_NS if scope.since_ns is None else scope.since_ns,
        until_ns=until_ns,
        seen_ns=sessions[-1]["closed_ns"] if truncated else None,
    )
    groups = gather(found, window, traffic(analytics, wide))
    groups = with_changes(analytics, scope.project, groups, until_ns)
    return Looked(window=window, sessions=sessions, found=found, groups=ranked(groups, sort))


def gather(found: Sequence[Occurrence], window: Window, hours: Mapping[str, Sequence[Hour]]) -> list[Group]:
    """Groups of occurrences, which are in order of time.

    A group without an occurrence in the window is kept only when it is resolved: that is news, too.
    """
    by_fingerprint: dict[str, list[Occurrence]] = defaultdict(list)
    for occurrence in found:
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


def standing(members: Sequence[Occurrence], window: Window, of: Traffic) -> tuple[Status | None, int]:
    """The status of a group and when it began.

    Unknown where a time is made up, and where it would be new although not all before it was looked at.
    """
    status, began_ns = status_of([o.closed_ns for o in members], window.new_ns, window.until_ns, of)
    unseen = window.seen_ns is not None and window.seen_ns > window.new_ns - QUIET_NS
    if any(o.synthetic for o in members) or (status == "new" and unseen):
        return None, began_ns
    return status, began_ns


def total(values: Sequence[int | None]) -> tuple[int | None, int]:
    """The sum of what is known, None where nothing is, and how much is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if known else None, len(values) - len(known)


def group_of(members: Sequence[Occurrence], window: Window, of: Traffic) -> Group:
    """The group of some occurrences of one fingerprint, in order of time."""
    inside = [o for o in members if o.closed_ns >= window.counted_ns]
    failed = [o for o in inside if o.failed]
    cost_nusd, cost_unknown = total([o.cost_nusd for o in failed])
    took_ns, took_unknown = total([o.took_ns for o in failed])
    users = {o.user for o in inside if o.user}
    first = members[0].signature
    status, began_ns = standing(members, window, of)
    return Group(
        fingerprint=first.fingerprint,
        title=first.title,
        kind=first.kind,
        category=first.blamed.category,
        author=first.blamed.author,
        status=status,
        sessions=len(inside),
        failed=len(failed),
        before=len(members) - len(inside),
        users=len(users) if users or not inside else None,
        users_unknown=sum(not o.user for o in inside),
        cost_nusd=cost_nusd,
        cost_unknown=cost_unknown,
        took_ns=took_ns,
        took_unknown=took_unknown,
        first_ns=members[0].closed_ns,
        began_ns=began_ns,
        last_ns=members[-1].closed_ns,
        agents=tuple(sorted({o.agent for o in members})),
        releases=tuple(sorted({o.release for o in members if o.release})),
        examples=tuple(o.session for o in reversed(members[-EXAMPLES:])),
    )


def ranked(groups: Sequence[Group], sort: str) -> list[Group]:
    """Groups by users, money, time or sessions, then by the others; what is not known comes after what is."""

    def known(value: int | None) -> int:
        return -1 if value is None else value

    def key(group: Group) -> tuple[Any, ...]:
        by = {
            "users": known(group.users),
            "money": known(group.cost_nusd),
            "time": known(group.took_ns),
            "sessions": group.sessions,
        }
        return (-by[sort], *(-by[name] for name in SORTS if name != sort), group.fingerprint)

    return sorted(groups, key=key)
