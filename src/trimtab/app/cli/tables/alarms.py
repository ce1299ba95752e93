"""Tables of alerts, silences, deliveries and incidents."""

import json
from typing import Any

from rich.table import Table
from rich.text import Text

from trimtab.app.cli.tables.promises import of
from trimtab.app.cli.tables.show import at, minute, table

Json = dict[str, Any]
Parts = list[Table | Text]
SPOKEN = (
    *("title", "why", "gravity", "role", "person", "impact", "actions", "text", "fingerprint"),
    *("hypothesis", "standing", "evidence"),
)
"""Fields of an event that people read."""
STYLES = {"page": "red", "ticket": "yellow", "open": "red", "acknowledged": "yellow", "mitigated": "cyan"}


def alert_parts(answer: Json) -> Parts:
    """Every alert in a line."""
    trouble: Parts = [Text(f"{name}: {why}", style="red") for name, why in answer["trouble"].items()]
    if answer["looked_ns"] is None:
        trouble.append(Text("no look at the promises yet since the start", style="dim"))
    if not answer["alerts"]:
        return [*trouble, Text("nothing fires")]
    rows: list[list[object]] = [
        [
            Text(one["fingerprint"][:8]),
            Text(one["labels"].get("severity", ""), style=STYLES.get(one["labels"].get("severity", ""), "")),
            Text(one["labels"].get("alertname", "")),
            Text(minute(one["starts_ns"])),
            Text("" if one["ends_ns"] is None else minute(one["ends_ns"])),
            Text(one["acknowledged_by"] or ""),
            Text(one["annotations"].get("summary", "")),
        ]
        for one in answer["alerts"]
    ]
    return [*trouble, table(["alert", "severity", "what", "since (UTC)", "until", "who", ""], rows)]


def one_alert(one: Json) -> Parts:
    """One alert with all that it tells its reader."""
    said = one["annotations"]
    found: Parts = [
        Text(said.get("summary", one["labels"].get("alertname", "")), style="bold"),
        Text(said.get("description", "")),
        Text(
            f"{one['status']} since {at(one['starts_ns'])}"
            + (f" until {at(one['ends_ns'])}" if one["ends_ns"] else "")
        ),
        Text("  ".join(f"{name}={value}" for name, value in one["labels"].items()), style="dim"),
    ]
    if "sli_value" in said:
        found.append(
            Text(
                f"{said['sli']} {float(said['sli_value']):.2%} (95 % interval {float(said['sli_low']):.2%} to"
                f" {float(said['sli_high']):.2%}, n = {said['sli_n']}), promised {float(said['target']):.2%}"
            )
        )
    if cohort := json.loads(said.get("cohort") or "{}"):
        found.append(Text("explained by " + ", ".join(f"{k}={v}" for k, v in cohort.items()), style="yellow"))
    found += [
        Text(f"changed {name.removeprefix('change.')}  {what}")
        for name, what in sorted(said.items())
        if name.startswith("change.")
    ]
    found += [Text(f"{name:<8} {said[name]}") for name in ("rows", "runbook") if name in said]
    return found


def silences_table(rows: list[Json]) -> Table | Text:
    """Every silence in a line."""
    if not rows:
        return Text("nothing is silenced")
    listed: list[list[object]] = [
        [
            Text(one["id"]),
            Text(one["state"]),
            Text(minute(one["ends_ns"])),
            Text(one["author"]),
            Text(", ".join(one["matchers"])),
            Text(one["comment"], style="dim"),
        ]
        for one in rows
    ]
    return table(["silence", "state", "until (UTC)", "who", "what", "why"], listed)


def log_parts(answer: Json) -> Parts:
    """What is not delivered, then what was tried."""
    found: Parts = []
    if answer["open"]:
        rows: list[list[object]] = [
            [
                Text(one["id"][:12]),
                Text(one["receiver"]),
                Text(one["standing"], style="red" if one["standing"] != "waiting" else "yellow"),
                one["attempts"],
                Text(one["title"]),
                Text(one["reason"], style="dim"),
            ]
            for one in answer["open"]
        ]
        found.append(table(["message", "receiver", "", "tries", "what", "why"], rows))
    log: list[list[object]] = [
        [
            Text(at(one["at_ns"])),
            Text(one["receiver"]),
            Text(one["kind"]),
            Text(one["outcome"]),
            Text(one["reason"], style="dim"),
        ]
        for one in answer["log"]
    ]
    return (
        [*found, table(["when", "receiver", "what", "came of it", ""], log)]
        if log or found
        else [Text("nothing was sent yet")]
    )


