"""Tables of failures, and of who is to blame."""

from typing import Any

from rich.table import Table
from rich.text import Text

from trimtab.app.cli.tables.show import at, cost, minute, number, table

Json = dict[str, Any]
STATUS = {"new": "yellow", "regressed": "red", "resolved": "green"}

SAID = 160
"""Characters of what a suspect said that are shown."""


def groups_parts(answer: Json) -> list[Table | Text]:
    """Groups of failures; a plus stands for what is not known."""
    groups: list[Json] = answer["groups"]
    if not groups:
        return [Text("no failure in this scope; `trimtab sessions` shows what there is")]
    rows: list[list[object]] = [
        [
            Text(group["fingerprint"]),
            Text(group["status"] or "-", style=STATUS.get(group["status"], "")),
            plus(number(group["users"]), group["users_unknown"]),
            group["sessions"],
            plus(cost(group["cost_nusd"]), group["cost_unknown"]),
            plus(duration(group["took_ns"]), group["took_unknown"]),
            Text(minute(group["last_ns"])),
            Text(", ".join(group["agents"]) or "-"),
            Text(blamed(group)),
            Text(group["title"]),
        ]
        for group in groups
    ]
    columns = [
        "failure",
        "status",
        "users",
        "sessions",
        "cost",
        "time",
        "last (UTC)",
        "agent",
        "class",
        "what",
    ]
    said = f"{answer['sessions']} sessions in {answer['total']} groups"
    if answer["total"] > len(groups):
        said += f", {len(groups)} shown (--limit)"
    changed = [line for group in groups for line in change_lines(group, f"{group['fingerprint']} ")]
    return [table(columns, rows), *changed, Text(said, style="dim")]


def detail_parts(answer: Json) -> list[Table | Text]:
    """One group."""
    parts: list[Table | Text] = [
        Text(f"{answer['fingerprint']}  {answer['title']}", style="bold"),
        Text(answer["meaning"], style="dim"),
    ]
    if answer["group"]:
        parts += group_lines(answer["group"])
    else:
        parts.append(Text("not seen in this time; before:"))
    parts += evidence_lines(answer["sessions"])
    if answer["cohorts"]:
        parts.append(cohorts_table(answer["cohorts"]))
    elif answer["group"]:
        parts.append(Text("no cohort shows it more often than the others do", style="dim"))
    parts.append(examples_table(answer["sessions"]))
    parts.append(Text("trimtab blame SESSION says where one of them went wrong", style="dim"))
    return parts


def group_lines(group: Json) -> list[Text]:
    """What a group costs and since when, in lines."""
    since = f", again since {at(group['began_ns'])}" if group["status"] == "regressed" else ""
    head = (
        f"{group['status'] or 'status unknown'}; {blamed(group)}; {', '.join(group['agents']) or 'no agent'}"
    )
    hit = (
        f"{group['sessions']} session{'s' if group['sessions'] != 1 else ''}, {plus(number(group['users']), group['users_unknown'])} users,"
        f" cost {plus(cost(group['cost_nusd']), group['cost_unknown'])},"
        f" time {plus(duration(group['took_ns']), group['took_unknown'])}"
    )
    seen = f"first {at(group['first_ns'])}{since}, last {at(group['last_ns'])}"
    return [
        Text(head, style=STATUS.get(group["status"], "")),
        Text(hit),
        Text(seen),
        *change_lines(group, ""),
    ]


def change_lines(group: Json, before: str) -> list[Text]:
    """What the agents carried for the first time in the day before a failure began."""
    began = f"{before}began {at(group['began_ns'])}, after"
    return [
        Text(
            f"{began} {' '.join(filter(None, (c['agent'], c['kind'], c['subject'])))} {c['value']}"
            f" (was {c['before']}) at {at(c['first_ns'])}",
            style="yellow",
        )
        for c in group["changes"]
    ]


