"""One JSON for the same content: in any order of its keys, and whatever Python can hold as JSON."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.vocabulary.kernel import canonical_json

TEXTS = st.text(st.characters(), max_size=8)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def turned(value: Any) -> Any:
    """The same with the keys of each object the other way round."""
    if isinstance(value, dict):
        return {key: turned(value[key]) for key in reversed(value)}
    return [turned(one) for one in value] if isinstance(value, list) else value


@given(VALUES)
def test_it_says_the_same_whatever_the_order_and_says_all(value: Any) -> None:
    raw = canonical_json(value)
    assert canonical_json(turned(value)) == raw
    assert json.loads(raw.decode()) == value


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"b": 1, "a": [2**64, -(2**63) - 1]}, b'{"a":[18446744073709551616,-9223372036854775809],"b":1}'),
        ({"half": "\ud83d", "whole": "\u20ac"}, b'{"half":"\\ud83d","whole":"\\u20ac"}'),
        ({1: 2, "a": 2**64}, b'{"1":2,"a":18446744073709551616}'),
        ({"b": 1, 2: "x"}, b'{"2":"x","b":1}'),
        ("\u20ac", '"\u20ac"'.encode()),
    ],
)
def test_what_it_says(value: Any, said: bytes) -> None:
    assert canonical_json(value) == said


@pytest.mark.parametrize("value", [Decimal(1), [2**64, Decimal(1)]])
def test_what_is_no_json_needs_a_default(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)
    assert b"1" in canonical_json(value, str)