def quality_parts(answer: Json) -> Parts:
    """Every rule in a line, the noisiest first, then all of them together."""
    if not answer["rules"]:
        return [Text("no alert belonged to an incident yet")]
    rows: list[list[object]] = [
        [
            Text(one["rule"]),
            one["alerts"],
            counted(one["acknowledged"]),
            counted(one["acted"]),
            counted(one["by_itself"]),
            one["flaps"],
            Text("; ".join(one["noisy"]), style="yellow"),
        ]
        for one in answer["rules"]
    ]
    detection = (
        "-"
        if answer["detection_min"] is None
        else f"{answer['detection_min']:.0f} min (n = {answer['detection_n']})"
    )
    reset = "-" if answer["reset_min"] is None else f"{answer['reset_min']:.0f} min (n = {answer['reset_n']})"
    heads = ["rule", "alerts", "acknowledged", "acted on", "over by itself", "flaps", "noisy"]
    return [
        table(heads, rows),
        Text(
            f"incidents noticed by an alert: {counted(answer['recall'])}; median detection {detection}, reset {reset}",
            style="dim",
        ),
    ]


def counted(ratio: Json) -> str:
    """Good of all."""
    n = ratio["good"] + ratio["bad"]
    return of({"value": ratio["good"] / n if n else None, "n": n})


def incident_parts(answer: Json) -> Parts:
    """Every incident in a line, then the four times."""
    rows: list[list[object]] = [
        [
            Text(one["id"]),
            Text(one["status"], style=STYLES.get(one["status"], "green")),
            Text(one["gravity"]),
            Text(minute(one["detected_ns"])),
            len(one["members"]),
            Text(one["roles"].get("commander", "")),
            Text(one["title"]),
        ]
        for one in answer["incidents"]
    ]
    heads = ["incident", "status", "gravity", "detected (UTC)", "alerts", "commander", ""]
    first: Table | Text = table(heads, rows) if rows else Text("no incident goes on")
    times: list[list[object]] = [
        [
            Text(name.upper()),
            span(one["median_s"]),
            span(one["p90_s"]),
            one["n"],
            Text(one["definition"], style="dim"),
        ]
        for name, one in answer["times"].items()
        if one["n"]
    ]
    return [first, table(["", "median", "p90", "n", ""], times)] if times else [first]


def span(seconds: float | None) -> str:
    """Seconds as minutes or hours."""
    if seconds is None:
        return "-"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def one_incident(answer: Json) -> Parts:
    """One incident and its timeline."""
    one = answer["incident"]
    found: Parts = [
        Text(f"{one['id']}  {one['title']}", style="bold"),
        Text(f"{one['status']}, {one['gravity']}, {one['objective']}"),
        Text(
            f"impact since {at(one['impact_ns'])}, detected {at(one['detected_ns'])}, resolved {at(one['resolved_ns'])}"
        ),
    ]
    found += [Text(f"{role}: {person}") for role, person in one["roles"].items()]
    rows: list[list[object]] = [
        [
            Text(at(event["at_ns"])),
            Text(event["who"]),
            Text(event["what"]),
            Text(words(event["said"]), style="dim"),
        ]
        for event in answer["timeline"]
    ]
    return [*found, table(["when", "who", "what", ""], rows)]


def words(said: Json) -> str:
    """What an event says, in a line; of an alert its name and its fingerprint."""
    alert = said.get("alert")
    parts = [f"{alert['name']} ({alert['fingerprint'][:8]})"] if alert else []
    spoken: list[Any] = [said[name] for name in SPOKEN if said.get(name)]
    parts += [one if isinstance(one, str) else ", ".join(map(str, one)) for one in spoken]
    parts += [f"{name} {at(said[f'{name}_ns'])}" for name in ("eta", "happened") if said.get(f"{name}_ns")]
    return "; ".join(parts)[:300]
