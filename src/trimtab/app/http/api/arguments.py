"""The arguments of a request: path, query and body; names that nobody knows are refused with the nearest."""

from difflib import get_close_matches
from typing import Any, cast

import orjson
from starlette.requests import Request

from trimtab.app.bootstrap import Server
from trimtab.app.http.api.declare import Arguments, Operation, Parameter
from trimtab.app.http.otlp import read_body
from trimtab.loop.store import DIMENSIONS, Grant
from trimtab.vocabulary.kernel import Invalid

WITH_BODY = frozenset({"POST", "PUT", "PATCH"})
ALIKE = 0.75
DOOR_BYTES = 16_384
"""Of somebody who is not known yet no large body is read."""
PAGING = ("limit", "cursor")
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}
WORDS = {"array": "a list", "object": "an object", "boolean": "true or false", "string": "a text"}


async def read_arguments(server: Server, request: Request, operation: Operation) -> tuple[Arguments, bytes]:
    """The arguments, and the bytes of the body; raises `Invalid`."""
    arguments: Arguments = dict(request.query_params)
    raw = b""
    if request.method in WITH_BODY:
        most = DOOR_BYTES if operation.door else server.door.limits.body_bytes
        raw = await read_body(request, most)
        body = parsed(raw)
        arguments |= cast("Arguments", body) if isinstance(body, dict) else {"items": body}
    return arguments | dict(request.path_params), raw


def parsed(raw: bytes) -> Any:
    """The JSON of a body, {} where it has none."""
    try:
        return orjson.loads(raw) if raw else {}
    except orjson.JSONDecodeError as error:
        raise Invalid(f"the body is not JSON: {error}", hint="send application/json", code="json") from error


def check(server: Server, grant: Grant | None, operation: Operation, arguments: Arguments) -> None:
    """Raise `Invalid` for a name that the route does not know, a value that is not what its parameter says, or one that is missing."""
    if operation.free:
        return
    known = {one.name: one for one in operation.takes}
    names = {*known, *operation.names, *(PAGING if operation.pages else ())}
    for name, value in arguments.items():
        if name not in names:
            check_name(server, grant, operation, name, names)
        elif name in known and value is not None:
            check_value(known[name], value)
    for name, one in known.items():
        if one.required and arguments.get(name) is None:
            raise Invalid(f"{name} is missing", hint=f"{name}: {one.says}", code="parameter")


def check_name(server: Server, grant: Grant | None, operation: Operation, name: str, names: set[str]) -> None:
    """Raise `Invalid` for a name that is neither a parameter nor a dimension; a slip of the pen is no dimension."""
    every = sorted({*names, *DIMENSIONS} if operation.dimensions else names)
    near = get_close_matches(name, every, 1, ALIKE if operation.dimensions else 0.4)
    if operation.dimensions and (name in DIMENSIONS or not near or has_dimension(server, grant, name)):
        return
    taken = f"it takes {', '.join(every)}" if every else "it takes none"
    raise Invalid(
        f"no such parameter: {name[:100]!r}",
        hint=f"did you mean {near[0]}?" if near else taken,
        code="parameter",
    )


def has_dimension(server: Server, grant: Grant | None, name: str) -> bool:
    """Whether any session of the project carries a dimension of the user's own."""
    if grant is None:
        return False
    params = {"project": grant.project, "name": name}
    sql = "select 1 from sessions where project = $project and coalesce(dims[$name], '') <> '' limit 1"
    return bool(server.analytics.rows(sql, params))


def check_value(parameter: Parameter, value: object) -> None:
    """Raise `Invalid` for a value that is not what the parameter says; a text in a query may stand for a number."""
    kind, name, schema = parameter.schema.get("type"), parameter.name, parameter.schema
    if kind is None:
        return
    if isinstance(value, str) and kind in {"integer", "number", "boolean"}:
        return  # read, and refused by name, where it is used
    if not isinstance(value, TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        raise Invalid(f"{name} is not {WORDS.get(kind, 'a number')}", hint=parameter.says)
    if isinstance(value, str):
        check_text(name, value, schema)
    elif kind in {"integer", "number"}:
        least, most = schema.get("minimum", 0), schema.get("maximum", float("inf"))
        if not least <= cast("float", value) <= most:
            raise Invalid(f"{name}={value} is out of bounds", hint=f"{least} to {most}")


def check_text(name: str, value: str, schema: Any) -> None:
    """Raise `Invalid` for a text that is too long, or none of the words that would do."""
    if len(value) > schema.get("maxLength", len(value)):
        raise Invalid(f"{name} has {len(value)} characters", hint=f"at most {schema['maxLength']}")
    if value and "enum" in schema and value not in schema["enum"]:
        raise Invalid(f"{name}={value[:100]!r} is unknown", hint=f"one of {', '.join(schema['enum'])}")
