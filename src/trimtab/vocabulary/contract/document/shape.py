"""Whether a document has the shape of a contract: the published JSON Schema decides, the words here explain."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Any, cast

import jsonschema_rs
import orjson

from trimtab.vocabulary.contract.schema import Schema, compile_schema
from trimtab.vocabulary.document import Node, Problems, at_path, nearest, plain

PUBLISHED = "contract.schema.json"
KINDS = {
    "string": "text",
    "object": "mapping of names to values",
    "array": "list",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
}
Path = tuple[str | int, ...]


@lru_cache(maxsize=1)
def published_schema() -> dict[str, Any]:
    """The JSON Schema of the document, as editors read it."""
    text = files("trimtab.vocabulary.contract.document").joinpath(PUBLISHED).read_bytes()
    return cast("dict[str, Any]", orjson.loads(text))


@lru_cache(maxsize=1)
def compiled() -> Schema:
    """The JSON Schema of the document, ready to check."""
    return compile_schema(published_schema())


def check_shape(node: Node, problems: Problems) -> frozenset[Path]:
    """Note what a document has that it may not have; the paths where something is wrong."""
    wrong: set[Path] = set()
    for error in compiled().validator.iter_errors(plain(node)):
        path = tuple(error.instance_path)
        wrong.add(path)
        for at, what, instead in explained(error, node, path):
            problems.add(at, what, instead)
    return frozenset(wrong)


def explained(
    error: jsonschema_rs.ValidationError, node: Node, path: Path
) -> Iterator[tuple[Node, str, str]]:
    """What one error of the schema means: where, what, and what to write instead."""
    at = at_path(node, path)
    name = next((part for part in reversed(path) if isinstance(part, str)), "the document")
    wanted = subschema(path)
    kind: Any = error.kind
    match kind.name:
        case "additionalProperties":
            for field in kind.unexpected:
                yield at.fields[field], f"unknown field {field!r}", nearest(field, fields_of(wanted))
        case "required":
            yield at, f"{kind.property} is missing", written(kind.property, subschema((*path, kind.property)))
        case "enum":
            yield at, f"{name} is {shown(at)}", nearest(at.text, [str(one) for one in kind.options])
        case "type":
            types = [KINDS[one] for one in kind.types]
            yield at, f"{name} is no {' or '.join(types)}", written(name, wanted)
        case "const":
            yield at, f"{name} is {shown(at)}", written(name, wanted)
        case "propertyNames":
            bad = next((field for field in at.fields if field in error.message), "")
            hint = example(resolved(wanted.get("propertyNames", {})), "items[].email")
            yield at.fields.get(bad, at), f"{bad!r} is no name here", f"a name such as {hint}"
        case _:
            yield at, f"{name}: {error.message[:200]}", written(name, wanted)


def shown(node: Node) -> str:
    """A value in a message."""
    return repr(node.text[:40]) if node.text else "empty" if node.value is None else "not one of its words"


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with what it refers to; its own words stand before the other's."""
    ref: str | None = schema.get("$ref")
    return {**published_schema()["$defs"][ref.rsplit("/", 1)[-1]], **schema} if ref else schema


def subschema(path: Sequence[str | int]) -> dict[str, Any]:
    """What the schema says about the value at a path; {} where it says nothing."""
    at = published_schema()
    for part in path:
        at = resolved(at)
        if isinstance(part, int):
            at = at.get("items", {})
        else:
            other = at.get("additionalProperties")
            known: dict[str, Any] = at.get("properties", {})
            at = known.get(part, other if isinstance(other, dict) else {})
    return resolved(at)


def fields_of(schema: dict[str, Any]) -> list[str]:
    """The fields that a mapping may have."""
    return list(schema.get("properties", {}))


def example(schema: dict[str, Any], otherwise: str = "...") -> str:
    """A value that fits, as one line of YAML."""
    return flow(schema["examples"][0]) if schema.get("examples") else otherwise


def written(name: str, schema: dict[str, Any]) -> str:
    """How a field could be written."""
    if "enum" in schema:
        return f"{name}: {' | '.join(schema['enum'])}"
    number = schema.get("type") in ("number", "integer")
    return f"{name}: {example(schema, '100' if number else '...')}"


def flow(value: Any) -> str:
    """A value as YAML in one line."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        return "{" + ", ".join(f"{name}: {flow(one)}" for name, one in fields.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(one) for one in cast("list[Any]", value)) + "]"
    return str(value).lower() if isinstance(value, bool) else str(value)
