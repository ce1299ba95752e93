"""How a session went, walked step by step: slow and plain, to hold the query against."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from trimtab.loop.failure import Taxonomy
from trimtab.loop.failure.classify import Course, what

Row = Mapping[str, Any]
LEAVES = frozenset({"llm", "tool", "retrieve", "rerank", "embedding"})


def in_order(steps: Sequence[Row]) -> list[Row]:
    return sorted(steps, key=lambda s: (s["end_ns"], -s["start_ns"], s["content_hash"]))


def lasting_error(steps: Sequence[Row]) -> Row | None:
    done = {(s["agent"], s["kind"], what(s)): i for i, s in enumerate(steps) if not s["error"]}
    failed = [(i, s) for i, s in enumerate(steps) if s["error"]]
    if any(s["kind"] in LEAVES for _, s in failed):
        failed = [(i, s) for i, s in failed if s["kind"] in LEAVES]
    return next((s for i, s in failed if done.get((s["agent"], s["kind"], what(s)), -1) < i), None)


def course_of(rows: Sequence[Row], taxonomy: Taxonomy) -> Course:
    steps = in_order(rows)
    leaves = [s for s in steps if s["kind"] in LEAVES]
    tools = [s for s in leaves if s["kind"] == "tool"]
    acting = [
        what(s) for s in tools if not s["handoff"] and not s["error"] and not taxonomy.only_reads(what(s))
    ]
    runs = [(name, len(list(run))) for name, run in groupby(tools, key=what)]
    return Course(
        lasting=lasting_error(steps),
        answered=next((s["error_class"] for s in reversed(leaves) if s["kind"] == "llm"), None),
        handed=next((s["handoff"] for s in reversed(steps) if s["handoff"]), ""),
        looped=next((name for name, length in runs if length >= 6), ""),
        acted=acting[-1] if acting else "",
        ended=leaves[-1]["kind"] if leaves else "",
        called=what(tools[-1]) if tools else "",
    )
