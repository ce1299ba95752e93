"""A condition as two of Cedar's: one that is true where it is true, one that is true where it is false.

Where neither is, the condition has no value. Both ask first whether what they read is there, so neither errs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from trimtab.vocabulary.contract.cedar.text import decimal_of, pattern, quoted
from trimtab.vocabulary.contract.cedar.types import LONG_MAX, LONG_MIN, CedarType
from trimtab.vocabulary.contract.expression import syntax

ORDERS = {
    "<": ("<", "lessThan"),
    "<=": ("<=", "lessThanOrEqual"),
    ">": (">", "greaterThan"),
    ">=": (">=", "greaterThanOrEqual"),
}
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
TEXTS = {"startsWith": "{}*", "endsWith": "*{}", "contains": "*{}*"}
SESSION = "context.session"
RECKONS = "Cedar does not reckon with decimals, and errs beyond 64 bits"
MEASURES = "Cedar does not measure texts or lists"
Scalar = str | int | Decimal | bool | None


class Inexpressible(Exception):
    """A condition that Cedar cannot say; the message is why."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A value that is read: how Cedar names it, what must be there first, and its type."""

    text: str
    there: tuple[str, ...]
    type: CedarType


@dataclass(frozen=True, slots=True)
class Pair:
    """When a condition is true, and when it is false."""

    true: str
    false: str


NEVER = Pair("false", "false")


def both(*parts: str) -> str:
    """All of these."""
    left = [one for one in parts if one != "true"]
    if "false" in left:
        return "false"
    return " && ".join(left) if len(left) > 1 else left[0] if left else "true"


def some(*parts: str) -> str:
    """Some of these."""
    left = [one for one in parts if one != "false"]
    if "true" in left:
        return "true"
    return "(" + " || ".join(left) + ")" if len(left) > 1 else left[0] if left else "false"


def negated(part: str) -> str:
    """Not this."""
    return {"true": "false", "false": "true"}.get(part, f"!({part})")


