"""Who is on call: turns on the wall clock of a zone, so a hand-over at nine is at nine in summer and winter."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from trimtab.loop.alert.pipeline.fields import (
    Node,
    fields,
    items,
    local_time,
    name_of,
    seconds,
    text,
    texts,
    unique,
    wrong,
    zone,
)
from trimtab.loop.alert.pipeline.model import Override, Rotation

SECOND_NS = 1_000_000_000
LEAST_SHIFT_S = 3600.0


def on_call(rotation: Rotation, now_ns: int) -> str | None:
    """The person on call at a time; None before the first turn. Of overrides the last one that covers it holds."""
    now = datetime.fromtimestamp(now_ns // SECOND_NS, tz=UTC)
    for override in reversed(rotation.overrides):
        if instant(override.starts, rotation.zone) <= now < instant(override.ends, rotation.zone):
            return override.person
    turn = turn_at(rotation, now)
    return rotation.people[turn % len(rotation.people)] if turn >= 0 else None


def next_handover(rotation: Rotation, now_ns: int) -> int:
    """The time of the next regular hand-over, ns since the Unix epoch."""
    now = datetime.fromtimestamp(now_ns // SECOND_NS, tz=UTC)
    turn = max(turn_at(rotation, now) + 1, 0)
    return int(handover(rotation, turn).timestamp()) * SECOND_NS


def turn_at(rotation: Rotation, now: datetime) -> int:
    """The number of the turn, from 0; below 0 before the first.

    Hand-overs are compared as instants: the hour that a clock goes through twice hands over once.
    """
    wall = now.astimezone(ZoneInfo(rotation.zone)).replace(tzinfo=None)
    turn = (wall - rotation.starts) // timedelta(seconds=rotation.shift_s)
    while handover(rotation, turn + 1) <= now:
        turn += 1
    while handover(rotation, turn) > now:
        turn -= 1
    return turn


def handover(rotation: Rotation, turn: int) -> datetime:
    """The instant at which a turn begins."""
    return instant(rotation.starts + turn * timedelta(seconds=rotation.shift_s), rotation.zone)


def instant(wall: datetime, zone_name: str) -> datetime:
    """The instant of a time on the wall: the first of two, and one that a clock skips is that much later."""
    return wall.replace(tzinfo=ZoneInfo(zone_name)).astimezone(UTC)


def read_rotations(node: Node | None, people: set[str]) -> dict[str, Rotation]:
    """The rotations of a document; raises `Invalid` for people that it does not know."""
    nodes = items(node)
    found = [read_rotation(one, people) for one in nodes]
    unique(nodes, [one.name for one in found])
    return {one.name: one for one in found}


def read_rotation(node: Node, people: set[str]) -> Rotation:
    """One rotation."""
    given = fields(node, required=("name", "starts", "shift", "people"), optional=("location", "overrides"))
    place = zone(given.get("location"))
    for one in items(given["people"]):
        known_person(one, people)
    return Rotation(
        name=name_of(given["name"]),
        people=texts(given["people"]),
        starts=local_time(given["starts"], place),
        shift_s=seconds(given["shift"], least=LEAST_SHIFT_S),
        zone=place,
        overrides=tuple(read_override(one, place, people) for one in items(given.get("overrides"))),
    )


def read_override(node: Node, place: str, people: set[str]) -> Override:
    """One override."""
    given = fields(node, required=("person", "starts", "ends"))
    starts, ends = local_time(given["starts"], place), local_time(given["ends"], place)
    if starts >= ends:
        wrong(node, "ends before it starts", "ends must be later than starts")
    return Override(person=known_person(given["person"], people), starts=starts, ends=ends)


def known_person(node: Node, people: set[str]) -> str:
    """A person of the document."""
    if text(node) not in people:
        wrong(
            node, f"nobody is called {node.value!r}", f"of people: {', '.join(sorted(people)) or 'none yet'}"
        )
    return text(node)
