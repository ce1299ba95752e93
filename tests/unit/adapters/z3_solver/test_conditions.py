"""A condition means in Z3 what it means when it is evaluated, missing fields, kinds and all."""

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
import z3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trimtab.adapters.z3_solver.conditions import Translator
from trimtab.adapters.z3_solver.space import Space
from trimtab.adapters.z3_solver.values import BOOL, LIST, MAPPING, NULL, NUMBER, TEXT, Value, literal
from trimtab.vocabulary.contract import Fault, evaluate, parse

SESSION = {"tenant": "acme", "user": "", "tainted": True, "calls": 3, "cost_usd": 1.5}
LEAVES = st.sampled_from(
    [
        "args.i",
        "args.d",
        "args.s",
        "args.b",
        "args.gone",
        "args.m.a",
        "args['m'].b",
        "args.m.gone",
        "args.s.deep",
        "session.calls",
        "session.cost_usd",
        "session.tenant",
        "session.nothing",
        "facts.t.x",
        "0",
        "1",
        "-7",
        "2.5",
        "0.1",
        "9223372036854775807",
        "'x'",
        "''",
        "'ab'",
        "true",
        "null",
        "args.l",
        "args.m",
    ]
)


def conditions(depth: int) -> st.SearchStrategy[str]:
    if depth == 0:
        return LEAVES
    below = conditions(depth - 1)
    return st.one_of(
        LEAVES,
        st.builds("({} {} {})".format, below, st.sampled_from(["&&", "||"]), below),
        st.builds("({} {} {})".format, below, st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), below),
        st.builds("({} {} {})".format, below, st.sampled_from(["+", "-", "*", "/", "%"]), below),
        st.builds("!({})".format, below),
        st.builds("-({})".format, below),
        st.builds("({} ? {} : {})".format, below, below, below),
        st.builds("({} in [{}, {}])".format, below, below, below),
        st.builds(
            "has({})".format, st.sampled_from(["args.i", "args.gone", "args.m.a", "args.s.x", "session.user"])
        ),
        st.builds("size({})".format, below),
        st.builds(
            "({}).{}({})".format, below, st.sampled_from(["startsWith", "endsWith", "contains"]), below
        ),
    )


NUMBERS = st.one_of(
    st.integers(-10, 10),
    st.sampled_from([2**63 - 1, -(2**63), 2**63, 10**20, 0.1, 2.5, 1e-7, 1e15, 123456789.123456]),
    st.floats(-1000, 1000, allow_nan=False).map(lambda one: round(one, 3)),
)
PLAIN = st.one_of(NUMBERS, st.sampled_from(["", "x", "ab", "xab", "\\u{41}", "é€"]), st.booleans(), st.none())
ARGS = st.fixed_dictionaries(
    {},
    optional={
        "i": st.integers(-10, 10) | PLAIN,
        "d": NUMBERS,
        "s": PLAIN,
        "b": st.booleans(),
        "l": st.lists(PLAIN, max_size=2),
        "m": st.fixed_dictionaries({}, optional={"a": PLAIN, "b": PLAIN}) | PLAIN,
    },
)


def pin(space: Space, names: Mapping[str, Any]) -> list[Any]:
    """Every value of args and facts as it is in one call."""
    rules = list(space.settled())
    for path, value in space.values.items():
        at: Any = names
        there = True
        for part in path:
            there = there and isinstance(at, Mapping) and part in at
            at = at[part] if there else None
        rules.append(space.present[path] == there)
        if there:
            rules += same(value, at)
    return rules


def pinned(space: Space, names: Mapping[str, Any]) -> list[Any]:
    """Every value of a space as it is in one call."""
    rules = pin(space, names)
    for name, value in SESSION.items():
        found = space.session(name)
        assert found
        rules += same(found, value)
    return rules


def same(value: Value, given: Any) -> list[Any]:
    """What a value must be to be a plain one."""
    if isinstance(given, list):
        return [value.kind == LIST]
    if isinstance(given, Mapping):
        return [value.kind == MAPPING]
    other = literal(given)
    assert other
    fields = {NULL: [], BOOL: ["truth"], NUMBER: ["number", "whole"], TEXT: ["text"]}[other.kind.as_long()]
    return [value.kind == other.kind, *(getattr(value, one) == getattr(other, one) for one in fields)]


def said(found: Value, names: Mapping[str, Any], text: str) -> Any:
    """That Z3's value is the one that evaluating gives."""
    try:
        answer = evaluate(parse(text), names)
    except Fault:
        return found.fault
    return z3.And(z3.Not(found.fault), *same(found, answer))


def possible(*terms: Any) -> bool:
    solver = z3.Solver()
    solver.set("timeout", 20_000)
    solver.add(*terms)
    found = solver.check()
    assert found != z3.unknown, solver.reason_unknown()
    return found == z3.sat


def compare(text: str, args: dict[str, Any]) -> None:
    """What evaluating says is possible in Z3; where all is translated, it is all that is possible."""
    names = {"args": args, "session": SESSION, "facts": {"t": {"x": 2}}}
    space = Space()
    found = Translator(space).translate(parse(text))
    expected = said(found, names, text)
    known = pinned(space, names)
    assert possible(*known, expected), text
    exact = not space.doubts and not any(key.startswith(("rounded", "divided", "size")) for key in space.free)
    if exact:
        assert not possible(*known, z3.Not(expected)), text


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions(2), ARGS)
def test_a_condition_means_the_same(text: str, args: dict[str, Any]) -> None:
    compare(text, args)


@pytest.mark.full
@settings(max_examples=3000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(conditions(3), ARGS)
def test_a_longer_condition_means_the_same(text: str, args: dict[str, Any]) -> None:
    compare(text, args)


@pytest.mark.parametrize(
    ("text", "args"),
    [
        ("args.i / 2 == -3", {"i": -7}),
        ("args.i % 2 == -1", {"i": -7}),
        ("args.i / 2 == -3.5", {"i": -7.0}),
        ("args.d + 0.2 == 0.3", {"d": 0.1}),
        ("args.d * 3 <= 0.3", {"d": 0.1}),
        ("args.i + 1 > args.i", {"i": 2**63 - 1}),
        ("-args.i < 0", {"i": -(2**63)}),
        ("args.gone == 1 || true", {}),
        ("args.gone == 1 && true", {}),
        ("args.s + 'b' == 'ab'", {"s": "a"}),
        ("args.s == '\\\\u{41}'", {"s": "\\u{41}"}),
        ("args.s < 'b' && args.s.contains('')", {"s": "aé"}),
        ("(args.b ? args.i : args.s) == 3", {"b": True, "i": 3}),
        ("args.m == args.m", {"m": {"a": 1}}),
        ("args.l.exists(x, x == 1)", {"l": [1]}),
        ("args.l[0] == 1", {"l": [1]}),
    ],
)
def test_corners(text: str, args: dict[str, Any]) -> None:
    compare(text, args)


def test_what_has_no_translation_is_noted() -> None:
    space = Space()
    Translator(space).translate(parse("args.l.all(x, x > 1)"))
    assert list(space.doubts) == ["`args.l.all(x, x > 1)`: all has no translation"]


def test_a_long_product_is_not_taken_for_exact() -> None:
    space = Space()
    Translator(space).translate(parse(" * ".join(["args.d"] * 20) + " > 1"))
    assert any("products" in one for one in space.doubts)


def test_numbers_are_exact() -> None:
    found = literal(Decimal("0.1"))
    assert found
    assert found.number.as_fraction() == Fraction(1, 10)
