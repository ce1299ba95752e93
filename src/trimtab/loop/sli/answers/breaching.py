"""The sessions behind an indicator: those with a bad event, and those whose events are all good."""

from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.loop.sli.basis import Basis
from trimtab.loop.sli.measure import CLASSES, class_of
from trimtab.loop.sli.model import Definition
from trimtab.loop.sli.question import NOTHING_DECLARED, Question
from trimtab.loop.sli.room import Ours
from trimtab.loop.store import Analytics, Scope
from trimtab.vocabulary.kernel import Invalid

MOST = 20_000
"""So many sessions are looked at; of more a sample that hangs on their names alone, so it stays the same."""
BAD, GOOD = CLASSES.index("bad"), CLASSES.index("good")
EVENTS = """events as (select {session} as session, {kind} as kind from source),
told as (select session, bool_or(kind = {bad}) as bad from events where kind in ({bad}, {good}) group by session)"""
SAMPLE = (
    "select session, bad, count(*) over () as total from told order by hash(session), session limit {most}"
)
ALL_BAD = "select session from told where bad order by session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Sessions of which something is known; `total` is more than both together where only a sample is here."""

    bad: Sequence[str]
    good: Sequence[str]
    total: int


def told_sessions(
    analytics: Analytics, scope: Scope, definition: Definition, basis: Basis = NOTHING_DECLARED
) -> Told:
    """The sessions of a scope by what the indicator says of them, at most 20,000."""
    with analytics.snapshot() as seen:
        question = Question(Ours(rows=seen, project=scope.project), scope, (), basis)
        rows = question.ask(parts(question, definition), SAMPLE.format(most=MOST))
    return Told(
        bad=[row["session"] for row in rows if row["bad"]],
        good=[row["session"] for row in rows if not row["bad"]],
        total=rows[0]["total"] if rows else 0,
    )


def bad_sessions(
    analytics: Analytics, scope: Scope, definition: Definition, basis: Basis = NOTHING_DECLARED
) -> list[str]:
    """All sessions of a scope with a bad event."""
    with analytics.snapshot() as seen:
        question = Question(Ours(rows=seen, project=scope.project), scope, (), basis)
        return [row["session"] for row in question.ask(parts(question, definition), ALL_BAD)]


def parts(question: Question, definition: Definition) -> tuple[str, ...]:
    """The common table expressions that end in `told`; raises `Invalid` where no event is bad by itself."""
    if definition.shape != "ratio":
        raise Invalid(
            f"no event of {definition.name} is bad by itself",
            hint="ask about an indicator of good and bad events",
        )
    session = "about" if definition.of == "facts" else "session"
    events = EVENTS.format(session=session, kind=class_of(definition), bad=BAD, good=GOOD)
    return *question.source(definition.of, [definition], slow=definition.slow), events
