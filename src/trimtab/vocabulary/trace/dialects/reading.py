"""Converters from an attribute's value to a field; what does not fit is absent, never a guess."""

import hashlib
from collections.abc import Callable
from typing import Any, cast

import orjson

Draft = dict[str, Any]
Convert = Callable[[Any], Any]
MAX_NAME = 200
MAX_COUNT = 10**10
"""More tokens or calls than this are no count of one step; sums and prices of what is less fit into 64 bits."""
MAX_DIGITS = len(str(MAX_COUNT))


def text(value: Any) -> str | None:
    """A short text; empty counts as absent."""
    if isinstance(value, str):
        return value[:MAX_NAME] or None
    if isinstance(value, bool | int | float):
        return str(value)
    return None


def whole(value: Any) -> int | None:
    """A count: a whole number of 0 or more."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        value = int(value) if len(value) <= MAX_DIGITS and value.isascii() and value.isdigit() else None
    if isinstance(value, int | float) and 0 <= value <= MAX_COUNT and value == int(value):
        return int(value)
    return None


def flag(value: Any) -> bool | None:
    """True or false."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.lower()) if isinstance(value, str) else None


def seconds(value: Any) -> int | None:
    """Seconds as ns."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
        return int(value * 1e9)
    return None


def first(value: Any) -> str | None:
    """The first of a list, or the text itself."""
    if isinstance(value, list):
        return text(value[0]) if value else None
    return text(value)


def structure(value: Any) -> Any:
    """A structure: given as such, or as JSON text; None where it is neither."""
    if isinstance(value, str):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return None
    return value


def fingerprint(value: Any) -> str | None:
    """Sixteen hex digits that change with the content: identity of a prompt or of tool schemas, given as JSON or not."""
    if isinstance(value, str) and value.startswith(("[", "{")):
        found = structure(value)
        value = value if found is None else found
    if value is None or value in ("", [], {}):
        return None
    raw = value.encode() if isinstance(value, str) else canonical(value)
    return hashlib.blake2b(raw, digest_size=8).hexdigest()


def canonical(value: Any) -> bytes:
    """The same JSON for the same content: keys in order, bytes as hex, whatever else as its text."""
    return orjson.dumps(value, default=printed, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)


def printed(value: object) -> str:
    """What JSON cannot hold, as text."""
    return value.hex() if isinstance(value, bytes) else str(value)


def messages(value: Any) -> list[dict[str, Any]] | None:
    """A list of messages, or None where it is not one."""
    found = structure(value)
    if not isinstance(found, list):
        return None
    return [cast("dict[str, Any]", item) for item in cast("list[Any]", found) if isinstance(item, dict)]
