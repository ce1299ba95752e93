"""Writes what the Python client knows of the API: its routes, and the types of its methods. `make client` runs it."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import trimtab
from trimtab.app.http.api import OPERATIONS
from trimtab.app.http.api.declare import Operation
from trimtab.app.http.api.openapi import operation_id

FOLDER = Path(trimtab.__file__).parent / "client"
PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
PAGING = {"limit": {"type": "integer"}, "cursor": {"type": "string"}}
HEAD = """# Made by `make client` from the declarations of the API: change those, not this.
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal, Self

import httpx

Json = dict[str, Any]

class Client:
    def __init__(
        self,
        url: str,
        key: str = "",
        *,
        project: str = "",
        attempts: int = 4,
        timeout_s: float | None = None,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = ...,
    ) -> None: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
"""


def row_of(one: Operation) -> dict[str, Any]:
    """An operation as the client needs it; what is as usual is left out."""
    found = {
        "name": operation_id(one),
        "method": one.method,
        "path": one.template,
        "named": list(one.names),
        "takes": list(schemas_of(one)),
        "says": one.says,
    }
    more = {
        "cohort": one.dimensions,
        "free": one.free,
        "once": one.door is None and one.method != "GET",
        "rows": one.pages.rows if one.pages else "",
        "media": one.media if one.media != "application/json" else "",
    }
    return found | {name: value for name, value in more.items() if value}


def schemas_of(one: Operation) -> dict[str, Mapping[str, Any]]:
    """The parameters by name, each with its schema."""
    return {p.name: p.schema for p in one.takes} | (PAGING if one.pages else {})


def type_of(schema: Mapping[str, Any]) -> str:
    """A schema as a type of Python."""
    if "enum" in schema:
        return f"Literal[{', '.join(json.dumps(one) for one in schema['enum'])}]"
    if "oneOf" in schema:
        return " | ".join(type_of(one) for one in schema["oneOf"])
    if schema.get("type") == "array":
        return f"Sequence[{type_of(schema['items'])}]"
    if schema.get("type") == "object":
        return f"Mapping[str, {type_of(schema['additionalProperties'])}]"
    return PLAIN[schema["type"]]


def method_of(one: Operation, *, each: bool = False) -> str:
    """The method of an operation as a stub."""
    needed = {p.name for p in one.takes if p.required}
    name = operation_id(one)
    positional = ["self", *(f"{path}: str" for path in one.names)]
    positional += ["facts: Json | Sequence[Json]"] if one.free else []
    named = [
        f"{known}: {type_of(schema)}" + ("" if known in needed else " | None = ...")
        for known, schema in schemas_of(one).items()
    ]
    if one.door is None and one.method != "GET":
        named.append("idempotency_key: str = ...")
    rest = ["**cohort: str"] if one.dimensions else []
    listed = ", ".join([*positional, *(["*", *named] if named else []), *rest])
    gives = "Iterator[Json]" if each else "Json" if one.media == "application/json" else "bytes"
    called = f"each_{name.removeprefix('get_')}" if each else name
    return f"    def {called}({listed}) -> {gives}: ...\n"


def stub(operations: Sequence[Operation]) -> str:
    """The types of the client's methods."""
    methods = [method_of(one) for one in operations]
    methods += [method_of(one, each=True) for one in operations if one.pages]
    return HEAD + "".join(methods)


def table(operations: Sequence[Operation]) -> str:
    """The routes, a line each."""
    return "[\n" + ",\n".join(json.dumps(row_of(one)) for one in operations) + "\n]\n"


def main() -> None:
    """Write both."""
    (FOLDER / "routes.json").write_text(table(OPERATIONS), encoding="utf-8")
    (FOLDER / "client.pyi").write_text(stub(OPERATIONS), encoding="utf-8")
