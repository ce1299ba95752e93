"""What holds for every set of minutes: order, splitting and prefix sums change nothing."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.loop.budget.making import NOON, NS, minutes, objective

from trimtab.loop.budget import budget_at, burn_at, consumed, ledger_of, tally

ROWS = st.lists(
    st.tuples(st.integers(NOON - 500, NOON - 1), st.integers(0, 50), st.integers(0, 9)), max_size=40
)
METHODS = st.sampled_from(
    [
        {"method": "occurrences"},
        {"method": "timeslices", "slice_min": 7, "slice_target": 0.8},
        {"method": "ratio_timeslices", "slice_min": 10},
    ]
)


@given(ROWS, METHODS, st.randoms())
def test_events_count_in_any_order_and_in_any_parts(
    rows: list[tuple[int, int, int]], method: Any, random: Any
) -> None:
    parts = [part for minute, good, bad in rows for part in ((minute, good, 0), (minute, 0, bad))]
    random.shuffle(parts)
    slo = objective(span="5h", **method)
    whole, split = ledger_of(slo, minutes(rows)), ledger_of(slo, minutes(parts))
    assert budget_at(whole, NOON * NS) == budget_at(split, NOON * NS)
    assert burn_at(whole, NOON * NS, 60) == burn_at(split, NOON * NS, 60)


@given(ROWS, METHODS, st.integers(1, 400))
def test_running_sums_are_what_a_loop_counts(
    rows: list[tuple[int, int, int]], method: Any, span: int
) -> None:
    slo = objective(**method)
    ledger = ledger_of(slo, minutes(rows))
    good, bad = count_slowly(rows, method, NOON - span, NOON)
    found = tally(ledger, NOON - span, NOON)
    assert (found.good, found.bad) == (pytest.approx(good), pytest.approx(bad))
    rate = burn_at(ledger, NOON * NS, span).rate
    assert rate == (pytest.approx(bad / (good + bad) / 0.05) if good + bad else None)


def count_slowly(rows: list[tuple[int, int, int]], method: Any, start: int, end: int) -> tuple[float, float]:
    size = method.get("slice_min", 1)
    slices: dict[int, list[int]] = {}
    for minute, ok, wrong in rows:
        found = slices.setdefault(minute - minute % size, [0, 0])
        found[0], found[1] = found[0] + ok, found[1] + wrong
    good = bad = 0.0
    for minute, (ok, wrong) in slices.items():
        if not start <= minute < end or not ok + wrong:
            continue
        share = ok / (ok + wrong)
        if method["method"] == "occurrences":
            good, bad = good + ok, bad + wrong
        elif method["method"] == "timeslices":
            good, bad = good + (share >= 0.8), bad + (share < 0.8)
        else:
            good, bad = good + share, bad + 1 - share
    return good, bad


@given(ROWS, st.lists(st.integers(NOON - 600, NOON), min_size=3, max_size=3))
def test_budgets_add_up(rows: list[tuple[int, int, int]], cuts: list[int]) -> None:
    first, middle, last = sorted(cuts)
    ledger = ledger_of(objective(), minutes(rows))
    left, right, both = tally(ledger, first, middle), tally(ledger, middle, last), tally(ledger, first, last)
    assert (left.good + right.good, left.bad + right.bad) == (both.good, both.bad)


@given(ROWS, METHODS)
def test_a_series_is_the_budget_of_each_of_its_moments(rows: list[tuple[int, int, int]], method: Any) -> None:
    ledger = ledger_of(objective(span="2h", **method), minutes(rows))
    series = consumed(ledger, (NOON - 300) * NS, NOON * NS, 30)
    assert np.isfinite(series.consumed).all()
    for end, used, known in zip(series.end, series.consumed, series.known, strict=True):
        left = budget_at(ledger, int(end) * NS).left
        assert (left is not None) == known
        assert left is None or 1 - left == pytest.approx(used)
