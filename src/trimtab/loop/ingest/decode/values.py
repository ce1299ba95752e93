"""Attribute values: protobuf's AnyValue as plain Python."""

from typing import Any

MAX_DEPTH = 32


def plain(value: Any, depth: int = 0) -> Any:
    """The value of an AnyValue; what is nested too deeply is left out."""
    kind = value.WhichOneof("value")
    if kind is None:
        return None
    found = getattr(value, kind)
    if kind == "array_value":
        return [plain(item, depth + 1) for item in found.values] if depth < MAX_DEPTH else None
    if kind == "kvlist_value":
        return (
            {item.key: plain(item.value, depth + 1) for item in found.values} if depth < MAX_DEPTH else None
        )
    return found


def attributes_of(pairs: Any) -> dict[str, Any]:
    """Attributes by key; of a key that comes twice the first counts, whatever the order of arrival."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key, value = pair.key, pair.value
        if key in found:
            continue
        kind = value.WhichOneof("value")
        if kind == "string_value":
            found[key] = value.string_value
        elif kind == "int_value":
            found[key] = value.int_value
        else:
            found[key] = plain(value)
    return found
