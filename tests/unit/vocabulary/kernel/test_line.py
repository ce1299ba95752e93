"""A straight line and what it says of values to come; differences of two values; against published numbers and by simulation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.vocabulary.kernel import difference, line_sum, wilson
from trimtab.vocabulary.kernel.line import student95


@pytest.mark.parametrize(
    ("freedom", "table"), [(4, 2.7764), (5, 2.5706), (10, 2.2281), (26, 2.0555), (120, 1.9799)]
)
def test_the_quantiles_of_student_are_those_of_the_tables(freedom: int, table: float) -> None:
    assert student95(freedom) == pytest.approx(table, rel=0.01 if freedom == 4 else 0.005)


@given(start=st.floats(-1e3, 1e3), slope=st.floats(-10, 10), n=st.integers(3, 60), ahead=st.integers(1, 31))
def test_what_lies_on_a_line_goes_on_along_it(start: float, slope: float, n: int, ahead: int) -> None:
    value, half = line_sum([start + slope * at for at in range(n)], ahead)
    assert value == pytest.approx(sum(start + slope * at for at in range(n, n + ahead)), abs=1e-4)
    assert half == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(("n", "ahead"), [(7, 1), (7, 20), (28, 10)])
def test_the_interval_holds_the_sum_as_often_as_it_says(n: int, ahead: int) -> None:
    chance, held, times = np.random.default_rng(3), 0, 2000
    for _ in range(times):
        days = 50 + 2 * np.arange(n + ahead) + chance.normal(0, 8, n + ahead)
        value, half = line_sum(days[:n].tolist(), ahead)
        held += abs(value - days[n:].sum()) <= half
    assert held / times == pytest.approx(0.95, abs=0.015)


def test_the_difference_of_two_ratios_is_newcombes() -> None:
    """56 of 70 and 48 of 80: method 10 of Newcombe 1998, table II (a)."""
    one, other = wilson(56, 70), wilson(48, 80)
    assert one is not None
    assert other is not None
    assert difference((48 / 80, other), (56 / 70, one)) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_a_wider_difference_holds_the_narrow_one() -> None:
    narrow = difference((0.5, (0.4, 0.6)), (0.6, (0.55, 0.7)))
    wide = difference((0.5, (0.4, 0.6)), (0.6, (0.55, 0.7)), 2.0)
    assert wide[0] < narrow[0] < 0.1 < narrow[1] < wide[1]
