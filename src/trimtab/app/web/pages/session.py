"""One session: its tree of steps, its conversation, its facts."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from trimtab.app.http.failing import blame_session
from trimtab.app.http.reading import show_said, show_session, whole_number
from trimtab.app.web.asking import Asking, Json
from trimtab.vocabulary.kernel import TrimtabError
from trimtab.vocabulary.trace import OUTCOMES

TREE, SAID = 250, 50
"""Steps on one page."""
MOST_DEPTH = 12
QUIET = frozenset({"agent", "workflow", "plan", "other"})
"""Kinds that repeat what the model calls and tools within them say."""


def in_tree(steps: Sequence[Json]) -> list[tuple[int, int, bool]]:
    """The steps as a tree: (place in order of time, depth, whether its parent is missing), parents before children."""
    places = {(step["trace_id"], step["span_id"]): at for at, step in enumerate(steps)}
    children: dict[int | None, list[int]] = defaultdict(list)
    orphans: set[int] = set()
    for at, step in enumerate(steps):
        above = places.get((step["trace_id"], step["parent_id"])) if step["parent_id"] else None
        if step["parent_id"] and above is None:
            orphans.add(at)
        children[None if above == at else above].append(at)
    found: list[tuple[int, int, bool]] = []
    waiting = [(at, 0) for at in reversed(children[None])]
    while waiting:
        at, depth = waiting.pop()
        found.append((at, depth, at in orphans))
        waiting += [(below, depth + 1) for below in reversed(children.get(at, ()))]
    seen = {at for at, _, _ in found}
    return found + [(at, 0, True) for at in range(len(steps)) if at not in seen]


def bar(step: Json, first_ns: int, length_ns: int) -> Json:
    """Where a step lies in its session, in percent of its length."""
    start = (step["start_ns"] - first_ns) / length_ns * 100
    wide = ((step["end_ns"] or step["start_ns"]) - step["start_ns"]) / length_ns * 100
    return {"x": f"{min(max(start, 0), 99.5):.2f}%", "wide": f"{min(max(wide, 0.5), 100):.2f}%"}


def tree_rows(opened: Json, offset: int) -> list[Json]:
    """The rows of one page of the tree."""
    steps, session = opened["steps"], opened["session"]
    length_ns = max(1, session["last_ns"] - session["first_ns"])
    return [
        {
            "step": steps[at],
            "depth": min(depth, MOST_DEPTH),
            "orphan": orphan,
            "bar": bar(steps[at], session["first_ns"], length_ns),
            "offset": at // SAID * SAID,
        }
        for at, depth, orphan in in_tree(steps)[offset : offset + TREE]
    ]


def said_rows(asking: Asking, opened: Json, offset: int) -> list[Json]:
    """What was said on one page of steps, what is quiet left out."""
    answer = asking.ask(
        show_said,
        "/sessions/{session}/said",
        {"session": opened["session"]["session"], "offset": offset or None, "limit": SAID},
    )
    steps = opened["steps"][offset : offset + SAID]
    rows = [{"step": step, "said": said} for step, said in zip(steps, answer["steps"], strict=True)]
    repeating = (
        QUIET if any(step["kind"] in {"llm", "tool"} for step in opened["steps"]) else frozenset[str]()
    )
    return [row for row in rows if spoke(row, repeating)]


def spoke(row: Json, repeating: frozenset[str]) -> bool:
    """Whether a step tells anything new; one of the kinds that repeat does where it failed or was decided about."""
    step, said = row["step"], row["said"]
    return bool(step["kind"] not in repeating or step["error"] or said["contract"])


def blamed(asking: Asking, opened: Json) -> Json | None:
    """Who is to blame for a session that failed; None for one that did not, or where nobody can say."""
    if opened["session"]["outcome"] != "failure" or len(opened["steps"]) > 2000:
        return None
    try:
        return asking.ask(
            blame_session, "/sessions/{session}/blame", {"session": opened["session"]["session"], "limit": 3}
        )
    except TrimtabError:
        return None


def page(asking: Asking) -> dict[str, Any]:
    """A session by the view that the address names."""
    opened = asking.ask(show_session, "/sessions/{session}", {"session": asking.path["session"]})
    view = "said" if asking.query.get("view") == "said" else "tree"
    size = SAID if view == "said" else TREE
    offset = (whole_number(dict(asking.query), "offset", 0) or 0) // size * size
    total = len(opened["steps"])
    return {
        "one": opened["session"],
        "facts": opened["facts"],
        "view": view,
        "rows": tree_rows(opened, offset) if view == "tree" else said_rows(asking, opened, offset),
        "blame": blamed(asking, opened) if view == "tree" and not offset else None,
        "offset": offset,
        "size": size,
        "total": total,
        "outcomes": OUTCOMES,
        "kinds": counted(opened["steps"]),
    }


def counted(steps: Sequence[Json]) -> dict[str, int]:
    """How many steps there are of each kind."""
    found: dict[str, int] = defaultdict(int)
    for step in steps:
        found[step["kind"]] += 1
    return dict(sorted(found.items(), key=lambda one: -one[1]))
