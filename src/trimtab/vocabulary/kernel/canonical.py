"""One JSON text for the same content, so that its digest says whether it is the same."""

import json
from collections.abc import Callable, Mapping
from typing import Any, cast


def canonical_json(value: Any, default: Callable[[Any], Any] | None = None) -> bytes:
    """JSON with its keys in order; `default` gives what stands for a value that JSON does not know.

    Total over what Python can hold as JSON: also an integer of more than 64 bits and half of a surrogate pair, which a
    model may well write. Raises TypeError or ValueError for what is no JSON and has no default.
    """
    import orjson  # noqa: PLC0415 - nothing that an agent imports with the SDK needs it before a contract is laid

    try:
        return orjson.dumps(value, default=default, option=orjson.OPT_SORT_KEYS | orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return json.dumps(named(value), default=default, sort_keys=True, separators=(",", ":")).encode()


def named(value: Any) -> Any:
    """The same with all keys as text: of several kinds they have no order."""
    if isinstance(value, Mapping):
        return {str(key): named(one) for key, one in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, (list, tuple)):
        return [named(one) for one in cast("list[Any]", value)]
    return value
