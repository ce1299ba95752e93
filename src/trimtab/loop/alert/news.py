"""Changes of agents (a release, a prompt, a model) as change events, for whoever is paged later."""

from collections.abc import Mapping
from dataclasses import dataclass

from trimtab.loop.alert.notice import Message, Recent
from trimtab.loop.alert.pipeline import Routing, announce
from trimtab.loop.store import Analytics, Scope, find_changes

RECORD = "changes"
TAKES_CHANGES = frozenset({"pagerduty"})
"""Receivers that keep changes beside alerts, and wake nobody for them."""
MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """Up to when changes have been told, to keep; and the messages that tell of those since."""

    records: Mapping[str, str]
    messages: tuple[Message, ...]


def changes_to_tell(
    analytics: Analytics, project: str, routing: Routing | None, kept: Mapping[str, str], now_ns: int
) -> News:
    """The changes since the last look, for each receiver that takes them; at the first look nothing is old news.

    A change is a value that another one of its kind came before. Told twice it is the same event.
    """
    receivers = [
        one.name for one in (routing.receivers.values() if routing else ()) if one.kind in TAKES_CHANGES
    ]
    if not receivers:
        return News(records={}, messages=())
    last_ns = int(kept.get(RECORD, now_ns))
    rows = find_changes(analytics, Scope(project=project, since_ns=last_ns), MOST)
    new = [row for row in rows if row["before"] is not None and int(row["first_ns"]) > last_ns]
    upto_ns = max([last_ns, *(int(row["first_ns"]) for row in new)])
    told = [Recent(at_ns=int(row["first_ns"]), what=said_of(row)) for row in new]
    messages = tuple(announce(project, receiver, recent) for recent in told for receiver in receivers)
    same = kept.get(RECORD) == str(upto_ns)
    return News(records={} if same else {RECORD: str(upto_ns)}, messages=messages)


def said_of(row: Mapping[str, object]) -> str:
    """A change in words."""
    parts = [
        str(row["agent"] or "an agent") + ":",
        str(row["kind"]),
        str(row["subject"] or ""),
        str(row["value"]),
    ]
    return " ".join(part for part in parts if part)
