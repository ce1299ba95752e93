"""Retention: what a project no longer keeps goes, by whole days of receipt, and by whole sessions."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace

from trimtab.loop.store.model import DAY_NS, KEPT_KINDS, KeptKind, Retention
from trimtab.loop.store.ports import Analytics, Journal, Row, State
from trimtab.vocabulary.kernel import Invalid

MAX_DAYS = 36_500
SESSIONS_A_CALL = 10_000
CALLS_A_PASS = 10
DAYS_A_PASS = 50
SCRUBS = 3
GONE = "retention.bodies."
"""Setting: the day before which the bodies of a project are gone."""
IN_WORK = "retention.day"
"""Setting: the day whose bodies go just now."""
OUTLIVES: tuple[tuple[KeptKind, KeptKind], ...] = (
    ("steps", "bodies"),
    ("sessions", "steps"),
    ("facts", "steps"),
)
"""The first outlives the second: a rebuild must never bring back what was to be forgotten, nor lose the rest."""


@dataclass(slots=True)
class Passed:
    """What a pass removed, by project and kind; `more` where its bound was reached before the end."""

    at_ns: int
    removed: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    days_dropped: list[int] = field(default_factory=list[int])
    scrubbed: bool = True
    more: bool = False

    def add(self, project: str, kind: str, count: int) -> None:
        """Count what went."""
        if count:
            kinds = self.removed.setdefault(project, {})
            kinds[kind] = kinds.get(kind, 0) + count

    @property
    def rows(self) -> int:
        """How many rows of analytics went."""
        return sum(n for kinds in self.removed.values() for kind, n in kinds.items() if kind != "bodies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelves:
    """What retention works on; `forget_day` has the text index made again from what the journal still has."""

    journal: Journal
    analytics: Analytics
    state: State
    forget_day: Callable[[int], None]


def changed(retention: Retention, kind: str, days: int | None) -> Retention:
    """A retention with another number of days for one kind; raises `Invalid` where it makes no sense."""
    if kind not in KEPT_KINDS:
        raise Invalid(f"unknown kind: {kind}", hint=f"one of {', '.join(KEPT_KINDS)}")
    if days is not None and not 1 <= days <= MAX_DAYS:
        raise Invalid(f"{days} days", hint=f"1 to {MAX_DAYS}, or forever")
    found = replace(retention, **{kind: days})
    for longer, shorter in OUTLIVES:
        if span(found, shorter) > span(found, longer):
            raise Invalid(
                f"{shorter} cannot be kept longer than {longer}, which are derived from them"
                f" ({said(found.days(shorter))} against {said(found.days(longer))})",
                hint=f"first set {longer if kind == shorter else shorter}",
            )
    return found


def span(retention: Retention, kind: str) -> int:
    """Days as a number to compare."""
    days = retention.days(kind)
    return MAX_DAYS + 1 if days is None else days


def said(days: int | None) -> str:
    """Days in words."""
    return "forever" if days is None else f"{days} days"


def first_kept_day(retention: Retention, kind: str, now_ns: int) -> int:
    """The first day (since the Unix epoch, UTC) that is kept; 0 where all are."""
    days = retention.days(kind)
    return 0 if days is None else max(now_ns // DAY_NS - days, 0)


def retain(shelves: Shelves, now_ns: int) -> Passed:
    """One pass over all projects, bounded in days and sessions; a pass that finds nothing costs next to nothing."""
    passed = Passed(at_ns=now_ns)
    kept = {str(row["name"]): shelves.state.retention(str(row["name"])) for row in shelves.state.projects()}
    if shelves.analytics.applied() >= shelves.journal.last():
        drop_bodies(shelves, kept, passed)
    else:
        passed.more = True  # what is not applied yet is needed
    for project, retention in kept.items():
        for kind in ("steps", "sessions", "facts"):
            before_ns = first_kept_day(retention, kind, now_ns) * DAY_NS
            if before_ns:
                expire_rows(shelves.analytics, project, kind, before_ns, passed)
    return passed


def expire_rows(analytics: Analytics, project: str, kind: str, before_ns: int, passed: Passed) -> None:
    """Remove rows in small transactions, so that new ones get their turn."""
    for _ in range(CALLS_A_PASS):
        gone = analytics.expire(project, kind, before_ns, SESSIONS_A_CALL)
        if not gone:
            return
        passed.add(project, kind, gone)
    passed.more = True


def drop_bodies(shelves: Shelves, kept: dict[str, Retention], passed: Passed) -> None:
    """Delete the files of days that no project keeps; from others, the bodies of those that do not."""
    first = {project: first_kept_day(r, "bodies", passed.at_ns) for project, r in kept.items()}
    done = {project: int(shelves.state.setting(GONE + project) or 0) for project in first}
    unkept = min(first.values(), default=0)
    touched = worked = 0
    for day in shelves.journal.days():
        due = [project for project in first if done[project] <= day < first[project]]
        if day >= unkept and not due:
            continue
        if worked >= DAYS_A_PASS:
            passed.more = True
            break
        worked += 1
        if day < unkept:
            passed.add("", "bodies", shelves.journal.drop_day(day))
            passed.days_dropped.append(day)
            shelves.forget_day(day)
        else:
            touched += expire_day(shelves, due, day, passed)
    note_expired(shelves.state, first, passed)
    if touched:
        passed.scrubbed = scrub(shelves.journal)


def expire_day(shelves: Shelves, due: list[str], day: int, passed: Passed) -> int:
    """Remove the bodies of some projects from a day, and their words; a crash in between is made up for."""
    interrupted = shelves.state.setting(IN_WORK) == str(day)
    shelves.state.set_setting(IN_WORK, str(day))
    gone = 0
    for project in due:
        found = shelves.journal.expire(project, day)
        passed.add(project, "bodies", found)
        gone += found
    if gone or interrupted:
        shelves.forget_day(day)
    shelves.state.set_setting(IN_WORK, "")
    return gone


def note_expired(state: State, first: dict[str, int], passed: Passed) -> None:
    """Remember up to which day the bodies of each project are gone: no later pass looks there again."""
    if passed.more:
        return
    for project, day in first.items():
        if day > int(state.setting(GONE + project) or 0):
            state.set_setting(GONE + project, str(day))


def scrub(store: Journal | State) -> bool:
    """Make removed bytes gone; an open reader may hold them for a moment, so it is tried a few times."""
    return any(store.scrub() for _ in range(SCRUBS))


def passed_row(passed: Passed) -> Row:
    """What a pass did, for the API and the doctor."""
    bodies = any("bodies" in kinds for kinds in passed.removed.values())
    return asdict(passed) | {
        "bodies_gone": passed.scrubbed,
        "note": "bytes of bodies are gone" if bodies and passed.scrubbed else "",
    }
