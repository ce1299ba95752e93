"""Attribute values: protobuf's AnyValue as plain Python."""

from typing import Any

from trimtab.vocabulary.trace import READERS

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
        if (key := pair.key) not in found:
            found[key] = plain(pair.value)
    return found


def known_attributes(pairs: Any) -> dict[str, Any]:
    """The same, of the attributes alone that some dialect reads: a third of the time, and the same step."""
    found: dict[str, Any] = {}
    for pair in pairs:
        key = pair.key
        if READERS[key] and key not in found:
            value = pair.value
            # Most are text; what is empty or something else is looked at more closely.
            found[key] = value.string_value or plain(value)
    return found
