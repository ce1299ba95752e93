"""A JSON value of which little is known: terms for its kind and for what it is in each kind."""

from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import z3

Term = Any
NULL, BOOL, NUMBER, TEXT, LIST, MAPPING = range(6)
INT_MIN, INT_MAX = -(2**63), 2**63 - 1
HIGHEST = 0x2FFF0
"""Characters above are unknown to Z3, or at the edge of what it orders."""


def const(kind: int) -> Term:
    """A kind as a term."""
    return z3.IntVal(kind)


def yes(*terms: Term) -> Term:
    """All of these."""
    return z3.And(*terms) if terms else z3.BoolVal(True)  # noqa: FBT003 - Z3's own signature


def some(*terms: Term) -> Term:
    """Some of these."""
    return z3.Or(*terms) if terms else z3.BoolVal(False)  # noqa: FBT003 - Z3's own signature


TRUE, FALSE = yes(), some()


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What a condition reads or says. `fault` is whether it has no value; `whole` whether a number is an int.

    `path` is where it stands among the values of a question, `items` what a list holds that is written in place.
    """

    fault: Term
    kind: Term
    truth: Term
    number: Term
    whole: Term
    text: Term
    path: tuple[str, ...] | None = None
    items: "tuple[Value, ...] | None" = None

    def is_(self, kind: int) -> Term:
        """Whether it is of a kind."""
        return self.kind == kind

    def may_be(self, *kinds: int) -> bool:
        """Whether it can be of one of these kinds, for all that is seen at once."""
        return self.kind.as_long() in kinds if z3.is_int_value(self.kind) else True

    @property
    def true(self) -> Term:
        """Whether it is true, and nothing else."""
        return yes(z3.Not(self.fault), self.is_(BOOL), self.truth)

    @property
    def false(self) -> Term:
        """Whether it is false, and nothing else."""
        return yes(z3.Not(self.fault), self.is_(BOOL), z3.Not(self.truth))

    def faulty(self, *terms: Term) -> "Value":
        """The same, with more that leaves it without a value."""
        return replace(self, fault=some(self.fault, *terms))


BLANK = Value(
    fault=FALSE,
    kind=const(NULL),
    truth=FALSE,
    number=z3.RealVal(0),
    whole=FALSE,
    text=z3.StringVal(""),
)


def truth(term: Term, *faults: Term) -> Value:
    """True or false."""
    return replace(BLANK, kind=const(BOOL), truth=term, fault=some(*faults))


def number(term: Term, whole: Term, *faults: Term) -> Value:
    """A number."""
    return replace(BLANK, kind=const(NUMBER), number=term, whole=whole, fault=some(*faults))


def text(term: Term, *faults: Term) -> Value:
    """A text."""
    return replace(BLANK, kind=const(TEXT), text=term, fault=some(*faults))


def literal(value: object) -> Value | None:
    """A value as it stands; None where Z3 cannot say it."""
    if value is None:
        return BLANK
    if isinstance(value, bool):
        return truth(z3.BoolVal(value))
    if isinstance(value, int):
        return number(real(value), TRUE)
    if isinstance(value, Decimal | float):
        return number(real(value), FALSE)
    return text(written(value)) if isinstance(value, str) and sayable(value) else None


def real(value: float | Decimal) -> Term:
    """A number exactly as it is written."""
    exact = Fraction(Decimal(repr(value)) if isinstance(value, float) else value)
    return z3.Q(exact.numerator, exact.denominator)


def sayable(value: str) -> bool:
    """Whether Z3 knows every character of a text."""
    return all(ord(one) < HIGHEST for one in value)


def written(value: str) -> Term:
    """A text; a backslash would begin an escape of Z3's."""
    return z3.StringVal("".join(f"\\u{{{ord(one):x}}}" if one == "\\" else one for one in value))


def out_of_64(term: Term) -> Term:
    """Whether 64 bits do not hold a whole number."""
    return some(term < INT_MIN, term > INT_MAX)
