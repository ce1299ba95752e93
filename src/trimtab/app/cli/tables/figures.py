"""Tables of what was measured."""

from typing import Any

from rich.table import Table
from rich.text import Text

from trimtab.app.cli.tables.show import number, table

Json = dict[str, Any]


def indicator_tables(indicators: list[Json]) -> list[Table | Text]:
    """What was measured, and in a few words what was not and why."""
    rows: list[list[object]] = []
    missing: dict[str, list[str]] = {}
    for one in indicators:
        if one["health"] == "unavailable":
            missing.setdefault(one["reasons"][0], []).append(one["name"])
            continue
        rows.append(indicator_row(one, one["name"]))
        rows += [indicator_row(part, f"  {part['method']}") for part in one.get("series", ())]
    said = [Text(f"not measured: {', '.join(names)} ({why})", style="dim") for why, names in missing.items()]
    return [table(["indicator", "value", "95 % interval", "n", "unknown", ""], rows), *said]


def indicator_row(one: Json, name: str) -> list[object]:
    """One line of the table."""
    return [
        Text(name),
        number(one["value"], one["unit"]),
        interval(one["interval"], one["unit"]),
        one["n"],
        one.get("unknown", "-"),
        Text("; ".join([*one["reasons"], *maturing(one["matured"])]), style="yellow"),
    ]


def maturing(share: float | None) -> list[str]:
    """A word where facts may still be on their way."""
    return [] if share is None or share == 1 else [f"{number(share, 'ratio')} matured"]


def interval(found: list[float] | None, unit: str) -> str:
    """An interval, or a dash."""
    return f"{number(found[0], unit)} .. {number(found[1], unit)}" if found else "-"


def inference_parts(answer: Json) -> list[Table | Text]:
    """What labels say, what is inferred, and how good that is on sessions that were not learnt from."""
    told, estimate, found = answer["labelled"], answer["estimate"], answer["quality"]
    rows: list[list[object]] = [
        [
            Text("labelled alone"),
            number(told["value"], "ratio"),
            interval(told["interval"], "ratio"),
            told["n"],
        ]
    ]
    if estimate is None:
        return guess_parts(answer, rows)
    rows.append(
        [
            Text("with what is inferred"),
            number(estimate["value"], "ratio"),
            interval(estimate["interval"], "ratio"),
            estimate["labelled"] + estimate["predicted"],
        ]
    )
    said = (
        f"{answer['method']}: right on {number(found['accuracy'], 'ratio')} of labels it had not seen"
        f" (always the same answer: {number(found['majority'], 'ratio')});"
        f" Brier score {found['brier']:.3f} ({found['brier_constant']:.3f})"
    )
    bins: list[list[object]] = [
        [number(one["said"], "ratio"), number(one["was"], "ratio"), one["n"]] for one in found["calibration"]
    ]
    parts = [
        table(["task success", "value", "95 % interval", "n"], rows),
        Text(said),
        table(["said", "was", "n"], bins),
    ]
    return [*parts, unlikely(answer)] if answer["inferred"] else parts


def guess_parts(answer: Json, rows: list[list[object]]) -> list[Table | Text]:
    """What is said where too few outcomes are reported: a first guess, and how little it is worth."""
    guess, columns = answer["guess"], ["task success", "value", "95 % interval", "n"]
    if guess is None:
        return [table(columns, rows), Text(f"not inferred: {answer['why']}")]
    rows.append([Text("a first guess, without labels"), number(guess["value"], "ratio"), "-", guess["n"]])
    tried = [
        f"{number(one['accuracy'], 'ratio')} on {one['on']} ({one['tried']}; always the same answer:"
        f" {number(one['majority'], 'ratio')})"
        for one in guess["measured"]
    ]
    return [
        table(columns, rows),
        Text(
            f"{answer['method']}, learnt on {' and '.join(guess['learnt_on'])}, was right on {', '.join(tried)}."
        ),
        Text(
            f"Take it for no more than a hint of where to look. For a number of your own it {answer['why']}."
        ),
        unlikely(answer),
    ]


