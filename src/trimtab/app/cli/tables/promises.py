"""Tables of promises: plans, budgets, backtests, proposals."""

from typing import Any

from rich.table import Table
from rich.text import Text

from trimtab.app.cli.tables.figures import interval
from trimtab.app.cli.tables.show import at, minute, number, table

Json = dict[str, Any]
Parts = list[Table | Text]
MINUTE_NS = 60_000_000_000
MOST_FIRINGS = 50
BARS = " ▁▂▃▄▅▆▇█"


def share(value: float | None) -> str:
    """A share of a budget: it may be below 0, and is a dash where it is not known."""
    return "-" if value is None else f"{value:.1%}"


def target(value: float | None) -> str:
    """A target with all its digits."""
    return "-" if value is None else f"{value * 100:.6g} %"


def rate(value: float | None) -> str:
    """A burn rate."""
    return "-" if value is None else f"{value:.3g}"


def duration(minutes: float | None) -> str:
    """Minutes as a person says them; "never" where they never come."""
    if minutes is None:
        return "never"
    if minutes < 90:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 2880 else f"{minutes / 1440:.1f} d"


def proposals_table(answer: Json) -> Table:
    """What each indicator would promise, and why or why not."""
    rows: list[list[object]] = [
        [
            Text(one["indicator"]),
            target(one["target"]),
            "-" if one.get("threshold") is None else f"{one['threshold']:g}",
            number(one.get("achieved"), "ratio"),
            interval(one.get("interval"), "ratio"),
            f"{one.get('events') or 0:,.0f}",
            Text(one["why"], style="dim"),
        ]
        for one in answer["proposals"]
    ]
    return table(["indicator", "target", "threshold", "kept", "95 % interval", "n", ""], rows)


def plan_parts(answer: Json) -> Parts:
    """What would change, then what the rules would do."""
    found: Parts = []
    for what, style in (("added", "green"), ("removed", "red")):
        found += [Text(f"{what} {name}", style=style) for name in answer[what]]
    for one in answer["changed"]:
        note = " (its history before is of another promise)" if one["recounted"] else ""
        found.append(Text(f"changed {one['id']} {one['target']}{note}", style="yellow"))
        found += [Text(f"  {f['field']}: {f['before'] or '-'} -> {f['after'] or '-'}") for f in one["fields"]]
    if not found:
        found.append(Text("nothing would change"))
    if answer["routing"] == "none":
        found.append(Text("no AlertRouting among the files: nobody will be told", style="yellow"))
    for one in answer["objectives"]:
        found += outlook_parts(one)
    return found


def outlook_parts(one: Json) -> Parts:
    """The rules of an objective: what to expect of them, and what is wrong."""
    traffic = f"{one['per_day']:,.0f} events a day, {one['base_rate']:.2%} good"
    said = "no events yet, so assumed: " if one["assumed"] else ""
    found: Parts = [Text(f"\n{one['objective']}", style="bold"), Text(f"{said}{traffic}", style="dim")]
    why = {row["rule"]: row["why"] for row in one["why"]}
    rows: list[list[object]] = [
        [
            Text(rule["rule"]),
            Text(rule["severity"]),
            *(duration(delay["median_min"]) for delay in rule["delays"]),
            f"{rule['false_per_30d']['value']:.2g}",
            Text(why.get(rule["rule"], "declared"), style="dim"),
        ]
        for rule in one["rules"]
    ]
    heads = ["rule", "severity", "outage", "half fail", "1 in 5 fails", "false in 30 d", "why this one"]
    found.append(table(heads, rows))
    for finding in one["findings"]:
        style = "red" if finding["level"] == "error" else "yellow"
        found.append(Text(f"{finding['level']}: {finding['rule']}: {finding['says']}", style=style))
        found.append(Text(f"  {finding['instead']}"))
    return found


def budget_parts(answer: Json) -> Parts:
    """Every objective in a line; then composites, and what low budgets demand."""
    if not answer["objectives"]:
        return [Text("nothing is promised yet; `trimtab init slo` proposes objectives from your data")]
    rows: list[list[object]] = [
        [
            Text(one["id"]),
            target(one["target"]),
            number(one["achieved"], "ratio"),
            f"{one['n']:,.0f}",
            Text(share(one["left"]), style=colour(one["left"])),
            rate(one["burn"]["1h"]),
            rate(one["burn"]["1d"]),
            Text(until(one)),
            Text("; ".join(words(one)), style="yellow"),
        ]
        for one in answer["objectives"]
    ]
    heads = ["objective", "target", "kept", "n", "budget left", "burn 1h", "burn 1d", "used up", ""]
    found: Parts = [table(heads, rows)]
    found += [
        Text(f"{one['slo']}: {share(one['left'])} left over all its objectives")
        for one in answer["composites"]
    ]
    for one in answer["actions"]:
        action = one["action"]
        text = f"{action['act']} for {action['risk']} risk since {at(one['since_ns'])}: {action['objective']}: {action['because']}"
        found.append(Text(text, style="yellow"))
    return found


