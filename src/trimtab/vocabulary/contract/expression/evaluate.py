"""The value of a condition: it always ends, touches nothing, and says why where it has none.

`&&` and `||` are as in CEL: an error on one side gives way to the other side where that alone decides.
"""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal, DivisionByZero, InvalidOperation, Overflow
from typing import Any

from trimtab.vocabulary.contract.expression.syntax import (
    Binary,
    Call,
    Choose,
    Expression,
    Index,
    ListOf,
    Literal,
    Name,
    Quantify,
    Select,
    Tree,
    Unary,
)
from trimtab.vocabulary.contract.expression.values import EXACT, Fault, Meter, bounded, equal, kind_of, lift

MAX_COST = 10_000
"""Nodes visited, items compared and hundreds of characters looked at, in all."""
Names = Mapping[str, Any]


def evaluate(expression: Expression, names: Names, *, cost: int = MAX_COST) -> Any:
    """The value of a condition with these names; raises `Fault`. Numbers are int or Decimal."""
    return value_of(expression.tree, names, Meter(cost))


def holds(expression: Expression, names: Names, *, cost: int = MAX_COST) -> bool:
    """Whether a condition holds; raises `Fault`, also where it is neither true nor false."""
    found = evaluate(expression, names, cost=cost)
    if found is True or found is False:
        return found
    raise Fault(f"the condition is a {kind_of(found)}, neither true nor false")


def value_of(tree: Tree, names: Names, meter: Meter) -> Any:
    """The value of one node."""
    meter.left -= 1
    if meter.left < 0:
        meter.spend(0)
    return EVALUATE[type(tree)](tree, names, meter)


def literal(tree: Literal, _names: Names, _meter: Meter) -> Any:
    """A value as it stands."""
    return tree.value


def name(tree: Name, names: Names, _meter: Meter) -> Any:
    """A named value."""
    try:
        return lift(names[tree.name])
    except KeyError:
        raise Fault(f"{tree.name} is not known here", code="no_such_name") from None


def select(tree: Select, names: Names, meter: Meter) -> Any:
    """A field of a mapping, or whether it is there."""
    found = value_of(tree.of, names, meter)
    if kind_of(found) != "mapping":
        raise Fault(f".{tree.field} of a {kind_of(found)}", hint="only a mapping has fields")
    if tree.test:
        return tree.field in found
    try:
        return lift(found[tree.field])
    except KeyError:
        raise Fault(
            f"there is no {tree.field}", hint=f"has(...{tree.field}) asks first", code="no_such_field"
        ) from None


def index(tree: Index, names: Names, meter: Meter) -> Any:
    """An item by place or key."""
    found, key = value_of(tree.of, names, meter), value_of(tree.key, names, meter)
    if kind_of(found) == "mapping" and isinstance(key, str):
        if key in found:
            return lift(found[key])
    elif kind_of(found) == "list" and type(key) is int:
        if 0 <= key < len(found):
            return lift(found[key])
    else:
        raise Fault(f"a {kind_of(found)} has no item {kind_of(key)}")
    raise Fault(f"there is no item {str(key)[:40]}", code="no_such_item")


def unary(tree: Unary, names: Names, meter: Meter) -> Any:
    """Not, or the number below zero."""
    found = value_of(tree.of, names, meter)
    if tree.operator == "!":
        if isinstance(found, bool):
            return not found
        raise Fault(f"! of a {kind_of(found)}")
    if kind_of(found) != "number":
        raise Fault(f"- of a {kind_of(found)}")
    return bounded(-found) if isinstance(found, int) else found.copy_negate()


def binary(tree: Binary, names: Names, meter: Meter) -> Any:
    """Two values and an operator."""
    if tree.operator in ("&&", "||"):
        return decided(tree, names, meter, deciding=tree.operator == "||")
    left, right = value_of(tree.left, names, meter), value_of(tree.right, names, meter)
    if tree.operator in ("==", "!="):
        return equal(left, right, meter) is (tree.operator == "==")
    if tree.operator == "in":
        return member(left, right, meter)
    if tree.operator in ORDERS:
        return ordered(tree.operator, left, right, meter)
    return calculated(tree.operator, left, right, meter)


def decided(tree: Binary, names: Names, meter: Meter, *, deciding: bool) -> bool:
    """And, or: one side that decides is enough, also beside an error."""
    trouble: Fault | None = None
    for side in (tree.left, tree.right):
        try:
            found = value_of(side, names, meter)
        except Fault as error:
            if error.code == "too_costly":
                raise
            trouble = trouble or error
            continue
        if not isinstance(found, bool):
            trouble = trouble or Fault(f"{tree.operator} of a {kind_of(found)}")
        elif found is deciding:
            return deciding
    if trouble:
        raise trouble
    return not deciding


