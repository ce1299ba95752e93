"""Arithmetic as conditions do it: whole numbers within 64 bits, and decimals of 34 digits.

A sum or product of decimals is cut to 34 digits. Here it is some number near the exact one, the same for the same
parts: never further from it than the last digit, never on the other side of what it was made from, nor of a number
with six places, all of which 34 digits hold.
"""

from decimal import Context, Decimal, Inexact, InvalidOperation
from fractions import Fraction
from typing import Any

import z3

from trimtab.adapters.z3_solver.space import Space
from trimtab.adapters.z3_solver.values import Term, Value, number, out_of_64, yes

EPSILON = z3.Q(1, 10**33)
GRID, GRID_END = 10**6, 10**27
EXACT = Context(prec=34, traps=[Inexact, InvalidOperation])


def arithmetic(space: Space, sign: str, left: Value, right: Value) -> Value:
    """The value of two numbers and a sign; faults of the sides are the caller's."""
    whole = z3.simplify(yes(left.whole, right.whole))
    if sign in "+-*":
        term = calculated(sign, left.number, right.number)
        near = term if z3.is_true(whole) else rounded(space, term, [left.number, right.number])
        return number(z3.If(whole, term, near), whole, yes(whole, out_of_64(term)))
    quotient = truncated(left.number, right.number)
    if sign == "%":
        return number(
            left.number - right.number * quotient,
            whole,
            z3.Not(whole),
            right.number == 0,
            out_of_64(quotient),
        )
    near = quotient if z3.is_true(whole) else divided(space, left.number, right.number)
    return number(z3.If(whole, quotient, near), whole, right.number == 0, yes(whole, out_of_64(quotient)))


def calculated(sign: str, left: Term, right: Term) -> Term:
    """The exact number."""
    if sign == "*":
        return left * right
    return left + right if sign == "+" else left - right


def magnitude(term: Term) -> Term:
    """A number without its sign."""
    return z3.If(term >= 0, term, -term)


def truncated(left: Term, right: Term) -> Term:
    """A quotient of whole numbers, cut off towards zero."""
    floor = z3.ToInt(magnitude(left)) / z3.ToInt(magnitude(right))
    return z3.ToReal(z3.If((left < 0) == (right < 0), floor, -floor))


def rounded(space: Space, term: Term, parts: list[Term]) -> Term:
    """The decimal of 34 digits that stands for an exact number made from parts."""
    plain = z3.simplify(term)
    if z3.is_rational_value(plain) and fits(plain):
        return plain
    near = fresh(space, "rounded", term)
    apart = EPSILON * magnitude(term)
    space.rules += [near - term <= apart, term - near <= apart]
    for part in parts:
        space.rules += [z3.Implies(term >= part, near >= part), z3.Implies(term <= part, near <= part)]
    below, above = z3.ToInt(term * GRID), -z3.ToInt(-term * GRID)
    held = yes(term < GRID_END, term > -GRID_END)
    on_grid = yes(near * GRID >= z3.ToReal(below), near * GRID <= z3.ToReal(above))
    space.rules.append(z3.Implies(held, on_grid))
    return near


def divided(space: Space, left: Term, right: Term) -> Term:
    """The decimal of 34 digits that stands for a quotient."""
    plain = z3.simplify(right)
    if z3.is_rational_value(plain) and plain.as_fraction():
        return rounded(space, left / plain, [])
    near = fresh(space, "divided", left / right)
    product, apart = near * right, EPSILON * magnitude(left)
    space.rules.append(z3.Implies(right != 0, yes(product - left <= apart, left - product <= apart)))
    return near


def fresh(space: Space, word: str, term: Term) -> Term:
    """A number of its own for each term, the same for the same term."""
    return space.free.setdefault(f"{word} {z3.simplify(term).sexpr()}", z3.Real(f"{word} {len(space.free)}"))


def fits(term: Any) -> bool:
    """Whether 34 digits hold a number."""
    exact: Fraction = term.as_fraction()
    try:
        EXACT.divide(Decimal(exact.numerator), Decimal(exact.denominator))
    except (Inexact, InvalidOperation):
        return False
    return True


def negated(value: Value) -> Value:
    """The number below zero."""
    return number(-value.number, value.whole, yes(value.whole, out_of_64(-value.number)))