class Conditions:
    """Conditions over the values that Cedar is told of; `roots` are those by name."""

    def __init__(self, roots: Mapping[str, Ref]) -> None:
        """Know these values."""
        self.roots = roots
        self.table: Mapping[type, Callable[..., Pair]] = {
            syntax.Literal: self.literal,
            syntax.Name: self.truth,
            syntax.Select: self.select,
            syntax.Index: self.truth,
            syntax.Unary: self.unary,
            syntax.Binary: self.binary,
            syntax.Choose: self.choose,
            syntax.Call: self.call,
        }

    def pair(self, tree: syntax.Tree) -> Pair:
        """When a node is true and when it is false; raises `Inexpressible`."""
        work = self.table.get(type(tree))
        if work is None:
            raise Inexpressible("lists and macros are not told to Cedar")
        return work(tree)

    def literal(self, tree: syntax.Literal) -> Pair:
        """True, false, or neither."""
        return (
            Pair("true", "false")
            if tree.value is True
            else Pair("false", "true")
            if tree.value is False
            else NEVER
        )

    def truth(self, tree: syntax.Tree) -> Pair:
        """A value that is read, as a truth."""
        ref = self.ref(tree)
        if ref.type.kind != "Bool":
            return NEVER
        return Pair(both(*ref.there, ref.text), both(*ref.there, f"!{ref.text}"))

    def select(self, tree: syntax.Select) -> Pair:
        """A field as a truth, or whether it is there."""
        if not tree.test:
            return self.truth(tree)
        ref = self.ref(syntax.Select(tree.of, tree.field))
        if ref.text.startswith(SESSION):
            return Pair("true", "false")
        around, there = ref.there[:-1], ref.there[-1]
        return Pair(both(*around, there), both(*around, negated(there)))

    def unary(self, tree: syntax.Unary) -> Pair:
        """Not."""
        if tree.operator == "-":
            raise Inexpressible(RECKONS)
        found = self.pair(tree.of)
        return Pair(found.false, found.true)

    def choose(self, tree: syntax.Choose) -> Pair:
        """One of two conditions."""
        test, then, other = (self.pair(one) for one in (tree.test, tree.then, tree.otherwise))
        return Pair(
            some(both(test.true, then.true), both(test.false, other.true)),
            some(both(test.true, then.false), both(test.false, other.false)),
        )

    def binary(self, tree: syntax.Binary) -> Pair:
        """Two conditions joined, or two values compared."""
        match tree.operator:
            case "&&" | "||":
                left, right = self.pair(tree.left), self.pair(tree.right)
                if tree.operator == "&&":
                    return Pair(both(left.true, right.true), some(left.false, right.false))
                return Pair(some(left.true, right.true), both(left.false, right.false))
            case "in":
                return self.member(tree)
            case "==" | "!=" | "<" | "<=" | ">" | ">=" as sign:
                return self.compared(sign, tree.left, tree.right)
            case _:
                raise Inexpressible(RECKONS)

    def member(self, tree: syntax.Binary) -> Pair:
        """Whether a list of literals has an item."""
        if not isinstance(tree.right, syntax.ListOf):
            raise Inexpressible("lists are not told to Cedar")
        if not all(isinstance(one, syntax.Literal) for one in tree.right.items):
            raise Inexpressible("the list holds more than literals")
        found = [self.compared("==", tree.left, one) for one in tree.right.items]
        there = self.ref(tree.left).there if not isinstance(tree.left, syntax.Literal) else ()
        return Pair(some(*(one.true for one in found)), both(*there, *(one.false for one in found)))

    def compared(self, sign: str, left: syntax.Tree, right: syntax.Tree) -> Pair:
        """Two values compared."""
        if isinstance(left, syntax.Literal):
            if isinstance(right, syntax.Literal):
                raise Inexpressible("it compares literals")
            return self.compared(TURNED[sign], right, left)
        ref = self.ref(left)
        if isinstance(right, syntax.Literal):
            return self.against(sign, ref, right.value)
        other = self.ref(right)
        there = (*ref.there, *other.there)
        if ref.type.kind != other.type.kind:
            if {ref.type.kind, other.type.kind} == {"Long", "decimal"}:
                raise Inexpressible("Cedar does not compare a Long with a decimal")
            return unlike(sign, there)
        return told(sign, ref, other.text, there)

    def against(self, sign: str, ref: Ref, value: Scalar) -> Pair:
        """A value that is read compared with a literal."""
        written = literal_of(ref.type, value)
        return unlike(sign, ref.there) if written is None else told(sign, ref, written, ref.there)

    def call(self, tree: syntax.Call) -> Pair:
        """A look into a text."""
        if tree.function not in TEXTS:
            raise Inexpressible(MEASURES)
        receiver, part = tree.arguments
        if isinstance(receiver, syntax.Literal) or not isinstance(part, syntax.Literal):
            raise Inexpressible("Cedar looks into texts for literals only")
        ref = self.ref(receiver)
        if ref.type.kind != "String" or not isinstance(part.value, str):
            return NEVER
        found = f'{ref.text} like "{TEXTS[tree.function].format(pattern(part.value))}"'
        return Pair(both(*ref.there, found), both(*ref.there, negated(found)))

    def ref(self, tree: syntax.Tree) -> Ref:
        """A value that is read; raises `Inexpressible` where Cedar is not told of it."""
        if isinstance(tree, syntax.Name) and tree.name in self.roots:
            return self.roots[tree.name]
        if isinstance(tree, syntax.Index) and isinstance(tree.key, syntax.Literal):
            if isinstance(tree.key.value, str):
                return self.field(self.ref(tree.of), tree.key.value)
            raise Inexpressible("an item by its place is not told to Cedar")
        if isinstance(tree, syntax.Select) and not tree.test:
            return self.field(self.ref(tree.of), tree.field)
        reckoned = isinstance(tree, syntax.Unary | syntax.Binary)
        raise Inexpressible(
            RECKONS
            if reckoned
            else MEASURES
            if isinstance(tree, syntax.Call)
            else "it compares what is chosen"
        )

    def field(self, ref: Ref, name: str) -> Ref:
        """A field of a value that is read."""
        wanted = ref.type.fields.get(name)
        if wanted is None:
            raise Inexpressible(f"no schema gives {name} one type")
        text = f"{ref.text}[{quoted(name)}]"
        always = ref.text == SESSION and wanted.kind != "decimal"
        needed = () if always else (f"{ref.text} has {quoted(name)}",)
        return Ref(text, (*ref.there, *needed), wanted)


def literal_of(wanted: CedarType, value: Scalar) -> str | None:
    """A literal as a value of a type; None where it never equals one, raises `Inexpressible` where it might."""
    number = isinstance(value, int | Decimal) and not isinstance(value, bool)
    match wanted.kind:
        case "String":
            return quoted(value) if isinstance(value, str) else None
        case "Bool":
            return str(value).lower() if isinstance(value, bool) else None
        case "Long" | "decimal" if not number:
            return None
        case "Long":
            exact = Decimal(cast("int", value))
            if exact != int(exact) or not LONG_MIN <= exact <= LONG_MAX:
                raise Inexpressible(f"{value} is no Long")
            return str(int(exact))
        case "decimal":
            written = decimal_of(Decimal(cast("int", value)))
            if written is None:
                raise Inexpressible(f"{value} has more than four places")
            return f'decimal("{written}")'
        case _:
            raise Inexpressible("records are not compared")


def unlike(sign: str, there: tuple[str, ...]) -> Pair:
    """Values of two kinds: never equal, and in no order."""
    if sign not in ("==", "!="):
        return NEVER
    return Pair("false", both(*there)) if sign == "==" else Pair(both(*there), "false")


def told(sign: str, ref: Ref, other: str, there: tuple[str, ...]) -> Pair:
    """Two values of one type compared."""
    kind = ref.type.kind
    if kind == "record":
        raise Inexpressible("records are not compared")
    if sign in ORDERS:
        if kind in ("String", "Bool"):
            raise Inexpressible(f"Cedar has no order of {kind}")
        mark, method = ORDERS[sign]
        found = f"{ref.text} {mark} {other}" if kind == "Long" else f"{ref.text}.{method}({other})"
    else:
        found = f"{ref.text} == {other}"
    pair = Pair(both(*there, found), both(*there, negated(found)))
    return Pair(pair.false, pair.true) if sign == "!=" else pair
