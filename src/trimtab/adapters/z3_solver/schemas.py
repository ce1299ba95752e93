"""A JSON Schema as a condition of a value; a keyword that has no translation may say anything, and is noted."""

from typing import Any, cast

import orjson
import z3

from trimtab.adapters.z3_solver.space import Path, Space
from trimtab.adapters.z3_solver.values import (
    BOOL,
    FALSE,
    LIST,
    MAPPING,
    NULL,
    NUMBER,
    TEXT,
    TRUE,
    Term,
    Value,
    literal,
    real,
    some,
    yes,
)

KINDS = {"null": NULL, "boolean": BOOL, "string": TEXT, "array": LIST, "object": MAPPING}
SAYS_NOTHING = frozenset(
    [
        "$schema",
        "$id",
        "$comment",
        "$defs",
        "definitions",
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
    ]
)
OF_TEXTS = frozenset(["pattern", "format", "contentEncoding", "contentMediaType", "contentSchema"])
OF_LISTS = frozenset(["items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"])
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")
LENGTHS = ("minLength", "maxLength")
PLACED = {"type", "enum", "const", "properties", "required", "additionalProperties", *BOUNDS, *LENGTHS}
JOINED = {"allOf": yes, "anyOf": some}


class SchemaReader:
    """Schemas over one space, within one document."""

    def __init__(self, space: Space, document: Any) -> None:
        """Read what stands in one document."""
        self.space = space
        self.document = document

    def fits(self, schema: Any, path: Path) -> Term:
        """Whether the value at a path, which is there, keeps to a schema."""
        if not isinstance(schema, dict):
            return FALSE if schema is False else TRUE
        known = cast("dict[str, Any]", schema)
        value = self.space.value(path)
        found = [self.typed(known["type"], value)] if "type" in known else []
        if "enum" in known or "const" in known:
            listed = known["enum"] if "enum" in known else [known["const"]]
            found.append(self.one_of(listed, value, path))
        found += [bounded(name, known[name], value) for name in BOUNDS if name in known]
        found += [measured(name, known[name], value) for name in LENGTHS if name in known]
        found += [
            join(*(self.fits(one, path) for one in known[name]))
            for name, join in JOINED.items()
            if name in known
        ]
        found.append(self.fields(known, value, path))
        found += [
            self.untranslated(name, known, value, path)
            for name in known
            if name not in PLACED and name not in JOINED and name not in SAYS_NOTHING
        ]
        return yes(*found)

    def typed(self, types: Any, value: Value) -> Term:
        """Whether a value is of one of some types."""
        listed: list[str] = types if isinstance(types, list) else [types]
        numbers = {"number": value.is_(NUMBER), "integer": yes(value.is_(NUMBER), z3.IsInt(value.number))}
        return some(*(numbers[one] if one in numbers else value.is_(KINDS[one]) for one in listed))

    def one_of(self, listed: list[Any], value: Value, path: Path) -> Term:
        """Whether a value is one of those listed."""
        found: list[Term] = []
        for one in listed:
            other = None if isinstance(one, dict | list) else literal(one)
            found.append(self.free("enum", one, path) if other is None else same(value, other))
        return some(*found)

    def fields(self, schema: dict[str, Any], value: Value, path: Path) -> Term:
        """Whether a mapping has the fields that it must have, and no others."""
        properties: dict[str, Any] = schema.get("properties", {})
        found = [self.space.there((*path, name)) for name in schema.get("required", [])]
        for name, one in properties.items():
            there = self.space.there((*path, name))
            found.append(z3.Implies(there, self.fits(one, (*path, name))))
        if schema.get("additionalProperties") is False and "patternProperties" not in schema:
            found.append(self.space.only(path, frozenset(properties)))
        elif schema.get("additionalProperties", True) is not True:
            found.append(self.free("additionalProperties", schema, path))
        return z3.Implies(value.is_(MAPPING), yes(*found))

    def untranslated(self, name: str, schema: dict[str, Any], value: Value, path: Path) -> Term:
        """What a keyword may say of a value of its kind."""
        if name in OF_TEXTS or name in OF_LISTS:
            kind = TEXT if name in OF_TEXTS else LIST
            return z3.Implies(value.is_(kind), self.free(name, schema[name], path))
        return self.free(name, [self.document, schema], path)

    def free(self, name: str, of: Any, path: Path) -> Term:
        """A truth of its own for a keyword, what it says, and where."""
        self.space.doubt(f"{name} of {'.'.join(path[1:]) or 'the arguments'} in the input schema")
        said = orjson.dumps(of, option=orjson.OPT_SORT_KEYS).decode()
        return self.space.flag(f"schema {name} {'.'.join(path)} {said}")


def same(value: Value, other: Value) -> Term:
    """Whether a value is a plain one."""
    return yes(
        value.kind == other.kind,
        z3.Implies(other.is_(BOOL), value.truth == other.truth),
        z3.Implies(other.is_(NUMBER), value.number == other.number),
        z3.Implies(other.is_(TEXT), value.text == other.text),
    )


def bounded(name: str, bound: float, value: Value) -> Term:
    """Whether a number keeps within a bound."""
    limit = real(bound)
    kept = {
        "minimum": value.number >= limit,
        "maximum": value.number <= limit,
        "exclusiveMinimum": value.number > limit,
        "exclusiveMaximum": value.number < limit,
    }
    return z3.Implies(value.is_(NUMBER), kept[name])


def measured(name: str, length: int, value: Value) -> Term:
    """Whether a text is of a length."""
    size = z3.Length(value.text)
    return z3.Implies(value.is_(TEXT), size >= int(length) if name == "minLength" else size <= int(length))
