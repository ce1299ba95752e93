"""What went wrong in a session, from its steps alone: the error that it did not get over, else a sign."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trimtab.loop.failure.model import Shown

Row = Mapping[str, Any]
STOPPED = {"length": "length", "content_filter": "filtered"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """How a session went, as far as it tells why it failed; "" is what did not happen.

    `lasting` is the first failed step that nothing made good: no later step of that agent did the same without an
    error; an error of a parent counts only where no model call, tool or retrieval failed. `answered` is the error
    class of the last model call, None without one; `handed` who took over last; `looped` the first tool that was
    called six times in a row; `acted` the last tool that worked and changes something; `ended` the kind of the last
    model call, tool or retrieval; `called` the last tool.
    """

    lasting: Row | None
    answered: str | None
    handed: str
    looped: str
    acted: str
    ended: str
    called: str


UNKNOWN = Course(lasting=None, answered=None, handed="", looped="", acted="", ended="", called="")
"""How a session went of which no step is left that would tell."""


def what(step: Row) -> str:
    """What a step uses: its tool, or its kind where it has none."""
    return step["tool"] or step["kind"]


def shown(course: Course) -> Shown:
    """What a session shows that failed without a lasting error.

    The first that holds: the last answer was cut (length, filtered); it was handed over; a tool was called
    again and again (loop); no answer after the last tool (no_answer); no tool (no_tool), or no step at all that
    would tell (untold); acted, with the last tool that changes something; only reading ones.
    """
    if stopped := STOPPED.get(course.answered or ""):
        return Shown(sign=stopped, detail=course.acted)
    if course.handed:
        return Shown(sign="handoff", detail=course.handed, after=course.acted)
    if course.looped:
        return Shown(sign="loop", detail=course.looped)
    if course.ended == "tool" and course.answered is not None:
        return Shown(sign="no_answer", detail=course.called)
    if not course.called:
        return Shown(sign="no_tool" if course.ended else "untold")
    return (
        Shown(sign="acted", detail=course.acted)
        if course.acted
        else Shown(sign="read_only", detail=course.called)
    )
