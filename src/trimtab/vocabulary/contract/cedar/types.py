"""Values of JSON as Cedar's types: what a schema does not pin down has none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from trimtab.vocabulary.contract.cedar.text import decimal_of, quoted
from trimtab.vocabulary.kernel import Invalid

Kind = Literal["String", "Long", "Bool", "decimal", "record"]
KINDS: Mapping[str, Kind] = {"string": "String", "integer": "Long", "boolean": "Bool", "number": "decimal"}
LONG_MIN, LONG_MAX = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class CedarType:
    """A type; the fields of a record may all be absent. `closed` is a record that other fields may not stand in."""

    kind: Kind
    fields: Mapping[str, "CedarType"] = field(default_factory=dict[str, "CedarType"])
    closed: bool = False

    def __str__(self) -> str:
        """As a schema of Cedar writes it."""
        if self.kind != "record":
            return self.kind
        return "{" + ", ".join(f"{quoted(name)}?: {one}" for name, one in sorted(self.fields.items())) + "}"


STRING, LONG, BOOL, DECIMAL = (CedarType(kind) for kind in ("String", "Long", "Bool", "decimal"))
SESSION: Mapping[str, CedarType] = {
    "id": STRING,
    "tenant": STRING,
    "user": STRING,
    "intent": STRING,
    "tainted": BOOL,
    "sensitive": BOOL,
    "calls": LONG,
    "writes": LONG,
    "irreversible": LONG,
    "cost_usd": DECIMAL,
    "tokens": LONG,
    "seconds": DECIMAL,
}
"""The session, always there."""


def type_of(schema: Any) -> CedarType | None:
    """The type of every value that a schema permits; None where there is none."""
    if not isinstance(schema, dict):
        return None
    known = cast("dict[str, Any]", schema)
    said = known.get("type")
    if said == "object":
        fields = {name: type_of(one) for name, one in known.get("properties", {}).items()}
        typed = {name: one for name, one in fields.items() if one}
        closed = known.get("additionalProperties") is False and "patternProperties" not in known
        return CedarType("record", typed, closed=closed and len(typed) == len(fields))
    return CedarType(KINDS[said]) if isinstance(said, str) and said in KINDS else None


def as_cedar(value: Any, wanted: CedarType, where: str) -> Any:
    """A value of JSON as Cedar's JSON has it; raises `Invalid` where the type does not hold it."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if wanted.kind == "record" and isinstance(value, Mapping):
        return record_of(cast("Mapping[str, Any]", value), wanted, where)
    if wanted.kind == "String" and isinstance(value, str):
        return value
    if wanted.kind == "Bool" and isinstance(value, bool):
        return value
    if wanted.kind == "Long" and number and value == int(value) and LONG_MIN <= value <= LONG_MAX:
        return int(value)
    if wanted.kind == "decimal" and number:
        written = decimal_of(value)
        if written:
            return {"__extn": {"fn": "decimal", "arg": written}}
    raise Invalid(f"{where} is {value!r}, which Cedar's {wanted.kind} does not hold", hint="deny the call")


def record_of(value: Mapping[str, Any], wanted: CedarType, where: str) -> dict[str, Any]:
    """The fields that have a type; others are left out where they may stand, and kept for Cedar to refuse where not."""
    found: dict[str, Any] = {}
    for name, one in value.items():
        if name in wanted.fields:
            found[name] = as_cedar(one, wanted.fields[name], f"{where}.{name}")
        elif wanted.closed:
            found[name] = True
    return found
