"""The pipeline, one turn: groups, alerts and the time in; groups and messages out. Nothing here waits or sends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from trimtab.loop.alert.match import matches
from trimtab.loop.alert.model import Alert
from trimtab.loop.alert.notice import Message
from trimtab.loop.alert.pipeline.escalate import Climb, climb
from trimtab.loop.alert.pipeline.group import (
    NOTHING,
    Group,
    Told,
    alerts_of,
    gather,
    is_news,
    settle,
    ticks,
)
from trimtab.loop.alert.pipeline.inhibit import inhibited
from trimtab.loop.alert.pipeline.message import Explain, Saying, compose, dedup_key, evidence_of
from trimtab.loop.alert.pipeline.model import Route, Routing
from trimtab.loop.alert.pipeline.mute import muted
from trimtab.loop.alert.pipeline.route import all_routes
from trimtab.loop.alert.pipeline.silence import silenced
from trimtab.loop.alert.records import Acknowledgement, Silence


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """What holds now: the alerts of a project, its silences, and its acknowledgements by deduplication key."""

    alerts: Sequence[Alert] = ()
    silences: Sequence[Silence] = ()
    acknowledgements: Mapping[str, Acknowledgement] = field(default_factory=dict[str, Acknowledgement])


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What came of a turn: the groups as they are now, and the messages that follow from that."""

    groups: Mapping[str, Group]
    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What a group needs to know to speak: its route, what keeps silent in it, and the document."""

    routing: Routing
    route: Route
    hushed: frozenset[str]
    now_ns: int


def advance(
    routing: Routing,
    groups: Mapping[str, Group],
    scene: Scene,
    now_ns: int,
    explain: Explain = evidence_of,
) -> Turn:
    """Play one turn; the same input gives the same groups and messages, with the same ids."""
    routes = {one.id: one for one in all_routes(routing.route)}
    sources = [
        one
        for one in scene.alerts
        if one.ends_ns is None and any(matches(rule.source, one.labels) for rule in routing.inhibitions)
    ]
    found: dict[str, Group] = {}
    messages: list[Message] = []
    for key, group in sorted(gather(routing.route, groups, scene.alerts, now_ns).items()):
        route = routes.get(group.route) or Route(id=group.route, receivers=())
        hearing = Hearing(
            routing=routing,
            route=route,
            hushed=hush(routing, route, (group, sources, scene.silences), now_ns),
            now_ns=now_ns,
        )
        # Without a route any more what was told is taken back at once.
        hurried = group if group.route in routes else replace(group, due_ns=min(group.due_ns, now_ns))
        played, sayings = play(hurried, hearing, scene.acknowledgements)
        messages += [compose(spoken, saying, explain) for spoken, saying in sayings]
        if played.alerts:
            found[key] = played
    return Turn(groups=found, messages=tuple(messages))


def hush(
    routing: Routing,
    route: Route,
    seen: tuple[Group, Sequence[Alert], Sequence[Silence]],
    now_ns: int,
) -> frozenset[str]:
    """The alerts of a group that keep silent: all in a muted time, else those inhibited or silenced."""
    group, sources, silences = seen
    if muted(route, routing.intervals, now_ns):
        return frozenset(group.alerts)
    return frozenset(
        name
        for name, alert in group.alerts.items()
        if inhibited(routing.inhibitions, alert, sources) or silenced(silences, alert, now_ns)
    )


def play(
    group: Group, hearing: Hearing, acknowledged: Mapping[str, Acknowledgement]
) -> tuple[Group, list[tuple[Group, Saying]]]:
    """One group's turn: an acknowledgement is passed on, changes are told when it is due, an escalation goes on.

    Each saying comes with the group in whose generation it is said.
    """
    said: list[tuple[Group, Saying]] = []
    by = acknowledged.get(dedup_key(group)) if group.opened_ns else None
    if by is not None and not group.acknowledged:
        group = replace(group, acknowledged=True)
        said += [(group, one) for one in pass_on(group, by)]
    if group.due_ns <= hearing.now_ns:
        group, spoken = speak(group, hearing)
        said += spoken
    if group.climb is not None and not group.acknowledged:
        group, spoken = go_on(group, hearing, {one.receiver for _, one in said if one.kind == "trigger"})
        said += spoken
    return group, [one for one in said if one[1].receiver in hearing.routing.receivers]


def pass_on(group: Group, by: Acknowledgement) -> list[Saying]:
    """Tell everybody who was told of it that somebody looks after it."""
    firing, _ = alerts_of(group, NOTHING)
    return [
        Saying(receiver=name, kind="acknowledge", alerts=firing, at_ns=by.at_ns, by=by.by)
        for name, told in group.told.items()
        if told.firing
    ]


def speak(group: Group, hearing: Hearing) -> tuple[Group, list[tuple[Group, Saying]]]:
    """A group that is due: tell each receiver for which there is news."""
    route = hearing.route
    tick_ns, due_ns = ticks(group, route, hearing.now_ns)
    firing, resolved = alerts_of(group, hearing.hushed)
    if not firing and not resolved:
        return settle(group, hearing.hushed, due_ns), []
    if firing and not group.opened_ns:
        start = Climb(policy=route.escalation, since_ns=tick_ns) if route.escalation else None
        group = replace(group, opened_ns=tick_ns, told={}, climb=start, acknowledged=False)
    now = Told(
        firing=frozenset(one.fingerprint for one in firing),
        resolved=frozenset(one.fingerprint for one in resolved),
        at_ns=tick_ns,
    )
    told = dict(group.told)
    sayings: list[Saying] = []
    for name in (*route.receivers, *(one for one in group.told if one not in route.receivers)):
        receiver = hearing.routing.receivers.get(name)
        send_resolved = receiver is None or receiver.send_resolved
        if name not in route.receivers and firing:  # told by an escalation: only the end is news
            continue
        if is_news(group.told.get(name), now, route.repeat_s, send_resolved=send_resolved):
            told[name] = now
            if firing or send_resolved:
                alerts = [*firing, *resolved] if send_resolved else firing
                kind = "trigger" if firing else "resolve"
                sayings.append(Saying(receiver=name, kind=kind, alerts=alerts, at_ns=tick_ns))
    group = replace(group, told=told)
    said = [(group, one) for one in sayings]
    if not firing:
        group = replace(group, opened_ns=0, told={}, climb=None, acknowledged=False)
    return settle(group, hearing.hushed, due_ns), said


def go_on(group: Group, hearing: Hearing, just_told: set[str]) -> tuple[Group, list[tuple[Group, Saying]]]:
    """Take the steps of the escalation that are due, as long as something fires aloud."""
    firing, resolved = alerts_of(group, hearing.hushed)
    if group.climb is None or not firing:
        return group, []
    at, reached = climb(hearing.routing, group.climb, hearing.now_ns)
    now = Told(
        firing=frozenset(one.fingerprint for one in firing),
        resolved=frozenset(one.fingerprint for one in resolved),
        at_ns=hearing.now_ns,
    )
    group = replace(group, climb=at, told={**group.told, **{name: now for _, name in reached}})
    return group, [
        (group, Saying(receiver=name, kind="trigger", alerts=firing, at_ns=hearing.now_ns, step=number))
        for name, number in {name: number for number, name in reached}.items()
        if name not in just_told
    ]