def member(item: Any, within: Any, meter: Meter) -> bool:
    """Whether a list has an item, or a mapping a key."""
    if kind_of(within) == "mapping":
        if isinstance(item, str):
            return item in within
        raise Fault(f"a {kind_of(item)} is no key")
    if kind_of(within) != "list":
        raise Fault(f"in a {kind_of(within)}", hint="contains looks into text")
    return any(equal(item, one, meter) for one in within)


ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def ordered(sign: str, left: Any, right: Any, meter: Meter) -> bool:
    """Before or after, of two numbers, two texts or two truths."""
    kind = kind_of(left)
    if kind != kind_of(right) or kind not in ("number", "text", "bool"):
        raise Fault(f"a {kind} {sign} a {kind_of(right)}")
    if kind == "text":
        meter.spend(len(left) // 100)
    return ORDERS[sign](left, right)


def calculated(sign: str, left: Any, right: Any, meter: Meter) -> Any:
    """Arithmetic: of whole numbers whole and within 64 bits, else exact decimals; + also joins texts and lists."""
    kind = kind_of(left)
    if kind != kind_of(right) or (kind != "number" and (sign != "+" or kind not in ("text", "list"))):
        raise Fault(f"a {kind} {sign} a {kind_of(right)}")
    if kind == "number":
        if isinstance(left, int) and isinstance(right, int):
            return bounded(whole(sign, left, right))
        return exact(sign, Decimal(left), Decimal(right))
    meter.spend((len(left) + len(right)) // (100 if kind == "text" else 1))
    return left + right if kind == "text" else [*left, *right]


def whole(sign: str, left: int, right: int) -> int:
    """Arithmetic of whole numbers; a quotient is cut off towards zero, as in CEL."""
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    if sign == "*":
        return left * right
    if right == 0:
        raise Fault("divided by zero", code="division_by_zero")
    quotient = abs(left) // abs(right)
    quotient = quotient if (left < 0) == (right < 0) else -quotient
    return quotient if sign == "/" else left - right * quotient


def exact(sign: str, left: Decimal, right: Decimal) -> Decimal:
    """Arithmetic of decimals."""
    if sign == "%":
        raise Fault("% of a decimal", hint="whole numbers only")
    work = {"+": EXACT.add, "-": EXACT.subtract, "*": EXACT.multiply, "/": EXACT.divide}[sign]
    try:
        return work(left, right)
    except (DivisionByZero, InvalidOperation):
        raise Fault("divided by zero", code="division_by_zero") from None
    except Overflow:
        raise Fault("larger than a decimal holds", code="overflow") from None


def choose(tree: Choose, names: Names, meter: Meter) -> Any:
    """One of two values."""
    found = value_of(tree.test, names, meter)
    if not isinstance(found, bool):
        raise Fault(f"? after a {kind_of(found)}")
    return value_of(tree.then if found else tree.otherwise, names, meter)


def list_of(tree: ListOf, names: Names, meter: Meter) -> Any:
    """A list written in place."""
    return [value_of(one, names, meter) for one in tree.items]


def call(tree: Call, names: Names, meter: Meter) -> Any:
    """A function of the subset."""
    values = [value_of(one, names, meter) for one in tree.arguments]
    kinds = [kind_of(one) for one in values]
    if tree.function == "size":
        if kinds[0] in ("text", "list", "mapping"):
            return len(values[0])
        raise Fault(f"size of a {kinds[0]}")
    if kinds != ["text", "text"]:
        raise Fault(f"{tree.function} of a {kinds[0]} and a {kinds[1]}", hint="both are texts")
    text, part = values
    meter.spend(len(text) // 100)
    if tree.function == "contains":
        return part in text
    return text.startswith(part) if tree.function == "startsWith" else text.endswith(part)


def quantify(tree: Quantify, names: Names, meter: Meter) -> bool:
    """All or some of a list; like a chain of && or ||, so an error gives way to an item that decides."""
    over = value_of(tree.over, names, meter)
    if kind_of(over) not in ("list", "mapping"):
        raise Fault(f"{tree.kind} of a {kind_of(over)}")
    deciding = tree.kind == "exists"
    trouble: Fault | None = None
    for item in over:
        try:
            found = value_of(tree.test, {**names, tree.name: item}, meter)
        except Fault as error:
            if error.code == "too_costly":
                raise
            trouble = trouble or error
            continue
        if not isinstance(found, bool):
            trouble = trouble or Fault(f"{tree.kind} asks for true or false, not a {kind_of(found)}")
        elif found is deciding:
            return deciding
    if trouble:
        raise trouble
    return not deciding


EVALUATE: Mapping[type, Callable[[Any, Names, Meter], Any]] = {
    Literal: literal,
    Name: name,
    Select: select,
    Index: index,
    Unary: unary,
    Binary: binary,
    Choose: choose,
    ListOf: list_of,
    Call: call,
    Quantify: quantify,
}
