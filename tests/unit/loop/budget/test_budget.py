"""Error budgets come from counts of events: published numbers, to their digits."""

import math
import time
from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from tests.unit.loop.budget.making import DAY, HOUR, NOON, NS, minutes, objective, sums_for_each

from trimtab.loop.budget import (
    Measure,
    Minutes,
    Window,
    budget_at,
    burn_at,
    burn_series,
    burns_at,
    compose,
    consumed,
    forecast,
    ledger_of,
    minutes_of,
    span_of,
)
from trimtab.vocabulary.kernel import Invalid

NOW = NOON * NS


def test_one_bad_in_1001_at_95_percent_leaves_98_percent() -> None:
    ledger = ledger_of(objective(), minutes([(NOON - 30, 1000, 1)]))
    found = budget_at(ledger, NOW)
    assert found.left == pytest.approx(981 / 1001, abs=1e-15)
    assert round(100 * (found.left or 0), 1) == 98.0
    assert found.allowed == pytest.approx(50.05)
    assert found.achieved == pytest.approx(1000 / 1001)
    rate = burn_at(ledger, NOW, HOUR).rate
    assert rate == pytest.approx(1 / 1001 / 0.05)
    assert round(rate or 0, 5) == 0.01998


def test_a_busy_hour_after_29_quiet_days_leaves_what_the_events_say() -> None:
    quiet = [(NOON - 30 - hour * HOUR, 10, 0) for hour in range(29 * 24)]
    ledger = ledger_of(objective(), minutes([*quiet, (NOON - 10, 19_600, 400)]))
    found = budget_at(ledger, NOW)
    assert found.counted.total == 29 * 24 * 10 + 20_000
    assert round(found.left or 0, 3) == 0.703
    assert burn_at(ledger, NOW, HOUR).rate == pytest.approx(400 / 20_010 / 0.05)


@pytest.mark.parametrize("bad_first", [True, False])
def test_150_000_events_count_in_any_order(bad_first: bool) -> None:
    bad, good = (NOON - 900, NOON - 300) if bad_first else (NOON - 300, NOON - 900)
    ledger = ledger_of(objective(), minutes([(bad, 0, 50_000), (good, 100_000, 0)]))
    assert burn_at(ledger, NOW, DAY).rate == pytest.approx(20 / 3)
    assert budget_at(ledger, NOW).left == pytest.approx(1 - 20 / 3)


def test_a_bad_event_of_90_days_ago_is_gone_from_30_days() -> None:
    past = minutes([(NOON - 90 * DAY, 0, 1), (NOON - 5, 10, 0)])
    assert budget_at(ledger_of(objective(), past), NOW).left == 1.0
    assert budget_at(ledger_of(objective(span="12w"), past), NOW).left == 1.0
    assert (budget_at(ledger_of(objective(span="13w"), past), NOW).left or 0) < 0


def test_an_event_leaves_the_window_to_the_minute() -> None:
    ledger = ledger_of(objective(span="1h"), minutes([(NOON - 60, 0, 1), (NOON - 1, 99, 0)]))
    assert budget_at(ledger, NOW).counted.bad == 1
    assert budget_at(ledger, NOW + 1).counted.bad == 0


def test_a_label_that_comes_two_days_late_changes_its_minute_and_nothing_else() -> None:
    before = [(NOON - 2 * DAY, 100, 0), (NOON - 10, 100, 0)]
    after = [(NOON - 2 * DAY, 99, 1), (NOON - 10, 100, 0)]
    first, second = (ledger_of(objective(), minutes(rows)) for rows in (before, after))
    assert budget_at(first, NOW).left == 1.0
    assert budget_at(second, NOW).left == 1 - 1 / (0.05 * 200)
    assert burn_at(first, NOW, DAY) == burn_at(second, NOW, DAY)


def test_without_events_there_is_no_number() -> None:
    ledger = ledger_of(objective(), minutes([]))
    found = budget_at(ledger, NOW)
    assert (found.left, found.achieved, found.immature, found.allowed) == (None, None, None, 0)
    assert burn_at(ledger, NOW, HOUR).rate is None
    assert not consumed(ledger, NOW - DAY * NS, NOW, 60).known.any()
    assert forecast(ledger, NOW, HOUR).exhausted_ns is None


def test_a_gap_without_events_is_no_failure_and_no_success() -> None:
    ledger = ledger_of(objective(), minutes([(NOON - 2 * DAY, 90, 10), (NOON - 5, 10, 0)]))
    assert burn_at(ledger, NOW - HOUR * NS, HOUR).rate is None
    assert burn_at(ledger, NOW, HOUR).rate == 0.0


