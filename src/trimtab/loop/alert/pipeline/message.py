"""One message for all notifiers, made of a group's alerts and of what explains them."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from trimtab.loop.alert.model import Alert
from trimtab.loop.alert.notice import Evidence, Kind, Link, Message, Reading, Recent
from trimtab.loop.alert.pipeline.group import Group

Explain = Callable[[Sequence[Alert]], Evidence]
LINK, CHANGE = "link.", "change."
MILLI_NS = 1_000_000
MAX_TITLE, MAX_ALERTS = 500, 1000
PLAIN = re.compile(r"[\w.:-]+", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What is to be said: to whom, of what kind, about which alerts, decided when; `step` of an escalation, `by` whom."""

    receiver: str
    kind: Kind
    alerts: Sequence[Alert]
    at_ns: int
    step: int = 0
    by: str = ""


def dedup_key(group: Group) -> str:
    """The key of a group in its generation: 16 hex digits of the group, and the ms at which it opened."""
    named = orjson.dumps([group.project, group.key])
    return f"trimtab-{hashlib.blake2b(named, digest_size=8).hexdigest()}-{group.opened_ns // MILLI_NS}"


def compose(group: Group, saying: Saying, explain: Explain) -> Message:
    """The message; made twice of the same it has the same id."""
    key = dedup_key(group)
    named = orjson.dumps([key, saying.receiver, saying.kind, saying.at_ns, saying.step])
    alerts = tuple(saying.alerts)
    lead = leading(alerts)
    return Message(
        id=hashlib.blake2b(named, digest_size=16).hexdigest(),
        kind=saying.kind,
        project=group.project,
        receiver=saying.receiver,
        key=key,
        title=title_of(group, alerts)[:MAX_TITLE],
        summary=lead.annotations.get("description", "") if lead else "",
        severity="page" if any(one.labels.get("severity") == "page" for one in alerts) else "ticket",
        at_ns=saying.at_ns,
        group=group.key,
        group_labels=group.labels,
        alerts=alerts[:MAX_ALERTS],
        left_out=max(len(alerts) - MAX_ALERTS, 0),
        evidence=explain(alerts),
        by=saying.by,
        step=saying.step,
    )


def announce(project: str, receiver: str, recent: Recent, evidence: Evidence | None = None) -> Message:
    """A message about something that changed, such as a release: it pages nobody, and helps who is paged later."""
    named = orjson.dumps([project, receiver, recent.at_ns, recent.what])
    digest = hashlib.blake2b(named, digest_size=16).hexdigest()
    return Message(
        id=digest,
        kind="change",
        project=project,
        receiver=receiver,
        key=f"trimtab-change-{digest}",
        title=recent.what[:MAX_TITLE],
        at_ns=recent.at_ns,
        evidence=evidence or Evidence(),
    )


def leading(alerts: Sequence[Alert]) -> Alert | None:
    """The alert that speaks for the others: one that fires before one that is over, a page before a ticket, the oldest."""
    ranked = sorted(
        alerts, key=lambda one: (one.ends_ns is not None, one.labels.get("severity") != "page", one.starts_ns)
    )
    return ranked[0] if ranked else None


def title_of(group: Group, alerts: Sequence[Alert]) -> str:
    """One line: what the leading alert says, and how many others there are."""
    lead = leading(alerts)
    if lead is None:
        return group.key
    said = lead.annotations.get("summary") or lead.labels.get("alertname") or group.key
    others = len(alerts) - 1
    return f"{said} (and {others} more)" if others else said


def evidence_of(alerts: Sequence[Alert]) -> Evidence:
    """What the leading alert's annotations say.

    `sli` with `sli_value` `sli_n` `sli_low` `sli_high` `target`, `rows` (an address), `cohort` (JSON), `runbook`, `link.TEXT` (an address), `change.TIME` (what changed at an RFC 3339 time).
    """
    lead = leading(alerts)
    if lead is None:
        return Evidence()
    said = lead.annotations
    return Evidence(
        reading=reading_of(said),
        rows_url=said.get("rows", ""),
        cohort=cohort_of(said),
        changes=tuple(sorted(changes_of(said), key=lambda one: (-one.at_ns, one.what))),
        runbook=said.get("runbook", ""),
        links=tuple(
            Link(text=name.removeprefix(LINK), url=url)
            for name, url in sorted(said.items())
            if name.startswith(LINK)
        ),
    )


