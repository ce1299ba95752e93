"""Tables and trees for a person."""

import os
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, TextIO

from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from trimtab.app.cli.options import print_json

Json = dict[str, Any]
SHORT = 16
PIPED_COLUMNS = 240
STYLES = {
    "success": "green",
    "failure": "red",
    "refused": "yellow",
    "escalated": "yellow",
    "abandoned": "red",
}


def console() -> Console:
    """Standard output; no markup is read from data. A pipe is no narrow screen: what it gets is not folded."""
    return Console(markup=False, highlight=False, soft_wrap=False, width=width_of(sys.stdout))


def tell(answer: Json, parts: Callable[[Json], Iterable[RenderableType]], *, as_json: bool) -> None:
    """An answer for a program, or in parts for a person."""
    if as_json:
        return print_json(answer)
    for part in parts(answer):
        console().print(part)


def width_of(stream: TextIO) -> int | None:
    """The columns of a stream: the terminal's, or enough for any table."""
    return None if stream.isatty() or os.environ.get("COLUMNS") else PIPED_COLUMNS


def errors() -> Console:
    """Standard error, for what stands beside a document on standard output."""
    return Console(stderr=True, markup=False, highlight=False, soft_wrap=False, width=width_of(sys.stderr))


def at(ns: int | None) -> str:
    """A time, UTC."""
    if ns is None:
        return "-"
    return datetime.fromtimestamp(ns / 1e9, tz=UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def minute(ns: int) -> str:
    """A time to the minute, UTC, for a column that says so."""
    return at(ns)[:16]


def number(value: float | None, unit: str = "") -> str:
    """A number as a person reads it; unknown is a dash."""
    if value is None:
        return "-"
    if unit == "ratio":
        return f"{value * 100:.1f} %"
    if unit == "USD":
        return f"${value:.4f}"
    if unit == "s":
        return f"{value:.2f} s"
    return f"{value:,.4g}" if isinstance(value, float) else f"{value:,}"


def cost(nanos: int | None, unpriced: int = 0) -> str:
    """A cost; where some of it is not known it says so."""
    known = "-" if nanos is None else f"${nanos / 1e9:.4f}"
    return f"{known} +{unpriced} unpriced" if unpriced else known


def span_s(row: Json, start: str = "start_ns", end: str = "end_ns") -> str:
    """How long something took; a synthetic time is not a duration."""
    return "-" if row.get("synthetic_time") else f"{(row[end] - row[start]) / 1e9:.2f} s"


def table(columns: list[str], rows: list[list[object]]) -> Table:
    """A plain table; everything but text is right-aligned."""
    found = Table(box=None, header_style="bold", pad_edge=False)
    for index, name in enumerate(columns):
        left = all(isinstance(row[index], Text) for row in rows)
        last = index == len(columns) - 1
        found.add_column(
            name,
            justify="left" if left or index == 0 else "right",
            overflow="fold",
            no_wrap=not last and fits(rows, index),
        )
    for row in rows:
        found.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    return found


def fits(rows: list[list[object]], index: int) -> bool:
    """Whether a column is short enough to stand unfolded."""
    return max((len(str(row[index])) for row in rows), default=0) <= SHORT


def outcome_text(row: Json) -> Text:
    """An outcome with its colour and where it is from."""
    source = f" ({row['outcome_source']})" if row.get("outcome_source") else ""
    return Text(f"{row['outcome']}{source}", style=STYLES.get(row["outcome"], "dim"))


def hits_table(answer: Json) -> Table:
    """Steps that said what was searched for."""
    rows: list[list[object]] = [
        [
            Text(minute(row["start_ns"])),
            Text(row["tool"] or row["kind"], style="red" if row["error"] else ""),
            Text(row["session"], overflow="ellipsis"),
            Text(row["snippet"]),
        ]
        for row in answer["steps"]
    ]
    return table(["at (UTC)", "step", "session", "text"], rows)


def changes_table(answer: Json) -> Table:
    """First-seen values of an agent's identity."""
    rows: list[list[object]] = [
        [
            Text(minute(row["first_ns"])),
            Text(row["agent"] or "-"),
            Text(f"{row['kind']} {row['subject']}".strip()),
            number(row["steps"]),
            Text(row["value"] if row["before"] is None else f"{row['value']} (was {row['before']})"),
        ]
        for row in answer["changes"]
    ]
    return table(["since (UTC)", "agent", "what", "steps", "value"], rows)


def sessions_table(answer: Json) -> Table:
    """The list of sessions; the name stands last, where a long one folds without cramping the others."""
    rows: list[list[object]] = [
        [
            Text(minute(row["last_ns"])),
            Text(row["outcome"], style=STYLES.get(row["outcome"], "dim"))
            if row["closed_ns"]
            else Text("open", style="cyan"),
            Text(row["agent"] or "-"),
            row["steps"],
            f"{row['tool_errors']}/{row['tool_calls']}" if row["tool_calls"] else "-",
            cost(row["cost_nusd"], row["unpriced"]),
            span_s(row, "first_ns", "last_ns"),
            Text(row["session"]),
        ]
        for row in answer["sessions"]
    ]
    return table(["last (UTC)", "outcome", "agent", "steps", "tool err", "cost", "took", "session"], rows)


def step_line(step: Json) -> Text:
    """One step of the tree."""
    subject = step["tool"] or step["model"] or step["agent"] or ""
    line = Text()
    line.append(f"{step['kind']:<9}", style="bold")
    line.append(f"{subject}  " if subject and subject not in step["name"] else "", style="cyan")
    line.append(step["name"])
    tokens = step["input_tokens"]
    if tokens is not None:
        line.append(f"  {tokens:,} in / {step['output_tokens'] or 0:,} out", style="dim")
    if step["cost_status"]:
        line.append(
            f"  {cost(step['cost_nusd'])}" if step["cost_nusd"] is not None else f"  {step['cost_status']}",
            style="dim",
        )
    line.append(f"  {span_s(step)}", style="dim")
    if step["handoff"]:
        line.append(f"  -> {step['handoff']}", style="yellow")
    if step["error"]:
        line.append(f"  {step['error_type'] or 'error'}: {step['error_message']}", style="red")
    return line


def session_tree(answer: Json) -> Tree:
    """A session as a readable tree: what was done, by whom, what failed, what it cost."""
    session, steps = answer["session"], answer["steps"]
    head = Text(session["session"], style="bold")
    head.append(f"  {session['agent'] or 'no agent'}  ")
    head.append_text(outcome_text(session))
    head.append(
        f"\n{session['steps']} steps, {session['llm_calls']} model calls, {session['tool_calls']} tool calls"
        f" ({session['tool_errors']} failed), {session['handoffs']} hand-offs,"
        f" cost {cost(session['cost_nusd'], session['unpriced'])}, {span_s(session, 'first_ns', 'last_ns')},"
        f" {'closed ' + at(session['closed_ns']) if session['closed_ns'] else 'open'}"
    )
    tree = Tree(head)
    branches: dict[tuple[str, int], Tree] = {}
    waiting: dict[tuple[str, int], list[Json]] = {}
    known = {(s["trace_id"], s["span_id"]) for s in steps}
    roots = [
        s for s in steps if (s["trace_id"], s["parent_id"]) not in known or s["parent_id"] == s["span_id"]
    ]
    for step in steps:
        waiting.setdefault((step["trace_id"], step["parent_id"]), []).append(step)
    stack = [(tree, step) for step in reversed(roots)]
    while stack:
        branch, step = stack.pop()
        key = (step["trace_id"], step["span_id"])
        if key in branches:
            continue
        branches[key] = branch.add(step_line(step))
        stack += [(branches[key], child) for child in reversed(waiting.get(key, []))]
    facts = tree.add(Text("facts", style="bold")) if answer["facts"] else tree
    for fact in answer["facts"]:
        value = fact["label"] or number(fact["value"])
        facts.add(Text(f"{fact['kind']} {fact['name']} {value} by {fact['source']} {fact['reason']}"))
    return tree
