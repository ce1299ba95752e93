"""The routing document: one YAML text, `apiVersion: trimtab/v1`, `kind: AlertRouting`, read into values."""

from collections.abc import Collection, Mapping

from trimtab.loop.alert.pipeline.escalate import read_escalations
from trimtab.loop.alert.pipeline.fields import (
    Node,
    fields,
    items,
    load,
    name_of,
    placed,
    texts,
    unique,
    wrong,
)
from trimtab.loop.alert.pipeline.inhibit import read_inhibitions
from trimtab.loop.alert.pipeline.model import Receiver, Route, Routing
from trimtab.loop.alert.pipeline.mute import read_intervals
from trimtab.loop.alert.pipeline.oncall import read_rotations
from trimtab.loop.alert.pipeline.receivers import read_receivers
from trimtab.loop.alert.pipeline.route import all_routes, read_route
from trimtab.vocabulary.kernel import Invalid

API_VERSION, KIND = "trimtab/v1", "AlertRouting"
SECTIONS = ("inhibit_rules", "time_intervals", "escalations", "rotations", "people")


def read_routing(text: str) -> Routing:
    """A routing document; raises `Invalid` that says what is wrong, where, and what to write instead."""
    node = load(text)
    try:
        return routing_of(node)
    except Invalid as error:
        raise placed(text, error) from error


def routing_of(node: Node) -> Routing:
    """The document as values; an error names the place, not the line."""
    given = fields(
        node, required=("apiVersion", "kind", "route", "receivers"), optional=("metadata", *SECTIONS)
    )
    if given["apiVersion"].value != API_VERSION:
        wrong(
            given["apiVersion"], f"{given['apiVersion'].value!r} is not spoken here", f"write {API_VERSION}"
        )
    if given["kind"].value != KIND:
        wrong(given["kind"], f"{given['kind'].value!r} is another document", f"write {KIND}")
    receivers = read_receivers(given["receivers"])
    intervals = read_intervals(given.get("time_intervals"))
    people = read_people(given.get("people"), receivers)
    rotations = read_rotations(given.get("rotations"), set(people))
    escalations = read_escalations(given.get("escalations"), receivers, rotations)
    route = read_route(given["route"])
    check_names(given["route"], route, receivers, (intervals, escalations))
    return Routing(
        route=route,
        receivers=receivers,
        inhibitions=read_inhibitions(given.get("inhibit_rules")),
        intervals=intervals,
        escalations=escalations,
        rotations=rotations,
        people=people,
    )


def read_people(node: Node | None, receivers: Mapping[str, Receiver]) -> dict[str, tuple[str, ...]]:
    """Who is reached by which receivers."""
    found: dict[str, tuple[str, ...]] = {}
    nodes = items(node)
    for one in nodes:
        given = fields(one, required=("name", "receivers"))
        for receiver in items(given["receivers"]):
            known(receiver, "receiver", str(receiver.value), receivers)
        found[name_of(given["name"])] = texts(given["receivers"])
    unique(nodes, [str(one.value["name"]) for one in nodes])
    return found


def check_names(
    node: Node, route: Route, receivers: Collection[str], others: tuple[Collection[str], Collection[str]]
) -> None:
    """Raise `Invalid` for a route that names what the document does not have."""
    intervals, escalations = others
    for one in all_routes(route):
        at = Node(value=None, where=f"{node.where} {one.id}")
        for name in one.receivers:
            known(at, "receiver", name, receivers)
        for name in (*one.muted_in, *one.active_in):
            known(at, "time interval", name, intervals)
        if one.escalation:
            known(at, "escalation", one.escalation, escalations)


def known(node: Node, what: str, name: str, names: Collection[str]) -> None:
    """Raise `Invalid` for a name that the document does not have."""
    if name not in names:
        wrong(node, f"no {what} is called {name!r}", f"of {', '.join(sorted(names)) or 'none yet'}")