def test_unknown_and_excluded_events_are_told_and_not_counted() -> None:
    one = np.array([1], np.int64)
    found = Minutes(minute=one * NOON - 5, good=one * 8, bad=one, excluded=one * 3, unknown=one * 4)
    budget = budget_at(ledger_of(objective(target=0.5), found), NOW)
    assert (budget.counted.total, budget.counted.excluded, budget.counted.unknown) == (9, 3, 4)


def test_an_overdrawn_budget_goes_below_zero() -> None:
    assert budget_at(ledger_of(objective(), minutes([(NOON - 5, 0, 10)])), NOW).left == pytest.approx(-19.0)


def test_a_budget_used_up_to_the_last_event_is_exactly_zero() -> None:
    ledger = ledger_of(objective(), minutes([(NOON - 5, 95, 5)]))
    assert budget_at(ledger, NOW).left == 0.0
    assert forecast(ledger, NOW, HOUR).spent


def test_alerts_leave_out_what_is_not_mature_and_budgets_say_how_much_that_is() -> None:
    ledger = ledger_of(
        objective(maturity_s=48 * 3600), minutes([(NOON - 3 * DAY, 50, 50), (NOON - 10, 300, 0)])
    )
    assert budget_at(ledger, NOW).immature == 0.75
    assert burn_at(ledger, NOW, HOUR).rate is None
    assert burn_at(ledger, NOW, 2 * DAY).rate == pytest.approx(10)


def test_a_week_of_minutes_at_9995_leaves_5_minutes_and_2400_milliseconds() -> None:
    week = minutes_of(span_of("1w"))
    every = minutes((NOON - week + at, 3, 0) for at in range(week))
    slo = objective(target=0.9995, span="1w", method="timeslices", slice_target=0.9)
    found = budget_at(ledger_of(slo, every), NOW)
    assert (found.counted.total, round(found.allowed * 60, 6)) == (10_080, 5 * 60 + 2.4)


def test_a_slice_is_good_when_enough_of_it_is_and_none_without_events() -> None:
    rows = minutes([(NOON, 9, 1), (NOON + 4, 0, 1), (NOON + 5, 8, 2), (NOON + 20, 1, 0)])
    slo = objective(target=0.5, method="timeslices", slice_min=5, slice_target=0.9)
    counted = budget_at(ledger_of(slo, rows), NOW + HOUR * NS).counted
    assert (counted.good, counted.bad) == (1, 2)


def test_ratio_timeslices_are_the_mean_of_the_shares_of_slices() -> None:
    rows = minutes([(NOON, 1, 1), (NOON + 5, 1000, 0), (NOON + 10, 3, 1)])
    slo = objective(target=0.9, method="ratio_timeslices", slice_min=5)
    found = budget_at(ledger_of(slo, rows), NOW + HOUR * NS)
    assert found.achieved == pytest.approx((0.5 + 1 + 0.75) / 3)
    assert found.left == pytest.approx(1 - 0.75 / (0.1 * 3))


def test_cost_per_success_is_compared_in_slices() -> None:
    rows = sums_for_each(
        [(NOON, 0.5, 1), (NOON + 1, 0.5, 3), (NOON + 5, 3.0, 2), (NOON + 10, 1.0, 0), (NOON + 15, 0, 0)]
    )
    measure = Measure(indicator="cost_per_success", op="lte", threshold=0.25)
    slo = objective(target=0.5, slice_min=5, measure=measure)
    counted = budget_at(ledger_of(slo, rows), NOW + HOUR * NS).counted
    assert (counted.good, counted.bad, counted.unknown) == (1, 2, 1)


def test_consumption_over_time_ends_at_the_budget_of_now() -> None:
    ledger = ledger_of(
        objective(span="1d"), minutes([(NOON - 2 * DAY, 0, 1), (NOON - 90, 99, 1), (NOON - 5, 100, 0)])
    )
    series = consumed(ledger, NOW - 3 * DAY * NS, NOW, HOUR)
    assert series.consumed[-1] == pytest.approx(1 - (budget_at(ledger, NOW).left or 0))
    assert [bool(known) for known in series.known[:2]] == [False, False]
    assert not np.isnan(series.consumed).any()
    assert series.consumed[np.flatnonzero(series.known)[0]] == pytest.approx(20)


