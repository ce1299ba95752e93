"""Tables of what contracts decided, of providers, and of where sessions that break a promise differ."""

from typing import Any

from rich.table import Table
from rich.text import Text

from trimtab.app.cli.tables.show import at, number, table

Json = dict[str, Any]
KINDS = (
    ("decided", "decided"),
    ("deny", "denied"),
    ("ask", "asked"),
    ("transform", "changed"),
    ("warn", "warned"),
    ("would deny", "would deny"),
    ("would ask", "would ask"),
    ("suspected", "seems injected"),
)
REFUSED = ("refused", "model refused")


def safety_parts(answer: Json) -> list[Table | Text]:
    """Decisions by agent, by tool and by reason: steps, and sessions in brackets."""
    if not answer["agents"]:
        return [Text("no contract told of a decision; `trimtab contract` drafts one")]
    agents: list[list[object]] = [
        [Text(one["agent"] or "(unnamed)"), *counts(one, (*KINDS, REFUSED))] for one in answer["agents"]
    ]
    tools: list[list[object]] = [
        [
            Text(one["agent"] or "(unnamed)"),
            Text("texts" if one["tool"] is None else one["tool"] or "(unnamed)"),
            *counts(one, KINDS),
        ]
        for one in answer["tools"]
    ]
    reasons: list[list[object]] = [
        [Text(one["agent"] or "(unnamed)"), Text(one["reason"]), beside(one)] for one in answer["reasons"]
    ]
    heads = [head for _, head in KINDS]
    return [
        Text("steps, and in brackets the sessions that hold them", style="dim"),
        table(["agent", *heads, REFUSED[1]], agents),
        Text(""),
        table(["agent", "about", *heads], tools),
        Text(""),
        table(["agent", "reason", "steps"], reasons),
    ]


def counts(one: Json, kinds: tuple[tuple[str, str], ...]) -> list[object]:
    """The cells of what was counted."""
    return [beside(one["counts"][name]) for name, _ in kinds]


def beside(of: Json) -> str:
    """Steps, and the sessions that hold them."""
    return f"{of['steps']:,} ({of['sessions']:,})" if of["sessions"] else f"{of['steps']:,}"


def provider_parts(answer: Json) -> list[Table | Text]:
    """Each provider, how concentrated calls, tokens and cost are, and outages."""
    if not answer["providers"]:
        return [Text("no model was called")]
    rows: list[list[object]] = [
        [
            Text(one["provider"] or "(unnamed)"),
            f"{one['calls']:,}",
            *(number(one["share"][of], "ratio") for of in ("calls", "tokens", "cost")),
            f"{one['errors']:,}",
            number(one["faults"]["value"], "ratio"),
            Text(", ".join(f"{name} {count:,}" for name, count in one["by_class"].items()) or "-"),
        ]
        for one in answer["providers"]
    ]
    heads = [
        "provider",
        "calls",
        "of calls",
        "of tokens",
        "of cost",
        "errors",
        "its faults",
        "errors by class",
    ]
    largest = [
        Text(
            f"{of}: largest share {number(found['largest'], 'ratio')}, as {number(found['effective'])} alike"
        )
        for of, found in answer["concentration"].items()
        if found["largest"] is not None
    ]
    return [table(heads, rows), Text(""), *largest, Text(""), *outage_parts(answer)]


def outage_parts(answer: Json) -> list[Table | Text]:
    """When providers were out."""
    found: list[Table | Text] = []
    if answer["sought_since_ns"] is not None:
        found.append(Text(f"outages since {at(answer['sought_since_ns'])}: too many minutes before", "dim"))
    if not answer["outages"]:
        return [*found, Text("no outage, as far as calls tell")]
    rows: list[list[object]] = [
        [
            Text(one["provider"]),
            Text(at(one["start_ns"])),
            Text(at(one["end_ns"])),
            f"{one['faults']:,} of {one['calls']:,}",
            share(one["interval"]),
            number(one["usual"], "ratio"),
            Text(", ".join(agent or "(unnamed)" for agent in one["agents"])),
        ]
        for one in answer["outages"]
    ]
    heads = ["out", "from", "until", "failed", "95 % interval", "usual", "agents"]
    return [*found, table(heads, rows)]


def breach_parts(answer: Json) -> list[Table | Text]:
    """How many sessions break it, and the cohorts where they concentrate."""
    seen = answer["bad"] + answer["good"]
    said = f"{answer['bad']:,} of {seen:,} sessions break {answer['objective']}"
    found: list[Table | Text] = [
        Text(f"{said}: a sample of {answer['total']:,}" if answer["sampled"] else said, style="bold")
    ]
    if not answer["cohorts"]:
        return [
            *found,
            Text("in no cohort, tool or prompt more often than elsewhere, as far as this can tell"),
        ]
    rows: list[list[object]] = [
        [
            Text(one["name"]),
            Text(one["value"]),
            f"{one['k']:,} of {one['n']:,}",
            share(one["interval"]),
            f"{one['other_k']:,} of {one['other_n']:,}",
            share(one["other_interval"]),
        ]
        for one in answer["cohorts"]
    ]
    heads = ["cohort", "value", "break it", "95 % interval", "all others", "95 % interval"]
    return [*found, table(heads, rows)]


def share(interval: list[float]) -> str:
    """An interval of a share."""
    return f"{number(interval[0], 'ratio')} .. {number(interval[1], 'ratio')}"
