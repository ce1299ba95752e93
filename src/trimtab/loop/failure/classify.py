"""What went wrong in a session, from its steps alone: the error that it did not get over, else a sign."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from trimtab.loop.failure.model import Shown
from trimtab.loop.failure.taxonomy import Taxonomy

Row = Mapping[str, Any]
LEAVES = frozenset({"llm", "tool", "retrieve", "rerank", "embedding"})
LOOP = 6
"""So many calls of one tool in a row, none of them failed, are a loop."""
STOPPED = {"length": "length", "content_filter": "filtered"}


def in_order(steps: Sequence[Row]) -> list[Row]:
    """Steps by their end: a child ends before the parent that its error reaches."""
    return sorted(steps, key=lambda s: (s["end_ns"], -s["start_ns"], s["content_hash"]))


def what(step: Row) -> str:
    """What a step uses: its tool, or its kind where it has none."""
    return step["tool"] or step["kind"]


def lasting_error(steps: Sequence[Row]) -> Row | None:
    """The first failed step that nothing made good: no later step of that agent did the same without an error.

    `steps` are in order. An error of a parent counts only where no step below it failed.
    """
    done = {(s["agent"], s["kind"], what(s)): i for i, s in enumerate(steps) if not s["error"]}
    failed = [(i, s) for i, s in enumerate(steps) if s["error"]]
    if any(s["kind"] in LEAVES for _, s in failed):
        failed = [(i, s) for i, s in failed if s["kind"] in LEAVES]
    return next((s for i, s in failed if done.get((s["agent"], s["kind"], what(s)), -1) < i), None)


def shown(steps: Sequence[Row], taxonomy: Taxonomy) -> Shown:
    """What a session shows that failed without a lasting error; `steps` are in order.

    The first that holds: the last answer was cut (length, filtered); it was handed over; a tool was called
    again and again (loop); no answer after the last tool (no_answer); no tool at all; only reading ones;
    acted, with the last tool that changes something.
    """
    leaves = [s for s in steps if s["kind"] in LEAVES]
    tools = [s for s in leaves if s["kind"] == "tool"]
    acting = [
        what(s) for s in tools if not s["handoff"] and not s["error"] and not taxonomy.only_reads(what(s))
    ]
    acted = acting[-1] if acting else ""
    answers = [s for s in leaves if s["kind"] == "llm"]
    stopped = STOPPED.get(answers[-1]["error_class"], "") if answers else ""
    handed = [s["handoff"] for s in steps if s["handoff"]]
    if stopped:
        return Shown(sign=stopped, detail=acted)
    if handed:
        return Shown(sign="handoff", detail=handed[-1], after=acted)
    if looped := loop_of(tools):
        return Shown(sign="loop", detail=looped)
    if tools and answers and leaves[-1]["kind"] == "tool":
        return Shown(sign="no_answer", detail=what(leaves[-1]))
    if not tools:
        return Shown(sign="no_tool")
    return Shown(sign="acted", detail=acted) if acted else Shown(sign="read_only", detail=what(tools[-1]))


def loop_of(tools: Sequence[Row]) -> str:
    """The tool that was called `LOOP` times in a row or more, "" where none was."""
    runs = ((name, len(list(run))) for name, run in groupby(tools, key=what))
    return next((name for name, length in runs if length >= LOOP), "")