def cohorts_table(cohorts: list[Json]) -> Table:
    """The cohorts that show a failure more often than all others."""
    rows: list[list[object]] = [
        [
            Text(f"{one['name']}={one['value']}"),
            share(one["k"], one["n"], one["interval"]),
            share(one["other_k"], one["other_n"], one["other_interval"]),
        ]
        for one in cohorts
    ]
    return table(["concentrated in", "shows it", "all others"], rows)


def share(count: int, n: int, interval: list[float]) -> str:
    """A rate with its n and interval."""
    low, high = (number(bound, "ratio") for bound in interval)
    return f"{number(count / n, 'ratio')} ({count} of {n}; {low} .. {high})"


def examples_table(sessions: list[Json]) -> Table:
    """The latest sessions that show a failure; the name stands last, where a long one folds."""
    rows: list[list[object]] = [
        [
            Text(minute(one["closed_ns"])),
            Text(one["user"] or "-"),
            Text(one["release"] or "-"),
            cost(one["cost_nusd"]),
            duration(one["took_ns"]),
            Text(one["session"]),
        ]
        for one in sessions
    ]
    return table(["closed (UTC)", "user", "release", "cost", "took", "session"], rows)


def evidence_lines(sessions: list[Json]) -> list[Text]:
    """What the step that failed said, in the latest session that has one."""
    step = next((one["step"] for one in sessions if one["step"]), None)
    if step is None:
        return []
    said = step["error_message"] or step["error_type"] or "an error"
    return [Text(f"{step['tool'] or step['kind']} said: {said}", style="red")]


def blamed(group: Json) -> str:
    """The class of a failure and its author."""
    author = f" ({group['author']})" if group["author"] else ""
    return group["category"].replace("_", " ") + author


def duration(ns: int | None) -> str:
    """How long failed sessions took; unknown is a dash."""
    if ns is None:
        return "-"
    seconds = ns / 1e9
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"


def plus(known: str, unknown: int) -> str:
    """A number, and that it would be greater if everything were known; unknown as a whole is a dash."""
    return f"{known}+" if unknown and known != "-" else known


def blame_parts(answer: Json) -> list[Table | Text]:
    """Who is to blame for a session, the likeliest first, with what speaks against each."""
    head = Text(answer["session"], style="bold")
    head.append(f"  {answer['outcome']}: {answer['title']} ({answer['fingerprint']})", style="red")
    agents = ", ".join(f"{one['agent'] or 'no name'} {one['share']:.0%}" for one in answer["agents"][:5])
    parts: list[Table | Text] = [head, Text(f"agents: {agents}")]
    if not answer["stands_out"]:
        parts.append(Text("no decision stands out: the trace alone does not tell", style="yellow"))
    for one in answer["suspects"]:
        parts += suspect_lines(one, answer["decisions"])
    if answer["text_unknown"]:
        said = f"{answer['text_unknown']} of {answer['turns']} turns without text: the evidence is weaker"
        parts.append(Text(said, style="yellow"))
    parts.append(
        Text("A guess from signs in the trace: see docs/failures.md for how often it is right.", style="dim")
    )
    return parts


def suspect_lines(one: Json, decisions: int) -> list[Text]:
    """A suspect: which decision, its share of the blame, what it said, and what speaks against it."""
    step = one["step"]
    line = Text(f"{one['share']:>5.0%}  decision {one['number']} of {decisions}", style="bold")
    line.append(f"  {one['agent'] or 'no name'}: {step['name']}", style="cyan")
    if not step["synthetic_time"]:
        line.append(f"  {at(step['start_ns'])}", style="dim")
    author = f" ({one['author']})" if one["author"] else ""
    line.append(f"  {one['category'].replace('_', ' ')}{author}", style="dim")
    said = " ".join(one["said"].split())
    told = [Text(f"       - {why}") for why in one["evidence"]] or [
        Text("       - nothing but its place in the run", style="dim")
    ]
    quoted = [Text(f'       "{said[:SAID]}{"..." if len(said) > SAID else ""}"', style="dim")] if said else []
    return [line, *quoted, *told]