def test_a_series_has_a_bounded_number_of_points() -> None:
    with pytest.raises(Invalid, match="a series of steps"):
        consumed(ledger_of(objective(), minutes([])), 0, NOW, 1)


def test_a_steady_burn_of_two_uses_up_a_calendar_month_before_its_end() -> None:
    window = Window(span=span_of("1M"), starts=datetime.fromisoformat("2026-01-01T00:00:00"))
    slo = objective(target=0.9, window=window)
    start = int(datetime.fromisoformat("2026-09-01T00:00:00+00:00").timestamp()) // 60
    at = start + 3 * DAY
    ledger = ledger_of(
        slo,
        minutes((start + hour * HOUR, 10 if hour < 48 else 8, 0 if hour < 48 else 2) for hour in range(72)),
    )
    found = forecast(ledger, at * NS, DAY)
    assert found.rate == pytest.approx(2.0)
    assert found.exhausted_ns is not None
    # 48 bad of 720; they grow by 48 and 240 a day: 48 + 48x = 0.1 (720 + 240x), x = 1 day.
    assert found.exhausted_ns / NS == pytest.approx(at + DAY, abs=1)


def test_a_budget_that_outlasts_its_period_has_no_end() -> None:
    slow = ledger_of(objective(), minutes((NOON - hour * HOUR, 98, 2) for hour in range(1, 720)))
    found = forecast(slow, NOW, DAY)
    assert (found.spent, found.exhausted_ns) == (False, None)
    assert found.rate == pytest.approx(0.4)


def test_a_rolling_forecast_agrees_with_playing_it() -> None:
    past = [(NOON - day * DAY - 1, 100, 1) for day in range(1, 30)]
    recent = [(NOON - hour * HOUR - 1, 8, 2) for hour in range(6)]
    found = forecast(ledger_of(objective(), minutes([*past, *recent])), NOW, 6 * HOUR)
    assert found.exhausted_ns is not None
    end = found.exhausted_ns // NS
    played = [(NOON + minute, 8, 2) for minute in range(59, end - NOON + HOUR, HOUR)]
    ledger = ledger_of(objective(), minutes([*past, *recent, *played]))
    left = [budget_at(ledger, (end + hours * HOUR) * NS).left or 0 for hours in (-2, 2)]
    assert left[0] > 0 > left[1]


def test_a_composite_is_the_mean_by_weight_of_those_with_events() -> None:
    parts = [
        (ledger_of(objective(id="a", weight=3.0), minutes([(NOON - 5, 100, 0)]))),
        (ledger_of(objective(id="b", weight=1.0), minutes([(NOON - 5, 95, 5)]))),
        (ledger_of(objective(id="c", weight=9.0), minutes([]))),
    ]
    found = compose([(ledger, budget_at(ledger, NOW)) for ledger in parts])
    assert (found.left, found.silent) == (0.75, ("c",))
    assert compose([(parts[2], budget_at(parts[2], NOW))]).left is None


def test_a_thousand_objectives_over_30_days_take_less_than_two_seconds() -> None:
    size, random = 43_200, np.random.default_rng(7)
    none = np.zeros(size, np.int64)
    rows = Minutes(
        minute=np.arange(NOON - size, NOON, dtype=np.int64),
        good=random.integers(0, 50, size),
        bad=random.integers(0, 3, size),
        excluded=none,
        unknown=none,
    )
    spans = (5, 30, 60, 120, 360, 1440, 4320, 43_200)
    best = math.inf
    for _ in range(3):
        started = time.process_time()
        for _ in range(100):
            ledger = ledger_of(objective(), rows)
            budget_at(ledger, NOW)
            burns_at(ledger, NOW, spans)
        best = min(best, time.process_time() - started)
    assert best * 10 < 2.0


def test_burn_rates_over_time_are_those_of_each_moment() -> None:
    ledger = ledger_of(objective(), minutes((NOON - at, at % 7, at % 3 == 0) for at in range(1, 300)))
    ends = np.arange(NOON - 400, NOON, 13, dtype=np.int64)
    rates, events = burn_series(ledger, ends, 30)
    for end, rate, n in zip(ends, rates, events, strict=True):
        assert burn_at(ledger, int(end) * NS, 30).rate == (rate if n else None)


def test_a_budget_is_free_of_the_noise_of_subtraction() -> None:
    slo = objective()
    assert [replace(slo, target=target).budget for target in (0.9, 0.95, 0.999, 0.9995)] == [
        0.1,
        0.05,
        0.001,
        0.0005,
    ]
