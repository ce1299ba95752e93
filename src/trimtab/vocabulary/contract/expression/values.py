"""The values of conditions: JSON's, with decimals that are exact, and equality that costs what it looks at."""

import math
from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any, cast

from trimtab.vocabulary.kernel import Invalid

INT_MIN, INT_MAX = -(2**63), 2**63 - 1
EXACT = Context(prec=34, Emax=6144, Emin=-6143, traps=[InvalidOperation, DivisionByZero, Overflow])
"""Decimals of 34 digits, as of IEEE 754 decimal128: money adds up."""
MAX_NESTING = 50


class Fault(Invalid):
    """A condition that has no value: `code` says why.

    no_such_name, no_such_field, no_such_item, no_such_overload, overflow, division_by_zero, too_costly
    """

    code = "no_such_overload"


class Meter:
    """What an evaluation may still cost."""

    __slots__ = ("left",)

    def __init__(self, cost: int) -> None:
        """Begin with all of it."""
        self.left = cost

    def spend(self, cost: int) -> None:
        """Take a cost; raises `Fault` too_costly where nothing is left."""
        self.left -= cost
        if self.left < 0:
            raise Fault("the condition looks at too much", hint="a shorter list or text", code="too_costly")


def lift(value: object) -> Any:
    """A value of JSON as conditions know it: a float becomes the decimal that is written the same."""
    kind = type(value)
    if kind is str or kind is bool or value is None or kind is dict or kind is list or kind is Decimal:
        return value
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return bounded(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise Fault(f"{value} is no number", code="overflow")
        return Decimal(repr(value))
    if isinstance(value, Mapping | Sequence) and not isinstance(value, bytes | bytearray):
        return cast("object", value)
    raise Fault(f"a {kind.__name__} is no value of JSON")


def bounded(value: int) -> int:
    """A whole number, if 64 bits hold it."""
    if not INT_MIN <= value <= INT_MAX:
        raise Fault("larger than 64 bits hold", code="overflow")
    return value


def kind_of(value: object) -> str:
    """What a value is, in one word."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float | Decimal):
        return "number"
    if isinstance(value, str):
        return "text"
    return "mapping" if isinstance(value, Mapping) else "list"


def equal(left: object, right: object, meter: Meter, depth: int = 0) -> bool:
    """Whether two values are equal; values of two kinds never are. Costs what it looks at."""
    meter.spend(1)
    if depth > MAX_NESTING:
        raise Fault("nested too deep", code="too_costly")
    left, right = lift(left), lift(right)
    kind = kind_of(left)
    if kind != kind_of(right):
        return False
    if kind == "list":
        return equal_lists(cast("Sequence[object]", left), cast("Sequence[object]", right), meter, depth)
    if kind == "mapping":
        return equal_maps(
            cast("Mapping[str, object]", left), cast("Mapping[str, object]", right), meter, depth
        )
    if isinstance(left, str):
        meter.spend(len(left) // 100)
    return bool(left == right)


def equal_lists(left: Sequence[object], right: Sequence[object], meter: Meter, depth: int) -> bool:
    """Whether two lists hold the same in the same order."""
    return len(left) == len(right) and all(
        equal(one, other, meter, depth + 1) for one, other in zip(left, right, strict=True)
    )


def equal_maps(left: Mapping[str, object], right: Mapping[str, object], meter: Meter, depth: int) -> bool:
    """Whether two mappings have the same keys with the same values."""
    return len(left) == len(right) and all(
        key in right and equal(one, right[key], meter, depth + 1) for key, one in left.items()
    )
