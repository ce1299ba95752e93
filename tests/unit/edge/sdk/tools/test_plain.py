"""Values as contracts see them, and back."""

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from trimtab.edge.sdk.tools.plain import plain, restored


class Colour(Enum):
    RED = "red"


class Line(BaseModel):
    sku: str
    price: Decimal


@dataclass(frozen=True)
class Order:
    id: uuid.UUID
    lines: list[Line]
    day: dt.date
    colour: Colour
    note: str | None = None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
ORDERS = st.builds(
    Order,
    st.uuids(),
    st.lists(st.builds(Line, sku=st.text(), price=st.decimals(0, 10**6, places=2)), max_size=3),
    st.dates(),
    st.just(Colour.RED),
    st.none() | st.text(),
)


@given(JSON)
def test_json_stays_as_it_is(value: Any) -> None:
    assert plain(value) == value


@given(ORDERS)
def test_an_order_comes_back(order: Order) -> None:
    seen = plain(order)
    assert set(seen) == {"id", "lines", "day", "colour", "note"}
    assert all(isinstance(line["price"], int | float) for line in seen["lines"])
    assert restored(seen, Order) == order


def test_what_does_not_fit_stays_plain() -> None:
    assert restored("red", Colour) is Colour.RED
    assert restored("green", Colour) == "green"
    assert restored([1], "no annotation at all") == [1]


def test_what_refers_to_itself_is_refused() -> None:
    ring: list[Any] = []
    ring.append(ring)
    with pytest.raises(ValueError, match="deeper than 64"):
        plain(ring)
