"""An input schema as conditions that are true where it is not kept; what they cannot say is for the caller to check."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, cast

from trimtab.vocabulary.contract.cedar.conditions import (
    Inexpressible,
    Ref,
    both,
    literal_of,
    negated,
    some,
    told,
)
from trimtab.vocabulary.contract.cedar.text import quoted
from trimtab.vocabulary.contract.cedar.types import type_of

SAYS_NOTHING = frozenset(
    ["$schema", "$id", "$comment", "title", "description", "default", "examples", "deprecated", "type"]
)
BOUNDS = {"minimum": "<", "maximum": ">", "exclusiveMinimum": "<=", "exclusiveMaximum": ">="}
OF_RECORDS = frozenset(["properties", "required", "additionalProperties"])
Broken = tuple[str, str]
"""What is asked, and when it is not so."""


def broken(schema: Any, ref: Ref, where: str) -> Iterator[Broken]:
    """What a value must keep to; raises `Inexpressible` for what Cedar cannot say, after all that it can."""
    left: list[str] = []
    if not isinstance(schema, dict):
        if schema is False:
            yield f"{where} is not there", both(*ref.there)
        return
    known = cast("dict[str, Any]", schema)
    for name, said in known.items():
        try:
            yield from keyword(name, said, ref, where)
        except Inexpressible as error:
            left.append(str(error))
    if ref.type.kind == "record":
        yield from required(known, ref, where)
        yield from below(known, ref, where, left)
    if left:
        raise Inexpressible("; ".join(left))


def keyword(name: str, said: Any, ref: Ref, where: str) -> Iterator[Broken]:
    """What one keyword asks."""
    if name in SAYS_NOTHING or (name in OF_RECORDS and ref.type.kind == "record"):
        return
    if name in BOUNDS:
        if ref.type.kind in ("Long", "decimal"):
            written = literal_of(ref.type, Decimal(repr(said)))
            yield f"{where} {name} {said}", told(BOUNDS[name], ref, written or "", ref.there).true
        return
    if name in ("enum", "const"):
        listed: list[Any] = said if name == "enum" else [said]
        same = [literal_of(ref.type, exact(one, where)) for one in listed]
        equal = some(*(f"{ref.text} == {one}" for one in same if one is not None))
        yield f"{where} {name}", both(*ref.there, negated(equal))
        return
    raise Inexpressible(f"{name} of {where}")


def exact(value: Any, where: str) -> Any:
    """A value of an enumeration as conditions know it."""
    if isinstance(value, dict | list):
        raise Inexpressible(f"enum of {where}")
    return Decimal(repr(value)) if isinstance(value, float) else value


def required(schema: dict[str, Any], ref: Ref, where: str) -> Iterator[Broken]:
    """Fields that must be there."""
    for name in schema.get("required", []):
        if name in ref.type.fields:
            missing = negated(f"{ref.text} has {quoted(name)}")
            yield f"{where}.{name} is required", both(*ref.there, missing)


def below(schema: dict[str, Any], ref: Ref, where: str, left: list[str]) -> Iterator[Broken]:
    """What is asked of fields."""
    properties: dict[str, Any] = schema.get("properties", {})
    left += [f"required {where}.{name}" for name in schema.get("required", []) if name not in ref.type.fields]
    for name, one in properties.items():
        wanted = type_of(one)
        if wanted is None:
            left.extend([f"{where}.{name}"] if one not in ({}, True) else [])
            continue
        text = f"{ref.text}[{quoted(name)}]"
        field = Ref(text, (*ref.there, f"{ref.text} has {quoted(name)}"), wanted)
        try:
            yield from broken(one, field, f"{where}.{name}")
        except Inexpressible as error:
            left.append(str(error))
    extra = schema.get("additionalProperties", True)
    if extra is not True and not ref.type.closed:
        left.append(f"additionalProperties of {where}")