def unlikely(answer: Json) -> Table:
    """The sessions that look least like a success."""
    worst: list[list[object]] = [
        [Text(one["session"]), number(one["probability"], "ratio")] for one in answer["inferred"][:10]
    ]
    return table(["least likely to have gone well", "probability"], worst)


def trials_parts(answer: Json) -> list[Table | Text]:
    """pass@k and pass^k, and how many tasks always, sometimes and never succeed."""
    said = (
        f"{answer['tasks']} tasks, {answer['trials']} trials: {answer['always']} always succeed,"
        f" {answer['sometimes']} sometimes, {answer['never']} never"
    )
    rows: list[list[object]] = [
        [
            str(one["k"]),
            *(
                cell
                for name in ("pass_at", "pass_hat")
                for cell in (number(one[name]["value"], "ratio"), interval(one[name]["interval"], "ratio"))
            ),
            one["tasks"],
        ]
        for one in answer["passes"]
    ]
    return [
        Text(said, style="bold"),
        table(["k", "pass@k", "95 % interval", "pass^k", "95 % interval", "tasks"], rows),
    ]


def catalogue_table(rows: list[Json]) -> Table:
    """The catalogue of indicators."""
    shown: list[list[object]] = [
        [Text(row["name"]), Text(row["of"]), Text(row["unit"]), Text(row["title"]), Text(row["needs"])]
        for row in rows
    ]
    return table(["indicator", "of", "unit", "what it is", "needs"], shown)


def report_tables(answer: Json) -> list[Table | Text]:
    """The report of indicators, group by group."""
    found: list[Table | Text] = []
    for group in answer["groups"]:
        counts = group["counts"]
        title = (
            ", ".join(f"{k}={v or '-'}" for k, v in (answer["cohort"] | group["group"]).items())
            or "all agents"
        )
        found.append(Text(f"\n{title}: {counts['sessions']} sessions, {counts['open']} open", style="bold"))
        found += indicator_tables(group["indicators"])
        if group["tools"]:
            tools: list[list[object]] = [
                [
                    Text(t["tool"] or "(unnamed)"),
                    number(t["value"], "ratio"),
                    interval(t["interval"], "ratio"),
                    t["calls"],
                    t["errors"],
                ]
                for t in group["tools"]
            ]
            found.append(table(["tool", "success", "95 % interval", "calls", "errors"], tools))
    return found


SHOWN = 10
"""Rows of a table that is not the first thing one asks for; --json has all."""


def coverage_tables(answer: Json) -> list[Table | Text]:
    """What can be seen of each agent, then the worst blind spots with what mends them."""
    if not answer["agents"]:
        return [Text("no session matches; `trimtab sessions` lists what there is")]
    agents: list[list[object]] = [
        [Text(one["agent"] or "(unnamed)"), one["sessions"], number(one["seen"], "ratio")]
        for one in answer["agents"]
    ]
    blind: list[list[object]] = [
        [
            Text(one["agent"] or "(unnamed)"),
            Text(one["hidden"]),
            f"{number(one['share'], 'ratio')} of {one['events']:,} {one['of']}",
            Text(one["fix"]),
        ]
        for one in answer["blind_spots"]
    ]
    found: list[Table | Text] = [table(["agent", "sessions", "seen"], agents)]
    for of, count in (("intent", "sessions"), ("tool", "calls")):
        rows: list[list[object]] = [
            [Text(one[of] or "(unnamed)"), f"{one[count]:,}", number(one["seen"], "ratio")]
            for one in answer[f"{of}s"][:SHOWN]
        ]
        if rows:
            found += [Text(""), table([of, count, "seen"], rows)]
    if blind:
        found += [
            Text("\nblind spots, the worst first", style="bold"),
            table(["agent", "not known", "of", "what to do"], blind),
        ]
    if answer["more"]:
        found.append(Text(f"and {answer['more']} more", style="dim"))
    return found
