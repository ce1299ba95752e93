"""Values as JSON has them, which contracts and ledgers see, and back as a function's annotations have them."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from functools import lru_cache
from inspect import Parameter
from typing import Any, cast

EXACT = frozenset([str, int, float, bool, type(None)])
DEEP = 64


def plain(value: Any, depth: int = DEEP) -> Any:
    """A value as JSON: models and dataclasses as objects, decimals as numbers, times as ISO 8601 texts.

    Raises `ValueError` where it refers to itself.
    """
    kind = cast("type[Any]", type(value))
    if kind in EXACT:
        return value
    if not depth:
        raise ValueError(f"deeper than {DEEP} levels")
    if isinstance(value, Mapping):
        items = cast("Mapping[object, Any]", value).items()
        return {str(name): plain(one, depth - 1) for name, one in items}
    if kind is list or kind is tuple:
        return [plain(one, depth - 1) for one in value]
    return plain(simpler(kind, value), depth - 1)


def simpler(kind: type[Any], value: Any) -> Any:
    """A value of a class as what it consists of."""
    if kind is Decimal:
        return int(value) if value == value.to_integral_value() else float(value)
    if hasattr(kind, "model_dump"):
        return value.model_dump()
    if is_dataclass(value):
        return {one.name: getattr(value, one.name) for one in fields(value)}
    from pydantic_core import to_jsonable_python  # noqa: PLC0415 - 12 ms that plain values do not need

    return to_jsonable_python(value, fallback=str)


def restored(value: Any, annotation: Any) -> Any:
    """A plain value as the annotation says; as it is where there is none, or where it does not fit."""
    if annotation in (Parameter.empty, Any, None) or type(value) is annotation:
        return value
    try:
        return adapter(annotation).validate_python(value)
    except Exception:  # noqa: BLE001 - an annotation may say anything; then the plain value stands
        return value


@lru_cache(maxsize=1024)
def adapter(annotation: Any) -> Any:
    """What reads values of an annotation."""
    from pydantic import TypeAdapter  # noqa: PLC0415 - 30 ms that plain values do not need

    return TypeAdapter(annotation)
