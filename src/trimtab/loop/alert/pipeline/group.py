"""Alerts that are told together, and when: first after `wait`, changes at each `interval`, the same again after `repeat`.

The semantics are Alertmanager's (dispatch.go, notify.go), with two differences: the timers survive a restart, and an alert
that ends while it is silenced stays in its group until somebody who was told of it can be told that it is over.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson

from trimtab.loop.alert.model import Alert
from trimtab.loop.alert.pipeline.escalate import Climb
from trimtab.loop.alert.pipeline.model import Route
from trimtab.loop.alert.pipeline.route import find_routes

SECOND_NS = 1_000_000_000
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a receiver was told last: fingerprints of what fired and of what was over, and when."""

    firing: frozenset[str]
    resolved: frozenset[str]
    at_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Alerts of one route with the same values of its `group_by` labels, by fingerprint.

    `due_ns` is the next time at which it may speak; `opened_ns` when it began to fire for people (0: it does not), which is
    its generation.
    """

    key: str
    project: str
    route: str
    labels: Mapping[str, str]
    due_ns: int
    alerts: Mapping[str, Alert] = field(default_factory=dict[str, Alert])
    flushed: bool = False
    opened_ns: int = 0
    told: Mapping[str, Told] = field(default_factory=dict[str, Told])
    climb: Climb | None = None
    acknowledged: bool = False


def group_labels(route: Route, labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that name an alert's group; one that the alert does not have is left out."""
    wanted = labels if route.group_by is None else route.group_by
    return {name: labels[name] for name in sorted(wanted) if name in labels}


def group_key(route: Route, labels: Mapping[str, str]) -> str:
    """A group's key as Alertmanager writes it: the conditions of its route, and its labels."""
    named = ", ".join(f"{name}={orjson.dumps(value).decode()}" for name, value in sorted(labels.items()))
    return f"{route.id}:{{{named}}}"


def gather(
    route: Route, groups: Mapping[str, Group], alerts: Iterable[Alert], now_ns: int
) -> dict[str, Group]:
    """The groups with the alerts as they are now.

    An alert that has ended opens no group. One that a group holds and that is gone, or goes elsewhere since the document
    changed, has ended there.
    """
    found = dict(groups)
    placed: dict[str, dict[str, Alert]] = {}
    for alert in alerts:
        name = alert.fingerprint
        for taken in find_routes(route, alert.labels):
            labels = group_labels(taken, alert.labels)
            key = group_key(taken, labels)
            group = found.get(key)
            if alert.ends_ns is not None and (group is None or name not in group.alerts):
                continue
            if group is None:
                due_ns = now_ns + int(taken.wait_s * SECOND_NS)
                group = Group(key=key, project=alert.project, route=taken.id, labels=labels, due_ns=due_ns)
            found[key] = hurried(group, alert, taken, now_ns)
            placed.setdefault(key, {})[name] = alert
    return {key: with_alerts(group, placed.get(key, {}), now_ns) for key, group in found.items()}


def hurried(group: Group, alert: Alert, route: Route, now_ns: int) -> Group:
    """The group, due at once where an alert has fired for longer than the wait before anybody was told."""
    late = not group.flushed and alert.starts_ns + int(route.wait_s * SECOND_NS) < now_ns < group.due_ns
    return replace(group, due_ns=now_ns) if late else group


def with_alerts(group: Group, placed: Mapping[str, Alert], now_ns: int) -> Group:
    """The group with the alerts that are placed in it, and the end of those that are no longer."""
    strays = {
        name: replace(alert, ends_ns=now_ns)
        for name, alert in group.alerts.items()
        if alert.ends_ns is None and name not in placed
    }
    return replace(group, alerts={**group.alerts, **strays, **placed})


def is_news(told: Told | None, now: Told, repeat_s: float, *, send_resolved: bool) -> bool:
    """Whether a receiver is to be told: something new fires, all is over, something is over, or it is time to repeat.

    What was over before anybody was told is no news.
    """
    if told is None:
        return bool(now.firing)
    if not now.firing <= told.firing:
        return True
    if not now.firing:
        return bool(told.firing)
    if send_resolved and not now.resolved <= told.resolved:
        return True
    return told.at_ns + int(repeat_s * SECOND_NS) <= now.at_ns


def ticks(group: Group, route: Route, now_ns: int) -> tuple[int, int]:
    """The last time up to now at which a group may speak, and the next: on the grid of its interval.

    What is told counts from the grid, so a late turn does not push a repetition to the next tick.
    """
    step = int(route.interval_s * SECOND_NS)
    last = group.due_ns + step * ((now_ns - group.due_ns) // step)
    return last, last + step


def settle(group: Group, hushed: Collection[str], due_ns: int) -> Group:
    """The group after it had its say: what is over leaves, unless it could not be told to one who waits for it."""
    awaited = NOTHING.union(*(told.firing for told in group.told.values()))
    alerts = {
        name: alert
        for name, alert in group.alerts.items()
        if alert.ends_ns is None or (name in hushed and name in awaited)
    }
    return replace(group, alerts=alerts, flushed=True, due_ns=due_ns)


def alerts_of(group: Group, hushed: Collection[str]) -> tuple[Sequence[Alert], Sequence[Alert]]:
    """What fires and what is over in a group, without what keeps silent; the oldest first."""
    seen = sorted(
        (alert for name, alert in group.alerts.items() if name not in hushed),
        key=lambda alert: (alert.starts_ns, alert.fingerprint),
    )
    return [one for one in seen if one.ends_ns is None], [one for one in seen if one.ends_ns is not None]


def pack_group(group: Group) -> str:
    """A group as JSON."""
    row = asdict(group)
    for told in row["told"].values():
        told["firing"], told["resolved"] = sorted(told["firing"]), sorted(told["resolved"])
    return orjson.dumps(row, option=orjson.OPT_SORT_KEYS).decode()


def unpack_group(packed: str) -> Group:
    """The group of `pack_group`."""
    row: dict[str, Any] = orjson.loads(packed)
    row["alerts"] = {name: Alert(**one) for name, one in row["alerts"].items()}
    row["told"] = {
        name: Told(firing=frozenset(one["firing"]), resolved=frozenset(one["resolved"]), at_ns=one["at_ns"])
        for name, one in row["told"].items()
    }
    row["climb"] = Climb(**row["climb"]) if row["climb"] else None
    return Group(**row)
