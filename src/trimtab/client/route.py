"""One route of the API as the description has it, and the request that a call of it is."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A route: `named` are the names in its path, `takes` its parameters; with `cohort` any other is a dimension.

    `rows` names the rows of a list that comes in pages. `once`: a write that an Idempotency-Key makes safe to send again.
    """

    name: str
    method: str
    path: str
    named: Sequence[str]
    takes: Sequence[str]
    says: str
    cohort: bool = False
    free: bool = False
    once: bool = False
    rows: str = ""
    media: str = "application/json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is sent."""

    method: str
    path: str
    query: Mapping[str, Any]
    body: bytes | None


@cache
def routes() -> Mapping[str, Route]:
    """Every route by the name of its method."""
    text = files("trimtab.client").joinpath("routes.json").read_text(encoding="utf-8")
    return {row["name"]: Route(**row) for row in json.loads(text)}


def request_of(route: Route, given: Sequence[object], arguments: Mapping[str, Any]) -> Request:
    """The request of a call; raises `TypeError` for arguments that the route does not take."""
    names = (*route.named, "facts") if route.free else tuple(route.named)
    if len(given) > len(names):
        raise TypeError(f"{route.name} takes {len(names)} arguments without a name, not {len(given)}")
    told = dict(zip(names, given, strict=False)) | dict(arguments)
    if missing := [name for name in names if name not in told]:
        raise TypeError(f"{route.name} needs {', '.join(missing)}")
    path = route.path
    for name in route.named:
        path = path.replace(f"{{{name}}}", quote(str(told.pop(name)), safe=""))
    if route.free:
        facts = told.pop("facts")
        return Request(method=route.method, path=path, query={}, body=json.dumps(facts).encode())
    if unknown := sorted(set(told) - set(route.takes)) if not route.cohort else []:
        raise TypeError(f"{route.name} takes no {unknown[0]}; it takes {', '.join(route.takes) or 'nothing'}")
    sent = {name: value for name, value in told.items() if value is not None}
    if route.method in ("GET", "DELETE"):
        return Request(method=route.method, path=path, query=sent, body=None)
    return Request(method=route.method, path=path, query={}, body=json.dumps(sent).encode())
