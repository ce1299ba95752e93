"""Which routes an alert takes through the tree: the first child that matches, further ones after `continue`."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from trimtab.loop.alert.match import matches
from trimtab.loop.alert.pipeline.fields import (
    Node,
    fields,
    flag,
    items,
    matchers,
    seconds,
    text,
    texts,
    wrong,
)
from trimtab.loop.alert.pipeline.model import Route

ROOT = Route(id="", receivers=())
OPTIONS = (
    "receiver",
    "receivers",
    "group_by",
    "group_wait",
    "group_interval",
    "repeat_interval",
    "escalation",
)
CHILD = (*OPTIONS, "matchers", "continue", "mute_time_intervals", "active_time_intervals", "routes")
MAX_DEPTH = 20


def find_routes(route: Route, labels: Mapping[str, str]) -> list[Route]:
    """The routes that take an alert, the most specific ones; none where the root does not match."""
    if not matches(route.matchers, labels):
        return []
    found: list[Route] = []
    for child in route.routes:
        taken = find_routes(child, labels)
        found += taken
        if taken and not child.goes_on:
            break
    return found or [route]


def all_routes(route: Route) -> Iterator[Route]:
    """A route and all below it."""
    yield route
    for child in route.routes:
        yield from all_routes(child)


def read_route(node: Node, parent: Route = ROOT, seen: dict[str, int] | None = None) -> Route:
    """A route with all below it; `seen` counts siblings of equal conditions. Raises `Invalid`."""
    root = parent is ROOT
    given = fields(node, optional=(*OPTIONS, "routes") if root else CHILD)
    conditions = matchers(given.get("matchers"))
    named = "{" + ",".join(str(one) for one in conditions) + "}"
    path = named if root else f"{parent.id}/{named}"
    if path.count("/{") > MAX_DEPTH:
        wrong(node, f"more than {MAX_DEPTH} routes inside each other", "make the tree flatter")
    seen = {} if seen is None else seen
    twin = seen[path] = seen.get(path, -1) + 1
    receivers = read_receivers(node, given) or parent.receivers
    if not receivers:
        wrong(node, "no receiver", "the root needs one: receiver: NAME")
    mine = Route(
        id=f"{path}#{twin}" if twin else path,
        receivers=receivers,
        matchers=conditions,
        group_by=grouped(given["group_by"]) if "group_by" in given else parent.group_by,
        wait_s=seconds(given["group_wait"]) if "group_wait" in given else parent.wait_s,
        interval_s=seconds(given["group_interval"], least=1)
        if "group_interval" in given
        else parent.interval_s,
        repeat_s=seconds(given["repeat_interval"], least=1)
        if "repeat_interval" in given
        else parent.repeat_s,
        goes_on=flag(given["continue"]) if "continue" in given else False,
        muted_in=texts(given.get("mute_time_intervals")),
        active_in=texts(given.get("active_time_intervals")),
        escalation=text(given["escalation"]) if "escalation" in given else parent.escalation,
    )
    below: dict[str, int] = {}
    return replace(mine, routes=tuple(read_route(one, mine, below) for one in items(given.get("routes"))))


def read_receivers(node: Node, given: Mapping[str, Node]) -> tuple[str, ...]:
    """The receivers of a route: one, or a list."""
    if "receiver" in given and "receivers" in given:
        wrong(node, "receiver and receivers", "give one of the two")
    if "receiver" in given:
        return (text(given["receiver"]),)
    return texts(given.get("receivers"))


def grouped(node: Node) -> tuple[str, ...] | None:
    """The labels of a group; None for all of them, written '...'."""
    names = texts(node)
    if "..." in names:
        if len(names) > 1:
            wrong(node, "'...' beside other labels", "'...' alone groups by all labels")
        return None
    return names