def colour(left: float | None) -> str:
    """Green while there is budget, red when it is overdrawn."""
    if left is None:
        return "dim"
    return "red" if left <= 0 else "yellow" if left < 0.25 else "green"


def until(one: Json) -> str:
    """When the budget is used up, if the burn of the last day goes on."""
    return "already" if one["spent"] else "-" if one["exhausted_ns"] is None else minute(one["exhausted_ns"])


def words(one: Json) -> list[str]:
    """What stands beside the number: alerts, the health of the measurement, what is not mature yet."""
    firing = sorted({alert["severity"] for alert in one["alerts"]})
    immature = [f"{one['immature']:.0%} not mature"] if one["immature"] else []
    return [*(f"{severity} firing" for severity in firing), *one["reasons"], *immature]


def objective_parts(answer: Json) -> Parts:
    """One objective: the budget over its window as a line, then its rules."""
    now = answer["now"]
    line = "".join(bar(value) for value in thinned(answer["history"]["left"], 72))
    return [
        Text(f"{now['id']}  {now['title']}", style="bold"),
        Text(
            f"target {target(now['target'])} over {now['window']}: kept {number(now['achieved'], 'ratio')}"
            f" ({interval(now['interval'], 'ratio')}, n = {now['n']:,.0f}), {now['bad']:,.0f} bad of"
            f" {now['allowed_bad']:,.1f} allowed, {share(now['left'])} left"
        ),
        Text(f"budget left over the window  {line}"),
        Text("burn  " + "  ".join(f"{name} {rate(value)}" for name, value in now["burn"].items())),
        *outlook_parts(answer["alerting"]),
    ]


def thinned(values: list[float | None], most: int) -> list[float | None]:
    """At most so many of the values, evenly, the last among them."""
    step = max(1, -(-len(values) // most))
    return values[::-step][::-1]


def bar(value: float | None) -> str:
    """One value of 0 to 1 as a bar; a dot where it is not known."""
    return "·" if value is None else BARS[max(0, min(8, round(value * 8)))]


def backtest_parts(answer: Json) -> Parts:
    """What each objective's rules would have sent, and how good that would have been."""
    found: Parts = []
    for one in answer["objectives"]:
        found.append(Text(f"\n{one['objective']}", style="bold"))
        found.append(
            Text(f"{len(one['bad_spans'])} bad spans, {one['events_per_day']:,.0f} events a day", style="dim")
        )
        scores: list[list[object]] = [
            [
                Text(score["rule"] or "all pages"),
                score["firings"],
                of(score["precision"]),
                of(score["recall"]),
                duration(score["detection_min"]) if score["detection_min"] is not None else "-",
                f"{score['false_per_30d']:.2g}",
            ]
            for score in one["scores"]
        ]
        found.append(
            table(["rule", "sent", "about something", "noticed", "detection", "false in 30 d"], scores)
        )
        if one["firings"]:
            found.append(firings_table(one["firings"]))
    return found or [Text("nothing is promised yet; name documents with -f")]


def firings_table(firings: list[Json]) -> Table:
    """The latest firings."""
    rows: list[list[object]] = [
        [
            Text(minute(one["fired_min"] * MINUTE_NS)),
            Text(one["severity"]),
            Text("-" if one["resolved_min"] is None else duration(one["resolved_min"] - one["fired_min"])),
            Text("false" if one["span"] is None else f"after {duration(one['delay_min'])}"),
            Text(one["why"], style="dim"),
        ]
        for one in firings[-MOST_FIRINGS:]
    ]
    return table(["UTC", "severity", "for", "noticed", "why"], rows)


def of(ratio: Json) -> str:
    """A ratio of few: good of n."""
    return "-" if ratio["value"] is None else f"{round(ratio['value'] * ratio['n'])} of {ratio['n']}"


def translation_parts(answer: Json) -> Parts:
    """What is open, what could not be carried over, and what the other tool would say of the same events."""
    found: Parts = []
    for one in answer["questions"]:
        found.append(Text(f"{one['slo']}: {one['asks']}", style="yellow"))
        found.append(Text(f"  --indicator {one['slo']}=... one of {', '.join(one['candidates'])}"))
    found += [Text(note, style="dim") for note in answer["notes"]]
    for one in answer["contrasts"]:
        rows: list[list[object]] = [
            [
                Text(name),
                share(said["error_share"]),
                share(said["left"]),
                rate(said["burn"]),
                Text(said["why"], style="dim"),
            ]
            for name, said in (("true", one["truth"]), (one["tool"], one["theirs"]))
        ]
        found += [
            Text(f"\n{one['objective']}, on your own events", style="bold"),
            table(["", "bad", "budget left", "burn 1h", "why"], rows),
        ]
    return found
