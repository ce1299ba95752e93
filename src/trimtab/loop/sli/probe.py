"""Trying what a user wrote in the locked room of users' SQL, before it is kept."""

from trimtab.loop.sli.measure import answer
from trimtab.loop.sli.model import Definition
from trimtab.loop.sli.question import QUOTED, Question
from trimtab.loop.sli.room import Locked
from trimtab.loop.store import Analytics, Scope
from trimtab.vocabulary.kernel import Invalid


def probe(analytics: Analytics, project: str, found: Definition) -> None:
    """Try a definition in the locked room, on no data; raises `Invalid` with what the engine says of it."""
    nothing = Scope(project=project, since_ns=1, until_ns=0)
    for text_ in (found.where, found.good, found.bad, found.excluded, found.value, found.sum, found.per):
        if text_ and not balanced(text_):
            raise Invalid(
                f"{found.name}: {text_!r} is not one expression", hint="check its brackets and quotes"
            )
    try:
        answer(Question(Locked(analytics=analytics, project=project), nothing, ()), [found])
    except Invalid as error:
        raise Invalid(
            f"{found.name}: {error.message}", hint="conditions are SQL over the columns of its source"
        ) from error


def balanced(sql: str) -> bool:
    """Whether a text is one expression: no bracket that closes more than it opened, no comment, no semicolon."""
    depth = 0
    for part in QUOTED.split(sql)[::2]:
        if "--" in part or "/*" in part or ";" in part or "'" in part or '"' in part or "$$" in part:
            return False
        for letter in part:
            depth += (letter == "(") - (letter == ")")
            if depth < 0:
                return False
    return depth == 0
