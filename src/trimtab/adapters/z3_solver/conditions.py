"""A condition as a value, node by node as it is evaluated; what has no translation may be anything, and is noted."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import z3

from trimtab.adapters.z3_solver.numbers import arithmetic, negated
from trimtab.adapters.z3_solver.space import ROOTS, Space
from trimtab.adapters.z3_solver.values import (
    BLANK,
    BOOL,
    FALSE,
    LIST,
    MAPPING,
    NULL,
    NUMBER,
    TEXT,
    TRUE,
    Term,
    Value,
    const,
    literal,
    number,
    some,
    truth,
    yes,
)
from trimtab.vocabulary.contract import Expression
from trimtab.vocabulary.contract.ports import parts, syntax

MAX_PRODUCTS = 12
"""So many products of numbers of JSON stay within what a decimal holds."""
MAX_LOOKS = 80
"""So many looks at texts of at most 10,000 characters stay within what a condition may cost."""
LOOKS = ("==", "!=", "<", "<=", ">", ">=", "+", "in")


class Translator:
    """Conditions over one space."""

    def __init__(self, space: Space) -> None:
        """Begin with nothing said."""
        self.space = space
        self.said = ""
        self.table: Mapping[type, Callable[..., Value]] = {
            syntax.Literal: self.literal,
            syntax.Name: self.name,
            syntax.Select: self.select,
            syntax.Index: self.index,
            syntax.Unary: self.unary,
            syntax.Binary: self.binary,
            syntax.Choose: self.choose,
            syntax.ListOf: self.list_of,
            syntax.Call: self.call,
            syntax.Quantify: self.quantify,
        }

    def translate(self, expression: Expression) -> Value:
        """The value of a condition."""
        self.said = expression.text
        signs = [one.operator for one in nodes(expression.tree) if isinstance(one, syntax.Binary)]
        calls = sum(isinstance(one, syntax.Call) for one in nodes(expression.tree))
        if sum(one in "*/" for one in signs) > MAX_PRODUCTS:
            return self.unknown(expression.tree, "more than 12 products")
        if sum(one in LOOKS for one in signs) + calls > MAX_LOOKS:
            return self.unknown(expression.tree, "too long")
        return self.value(expression.tree)

    def value(self, tree: syntax.Tree) -> Value:
        """The value of one node."""
        return self.table[type(tree)](tree)

    def unknown(self, tree: syntax.Tree, why: str) -> Value:
        """Any value, or none: the same wherever the same node stands."""
        self.space.doubt(f"`{self.said}`: {why}")
        return self.space.anything(f"unknown {tree!r}")

    def literal(self, tree: syntax.Literal) -> Value:
        """A value as it stands."""
        found = literal(tree.value)
        return found or self.unknown(tree, "a character beyond U+2FFF0 has no translation")

    def name(self, tree: syntax.Name) -> Value:
        """A named value."""
        if (tree.name,) in self.space.named:
            return self.space.named[tree.name,]
        if tree.name in ROOTS:
            return self.space.value((tree.name,))
        return replace(BLANK, kind=const(MAPPING), path=(tree.name,))

    def select(self, tree: syntax.Select) -> Value:
        """A field of a mapping, or whether it is there."""
        return self.field(tree, self.value(tree.of), tree.field, test=tree.test)

    def field(self, tree: syntax.Tree, found: Value, name: str, *, test: bool = False) -> Value:
        """A field of a value."""
        if found.path is None:
            faults = (found.fault, z3.Not(found.is_(MAPPING)))
            return self.unknown(tree, "a field of what is calculated has no translation").faulty(*faults)
        path = (*found.path, name)
        if found.path[0] not in ROOTS:
            value = self.space.named.get(path) or self.space.session(name)
            if test:
                return truth(TRUE if value else FALSE)
            return value or BLANK.faulty(TRUE)
        if test:
            return truth(self.space.there(path), found.fault, z3.Not(found.is_(MAPPING)))
        return self.space.read(path).faulty(found.fault)

    def index(self, tree: syntax.Index) -> Value:
        """An item by place or key."""
        if isinstance(tree.key, syntax.Literal) and isinstance(tree.key.value, str):
            found = self.value(tree.of)
            if found.path is not None:
                return self.field(tree, found, tree.key.value)
        return self.unknown(tree, "an item by its place has no translation")

    def unary(self, tree: syntax.Unary) -> Value:
        """Not, or the number below zero."""
        found = self.value(tree.of)
        if tree.operator == "!":
            return truth(z3.Not(found.truth), found.fault, z3.Not(found.is_(BOOL)))
        return negated(found).faulty(found.fault, z3.Not(found.is_(NUMBER)))

    def binary(self, tree: syntax.Binary) -> Value:
        """Two values and an operator."""
        left, right = self.value(tree.left), self.value(tree.right)
        match tree.operator:
            case "&&":
                decided = some(left.false, right.false)
                return truth(yes(left.true, right.true), z3.Not(some(decided, yes(left.true, right.true))))
            case "||":
                decided = some(left.true, right.true)
                return truth(decided, z3.Not(some(decided, yes(left.false, right.false))))
            case "==" | "!=":
                same = self.equal(tree, left, right)
                return truth(same if tree.operator == "==" else z3.Not(same), left.fault, right.fault)
            case "in":
                return self.member(tree, left, right)
            case "<" | "<=" | ">" | ">=" as sign:
                return ordered(sign, left, right)
            case sign:
                return self.calculated(sign, left, right)

    def equal(self, tree: syntax.Tree, left: Value, right: Value) -> Term:
        """Whether two values are equal; of lists and mappings nothing is known."""
        plain = some(
            left.is_(NULL),
            yes(left.is_(BOOL), left.truth == right.truth),
            yes(left.is_(NUMBER), left.number == right.number),
            yes(left.is_(TEXT), left.text == right.text),
        )
        nested = some(left.is_(LIST), left.is_(MAPPING))
        if not (left.may_be(LIST, MAPPING) and right.may_be(LIST, MAPPING)):
            return yes(left.kind == right.kind, plain)
        return yes(left.kind == right.kind, some(plain, yes(nested, self.alike(tree))))

    def alike(self, tree: syntax.Tree) -> Term:
        """Whether two lists or mappings are equal."""
        key = f"alike {tree!r}"
        if key not in self.space.free:
            self.space.doubt(f"`{self.said}`: lists and mappings that are compared have no translation")
        return self.space.flag(key)

    def member(self, tree: syntax.Binary, item: Value, within: Value) -> Value:
        """Whether a list that is written in place has an item."""
        if within.items is None:
            found = self.unknown(tree, "a list that is no literal has no translation")
            faults = (item.fault, within.fault, z3.Not(some(within.is_(LIST), within.is_(MAPPING))))
            return truth(found.truth, found.fault, *faults)
        hits = [self.equal(tree, item, one) for one in within.items]
        return truth(some(*hits), item.fault, within.fault)

    def calculated(self, sign: str, left: Value, right: Value) -> Value:
        """Arithmetic; + also joins texts and lists."""
        faults = (left.fault, right.fault, left.kind != right.kind)
        numbers = arithmetic(self.space, sign, left, right)
        others = left.may_be(TEXT, LIST) and right.may_be(TEXT, LIST)
        if sign != "+" or not others:
            return numbers.faulty(*faults, z3.Not(left.is_(NUMBER)))
        if left.may_be(LIST) and right.may_be(LIST):
            self.space.doubt(f"`{self.said}`: joined lists have no translation")
        return Value(
            fault=some(
                *faults,
                left.is_(NULL),
                left.is_(BOOL),
                left.is_(MAPPING),
                yes(left.is_(NUMBER), numbers.fault),
            ),
            kind=left.kind,
            truth=FALSE,
            number=numbers.number,
            whole=numbers.whole,
            text=z3.Concat(left.text, right.text),
        )

    def choose(self, tree: syntax.Choose) -> Value:
        """One of two values."""
        test, then, other = self.value(tree.test), self.value(tree.then), self.value(tree.otherwise)

        def one(which: str) -> Term:
            return z3.If(test.truth, getattr(then, which), getattr(other, which))

        return Value(
            fault=some(test.fault, z3.Not(test.is_(BOOL)), one("fault")),
            kind=one("kind"),
            truth=one("truth"),
            number=one("number"),
            whole=one("whole"),
            text=one("text"),
        )

    def list_of(self, tree: syntax.ListOf) -> Value:
        """A list written in place."""
        items = tuple(self.value(one) for one in tree.items)
        faults = some(*(one.fault for one in items))
        return replace(BLANK, kind=const(LIST), items=items, fault=faults)

    def call(self, tree: syntax.Call) -> Value:
        """A function of the subset."""
        values = [self.value(one) for one in tree.arguments]
        faults = [one.fault for one in values]
        if tree.function == "size":
            return self.size(tree, values[0])
        left, right = (one.text for one in values)
        faults += [z3.Not(one.is_(TEXT)) for one in values]
        if tree.function == "contains":
            return truth(z3.Contains(left, right), *faults)
        within = z3.PrefixOf if tree.function == "startsWith" else z3.SuffixOf
        return truth(within(right, left), *faults)

    def size(self, tree: syntax.Call, found: Value) -> Value:
        """How long a text is; of lists and mappings nothing is known but that it is no less than nothing."""
        length = z3.ToReal(z3.Length(found.text))
        if found.items is not None:
            return number(z3.RealVal(len(found.items)), TRUE, found.fault)
        if found.may_be(LIST, MAPPING):
            other = z3.ToReal(self.space.free.setdefault(f"size {tree!r}", z3.Int(f"size {tree!r}")))
            self.space.rules.append(other >= 0)
            length = z3.If(found.is_(TEXT), length, other)
        sized = some(found.is_(TEXT), found.is_(LIST), found.is_(MAPPING))
        return number(length, TRUE, found.fault, z3.Not(sized))

    def quantify(self, tree: syntax.Quantify) -> Value:
        """All or some of a list."""
        return self.unknown(tree, f"{tree.kind} has no translation")


def ordered(sign: str, left: Value, right: Value) -> Value:
    """Before or after, of two numbers, two texts or two truths."""
    if sign in (">", ">="):
        left, right, sign = right, left, "<" if sign == ">" else "<="
    strict = sign == "<"
    numbers = left.number < right.number if strict else left.number <= right.number
    texts = left.text < right.text if strict else left.text <= right.text
    truths = yes(z3.Not(left.truth), right.truth) if strict else some(z3.Not(left.truth), right.truth)
    found = z3.If(left.is_(NUMBER), numbers, z3.If(left.is_(TEXT), texts, truths))
    comparable = some(left.is_(NUMBER), left.is_(TEXT), left.is_(BOOL))
    return truth(found, left.fault, right.fault, left.kind != right.kind, z3.Not(comparable))


def nodes(tree: syntax.Tree) -> list[syntax.Tree]:
    """Every node of a condition."""
    found, left = list[syntax.Tree](), [tree]
    while left:
        found.append(left.pop())
        left += parts(found[-1])
    return found
