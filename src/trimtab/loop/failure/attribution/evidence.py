"""What speaks for and against each turn of a failed run: signs in the trace, without a model.

A suspect is a decision (a plan, an answer, an instruction, a call), never the tool that threw: the errors of a
run stand on tool spans, the faults on the decisions above them (measured on TRAIL, arXiv 2505.08638: 674 of 757
labels). Every sign is a number; signs of the run's course look at most one turn ahead. Cost is linear.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log1p

from trimtab.loop.failure.mask import template_of
from trimtab.loop.failure.model import Turn

Signs = dict[str, float]
MAX_TEXT = 20_000
SHORT = 60
"""Characters below which a turn decides nothing: a nod, a name of the next speaker."""
CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
NUMBER = re.compile(r"(?<![\w.])\d[\d.,]*\d(?![\w])|(?<![\w.])\d(?!\w)")
TOKEN = re.compile(r"\w[\w@.-]*\w")
NAME = re.compile(r"(?<![.!?:*#\n-] )(?<!^)\b[A-Z][a-z]+(?: [A-Z][a-z]+)+", re.MULTILINE)
NOTHING = re.compile(r"^\W*(?:none|null|nan|n/a|false|no results?.*|not found.*|0)?\W*$", re.IGNORECASE)


def words(*patterns: str) -> re.Pattern[str]:
    """Any of some phrases, in any case."""
    return re.compile(rf"\b(?:{'|'.join(patterns)})", re.IGNORECASE)


FINAL = words(r"terminate\b", r"final answer", r"request satisfied", r"task is (?:complete|done|solved)")
ASSUMED = words(
    r"assum(?:e|ing|ption)",
    r"hypothetical",
    r"(?:sample|mock|dummy|example|synthetic) data",
    r"placeholder",
    r"simulat(?:e|ed|ing)\b",
    r"from my knowledge",
    r"approximat(?:e|ely|ion)",
    r"estimat(?:e|ed|ing)\b",
    r"let's say",
    r"typically",
)
AGREED = words(
    r"i agree", r"confirmed?\b", r"verified\b", r"(?:is|are|was|were|seems?|appears?) (?:correct|accurate)"
)
TROUBLED = words(
    r"error",
    r"fail(?:ed|ure|s)?\b",
    r"unable to",
    r"(?:could|can|did|does|was|were|is|are|have|has)(?: not|n't|not)\b",
    r"unfortunately",
    r"no (?:results?|output|data)\b",
    r"missing\b",
    r"incorrect",
    r"instead\b",
    r"loop\b",
)


@dataclass(slots=True)
class Course:
    """What a run has shown up to a turn."""

    seen: set[str]
    words: set[str]
    said: set[tuple[str, str]]
    calls: set[str]
    spoken: set[str]
    tools_ok: int = 0
    changed: bool = False
    error_open: bool = False


def is_suspect(turn: Turn) -> bool:
    """Whether a turn is a decision of an agent."""
    return turn.kind in {"plan", "say"}


def results_of(turns: Sequence[Turn], place: int) -> list[Turn]:
    """What tools gave back after a decision, up to the next one."""
    found: list[Turn] = []
    for after in range(place + 1, len(turns)):
        if is_suspect(turns[after]):
            break
        if turns[after].kind == "tool":
            found.append(turns[after])
    return found


def what(turn: Turn) -> tuple[str, str]:
    """What a turn does, to tell whether it worked later: a tool is itself, a decision its agent's."""
    return (turn.tool, "") if turn.kind == "tool" else ("", turn.agent)


def signs_of(turns: Sequence[Turn]) -> dict[int, Signs]:
    """The signs of each suspect, by its place among the turns."""
    course = Course(seen=set(), words=set(), said=set(), calls=set(), spoken=set())
    suspects = [place for place, turn in enumerate(turns) if is_suspect(turn)]
    following = dict(pairwise(suspects))
    worked = {what(turn): place for place, turn in enumerate(turns) if not turn.error}
    found: dict[int, Signs] = {}
    for place, turn in enumerate(turns):
        text = turn.text[:MAX_TEXT]
        if is_suspect(turn):
            results = results_of(turns, place)
            lasting = [of for of in (turn, *results) if of.error and worked.get(what(of), -1) < place]
            found[place] = (
                place_signs(len(found), len(suspects))
                | said_signs(turn, text, course)
                | result_signs(results, course)
                | answer_signs(turns[following[place]] if place in following else None)
                | {"failed_for_good": float(bool(lasting))}
            )
        learn(turn, text, course)
    return found


def learn(turn: Turn, text: str, course: Course) -> None:
    """Remember what a turn has shown."""
    course.seen.update(figures(text))
    course.words.update(tokens(text))
    if turn.kind == "tool":
        course.error_open = bool(turn.error) or bool(NOTHING.match(text))
        course.calls.update([turn.call] if turn.call else [])
        course.changed = course.changed or turn.changes
        course.tools_ok += not turn.error and not NOTHING.match(text)
    elif turn.kind != "user":
        course.spoken.add(turn.agent)
        course.said.add((turn.agent, template_of(text)))


def figures(text: str) -> set[str]:
    """Numbers and proper names of a text: what can be invented."""
    return {found.replace(",", "").rstrip(".") for found in NUMBER.findall(text)} | set(NAME.findall(text))


def tokens(text: str) -> set[str]:
    """Words, numbers and identifiers of a text, in lower case."""
    return {found.lower() for found in TOKEN.findall(text)}


def place_signs(order: int, suspects: int) -> Signs:
    """Where in the run a decision stands."""
    return {"opening": float(order == 0), "last": float(order == suspects - 1)}


def said_signs(turn: Turn, text: str, course: Course) -> Signs:
    """What a decision says by itself, against what the run has shown before."""
    prose = CODE.sub(" ", text)
    blind = not course.tools_ok
    new = figures(prose) - course.seen if blind else set[str]()
    return {
        "short": float(len(text) < SHORT),
        "length": log1p(len(text)),
        "invented_blind": log1p(len(new)),
        "assumed": float(bool(ASSUMED.search(text))),
        "concluded_blind": float((course.error_open or blind) and bool(FINAL.search(text))),
        "glossed": float(course.error_open and not TROUBLED.search(prose)),
        "repeated": float((turn.agent, template_of(text)) in course.said),
        "entered": float(turn.agent not in course.spoken),
    }


def result_signs(results: Sequence[Turn], course: Course) -> Signs:
    """What came back from the tools that a decision called."""
    calls = [turn.call for turn in results if turn.call]
    acted = [turn for turn in results if turn.changes]
    unseen = {found for turn in acted for found in tokens(turn.call) - tokens(turn.tool)} - course.words
    return {
        "changed": float(bool(acted)),
        "first_change": float(bool(acted) and not course.changed),
        "changed_unseen": log1p(len(unseen)),
        "handed_over": float(any(turn.handoff for turn in results)),
        "nothing": float(any(not turn.error and NOTHING.match(turn.text) for turn in results)),
        "called_again": float(len(set(calls)) < len(calls) or not course.calls.isdisjoint(calls)),
    }


def answer_signs(following: Turn | None) -> Signs:
    """How the next decision takes it."""
    text = "" if following is None else following.text[:MAX_TEXT]
    return {
        "doubted": float(bool(TROUBLED.search(text))),
        "accepted": float(bool(FINAL.search(text) or AGREED.search(text))),
    }
