"""Conditions: CEL's meaning, bounded cost, typed errors."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.vocabulary.contract import Fault, SyntaxFault, evaluate, holds, parse
from trimtab.vocabulary.contract.expression import MAX_COST, constants, paths

NAMES: dict[str, Any] = {
    "args": {
        "amount": 250,
        "share": 0.1,
        "to": ["ann@example.com", "bob@example.com"],
        "note": None,
        "ok": True,
    },
    "facts": {"orders_get": {"total": 300.5, "status": "paid", "items": [{"id": "a"}, {"id": "b"}]}},
    "i": 7,
}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("args.amount <= facts.orders_get.total && facts.orders_get.status == 'paid'", True),
        ("args.share + 0.2 == 0.3", True),
        ("args.amount == 250.0", True),
        ("args.amount * 2 + 1", 501),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 2", -1),
        ("7.0 / 2", Decimal("3.5")),
        ("1 + 2 * 3 - 4", 3),
        ("(1 + 2) * 3", 9),
        ("!args.ok || i > 6", True),
        ("args.ok ? 'yes' : 'no'", "yes"),
        ("false ? 1 : false ? 2 : 3", 3),
        ("args.to.all(x, x.endsWith('@example.com'))", True),
        ("args.to.exists(x, x.startsWith('bob'))", True),
        ("facts.orders_get.items.exists(x, x.id == 'b' && args.to.all(y, y != x.id))", True),
        ("[].all(x, false)", True),
        ("[].exists(x, true)", False),
        ("size(args.to) == 2 && size('é') == 1 && args.to.size() == 2", True),
        ("'ann@example.com' in args.to", True),
        ("'amount' in args", True),
        ("has(args.amount) && !has(args.gone)", True),
        ("args.note == null", True),
        ("1 == '1'", False),
        ("true == 1", False),
        ("[1, 2.0] == [1.0, 2]", True),
        ("'a' + 'b' == 'ab'", True),
        ("[1] + [2] == [1, 2]", True),
        ("args['amount'] == 250 && args.to[1].contains('bob')", True),
        ("'a\\n\\u00e9' == \"a\\n\u00e9\" && r'\\n' == '\\\\n'", True),
        ("'a' < 'b' && 1 < 1.5", True),
        ("0x10 == 16 // a comment", True),
        ("-9223372036854775808 < 0", True),
        # one side that decides is enough
        ("false && args.gone", False),
        ("args.gone && false", False),
        ("args.gone || true", True),
        ("1 / 0 > 1 || true", True),
        ("[1, 0].exists(x, 1 / x == 1)", True),
        ("[0, 1].exists(x, 1 / x == 1)", True),
    ],
)
def test_a_condition_has_its_value(text: str, value: object) -> None:
    found = evaluate(parse(text), NAMES)
    assert found == value
    assert isinstance(found, bool) is isinstance(value, bool)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("args.gone", "no_such_field"),
        ("args.to[2]", "no_such_item"),
        ("args.to[-1]", "no_such_item"),
        ("args['gone']", "no_such_item"),
        ("gone", "no_such_name"),
        ("args.to.all(x, y)", "no_such_name"),
        ("1 / 0", "division_by_zero"),
        ("1 % 0", "division_by_zero"),
        ("1.0 / 0", "division_by_zero"),
        ("0.0 / 0", "division_by_zero"),
        ("9223372036854775807 + 1", "overflow"),
        ("9223372036854775807 * 2", "overflow"),
        ("-(-9223372036854775808)", "overflow"),
        ("1 + 'a'", "no_such_overload"),
        ("'a' < 1", "no_such_overload"),
        ("null < null", "no_such_overload"),
        ("true + true", "no_such_overload"),
        ("!1", "no_such_overload"),
        ("-'a'", "no_such_overload"),
        ("1.5 % 2", "no_such_overload"),
        ("size(1)", "no_such_overload"),
        ("'a' in 'abc'", "no_such_overload"),
        ("args.to.contains('a')", "no_such_overload"),
        ("1 ? 2 : 3", "no_such_overload"),
        ("1 && true", "no_such_overload"),
        ("true && 1", "no_such_overload"),
        ("[1].all(x, x)", "no_such_overload"),
        ("'abc'.all(x, true)", "no_such_overload"),
        ("i.field", "no_such_overload"),
    ],
)
def test_a_condition_without_a_value_says_why(text: str, code: str) -> None:
    with pytest.raises(Fault) as caught:
        evaluate(parse(text), NAMES)
    assert caught.value.code == code


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 0),
        ("a b", 2),
        ("a = b", 2),
        ("a & b", 2),
        ("(a", 2),
        ("a)", 1),
        ("'a", 0),
        ("a.", 2),
        ("a.1", 1),
        ("5u", 0),
        ("b'x'", 1),
        ("a.matches('x+')", 2),
        ("dyn(a)", 0),
        ("{'a': 1}", 0),
        ("has(a)", 0),
        ("size(1, 2)", 0),
        ("a.all(1, true)", 6),
        ("if", 0),
        ("9223372036854775808", 0),
        ("1e999", 0),
        ("'\\q'", 0),
        ("'\\ud800'", 0),
        ("a.b.c(1)", 4),
        ("[1,,2]", 3),
        ("x" * 2001, 0),
        ("!" * 50 + "a", 24),
        ("(" * 50, 24),
        ("-" * 300 + "1", 24),
        ("1 +" * 300 + "1", 0),
    ],
)
def test_what_is_not_of_the_subset_says_where_and_what_instead(text: str, at: int) -> None:
    with pytest.raises(SyntaxFault) as caught:
        parse(text)
    assert caught.value.at == at
    assert caught.value.hint


def test_a_condition_must_be_true_or_false() -> None:
    assert holds(parse("args.amount > 1"), NAMES)
    with pytest.raises(Fault, match="neither true nor false"):
        holds(parse("args.amount"), NAMES)


def test_numbers_that_are_none_have_no_value() -> None:
    for value in (float("nan"), float("inf"), 2**64):
        with pytest.raises(Fault):
            evaluate(parse("x > 1"), {"x": value})


@pytest.mark.parametrize(
    "text",
    [
        "x.all(a, x.all(b, a == b))",
        "x.exists(a, x.exists(b, x.exists(c, a + b + c < 0)))",
        "x.exists(a, x == x && false)",
        "x.exists(a, a < 0) || x.exists(a, x.exists(b, a + b < 0)) || true",
    ],
)
def test_the_cost_is_bounded(text: str) -> None:
    with pytest.raises(Fault) as caught:
        evaluate(parse(text), {"x": [1] * 2000})
    assert caught.value.code == "too_costly"


def test_long_texts_cost_more() -> None:
    names = {"x": "a" * 10_000_000}
    for text in ("x.contains('b')", "x == x", "x < x", "x + x == 'a'", "x.endsWith('b')"):
        with pytest.raises(Fault) as caught:
            evaluate(parse(text), names)
        assert caught.value.code == "too_costly"


def test_deep_values_cost_more() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(Fault):
        evaluate(parse("x == x"), {"x": deep})


def test_what_a_condition_reads_is_known() -> None:
    condition = parse(
        "args.a.b > 1 && facts.x['k'].all(y, y.z == args.c) && size(session.id) > 2.5 && 'w' in q"
    )
    assert paths(condition) == {("args", "a", "b"), ("facts", "x"), ("args", "c"), ("session", "id"), ("q",)}
    assert constants(condition) == {1, "k", Decimal("2.5"), "w"}


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
VALUES = st.recursive(
    SCALARS,
    lambda one: st.lists(one, max_size=4) | st.dictionaries(st.sampled_from("abc"), one, max_size=3),
    max_leaves=8,
)
PIECES = st.sampled_from(
    [
        "a",
        "b",
        "x",
        "1",
        "2.5",
        "'t'",
        "true",
        "null",
        "&&",
        "||",
        "==",
        "!=",
        "<",
        ">=",
        "in",
        "+",
        "-",
        "*",
        "/",
        "%",
        "!",
        "?",
        ":",
        "(",
        ")",
        "[",
        "]",
        ",",
        ".",
        ".a",
        ".all(x, ",
        ".exists(x, ",
        "size(",
        ".contains(",
        "has(a.b)",
    ]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=25).map(" ".join) | st.text(max_size=40), VALUES, VALUES)
def test_any_text_over_any_values_ends_in_a_value_or_a_typed_error(text: str, a: object, b: object) -> None:
    try:
        found = evaluate(parse(text), {"a": a, "b": b}, cost=MAX_COST)
    except (SyntaxFault, Fault):
        return
    assert found is None or isinstance(found, bool | int | Decimal | str | list | dict)