def reading_of(said: Mapping[str, str]) -> Reading | None:
    """The number in annotations; what is no number is no data."""
    if "sli" not in said:
        return None
    n = number(said.get("sli_n"))
    return Reading(
        name=said["sli"],
        value=number(said.get("sli_value")),
        n=None if n is None else int(n),
        low=number(said.get("sli_low")),
        high=number(said.get("sli_high")),
        target=number(said.get("target")),
    )


def number(written: str | None) -> float | None:
    """A finite number, or None."""
    try:
        value = float(written or "")
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None


def cohort_of(said: Mapping[str, str]) -> dict[str, str]:
    """The cohort in annotations; empty where it cannot be read."""
    try:
        found: Any = orjson.loads(said.get("cohort") or "{}")
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {str(name): str(value) for name, value in found.items()}  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def changes_of(said: Mapping[str, str]) -> list[Recent]:
    """The changes in annotations; a time that cannot be read is left out."""
    found: list[Recent] = []
    for name, what in said.items():
        if name.startswith(CHANGE):
            try:
                at = datetime.fromisoformat(name.removeprefix(CHANGE))
            except ValueError:
                continue
            if at.tzinfo is None:
                continue
            found.append(Recent(at_ns=int(at.timestamp()) * 1_000_000_000, what=what))
    return found


def iso(time_ns: int) -> str:
    """A time as RFC 3339 in UTC, to the millisecond."""
    at = datetime.fromtimestamp(time_ns // 1_000_000_000, tz=UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{time_ns // MILLI_NS % 1000:03d}Z"


def reading_text(reading: Reading) -> str:
    """A number with what it rests on, for people."""
    if reading.value is None:
        return f"{reading.name}: no data"
    said = f"{reading.name} {reading.value:.4g}"
    if reading.low is not None and reading.high is not None:
        said += f", 95 % interval {reading.low:.4g} to {reading.high:.4g}"
    if reading.n is not None:
        said += f", n = {reading.n}"
    return said if reading.target is None else f"{said}, promised {reading.target:.4g}"


def details_of(message: Message) -> list[tuple[str, str]]:
    """What the message rests on, line by line: (what it is, what it says); nothing that is not known."""
    found = [("project", message.project), ("severity", message.severity)]
    seen = message.evidence
    if message.by:
        found.append(("acknowledged by", message.by))
    if seen.reading is not None:
        found.append(("measured", reading_text(seen.reading)))
    if seen.cohort:
        found.append(("cohort", ", ".join(f"{name}={value}" for name, value in sorted(seen.cohort.items()))))
    found += [("changed", f"{iso(one.at_ns)} {one.what}") for one in seen.changes]
    return found


def links_of(message: Message) -> list[Link]:
    """Where to read on: the rows behind the number, the runbook, further links; only http and https."""
    seen = message.evidence
    named = [Link(text="rows behind it", url=seen.rows_url), Link(text="runbook", url=seen.runbook)]
    return [one for one in (*named, *seen.links) if one.url.startswith(("http://", "https://"))]


def cut(text: str, most: int) -> str:
    """A text of at most `most` characters; what was cut off is told by an ellipsis."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def headline(message: Message) -> str:
    """One line that says what the message is about."""
    title = " ".join(message.title.split())
    starts = {
        "trigger": f"[{message.severity}]",
        "acknowledge": f"Acknowledged by {message.by or 'somebody'}:",
        "resolve": "Over:",
        "change": "Changed:",
    }
    return f"{starts[message.kind]} {title}"


def plain_text(message: Message) -> str:
    """The whole message as plain text, line by line."""
    lines = [headline(message), ""]
    if message.summary:
        lines += [message.summary, ""]
    lines += [f"{name}: {said}" for name, said in details_of(message)]
    for alert in message.alerts:
        labels = ", ".join(f"{name}={value}" for name, value in sorted(alert.labels.items()))
        lines.append(f"{alert.status} since {iso(alert.starts_ns)}: {labels}")
    lines += [f"{one.text}: {one.url}" for one in links_of(message)]
    return "\n".join(lines)


def short_key(message: Message, most: int) -> str:
    """The key where it is plain and fits into `most` characters (at least 40), else its digest: the same for the same."""
    if len(message.key) <= most and PLAIN.fullmatch(message.key):
        return message.key
    return f"trimtab-{hashlib.blake2b(message.key.encode(), digest_size=16).hexdigest()}"
