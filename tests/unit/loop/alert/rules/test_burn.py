"""Burn rates: the published windows, windows over event counts, and silence that resolves nothing."""

from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.loop.alert.rules import burn_rate, events_of, mature_min, pairs_of
from trimtab.loop.alert.rules.burn import signal_any, signal_held, signal_pair
from trimtab.loop.alert.rules.events import minutes_quiet, sum_windows
from trimtab.loop.alert.rules.model import CLEAR, FIRES, SILENT, Pair
from trimtab.loop.budget import Measure, Minutes, Objective, Span, Window
from trimtab.vocabulary.kernel import Missing

HOUR = 60
MINUTE_NS = 60_000_000_000
DAYS = {"30d": 30, "28d": 28, "7d": 7}
PUBLISHED = {
    "30d": [14.4, 6, 3, 1],
    "28d": [13.44, 5.6, 2.8, 0.9333333333],
    "7d": [13.44, 3.5, 1.4, 0.98],
}


def objective(target: float = 0.95, **more: object) -> Objective:
    given: dict[str, object] = {
        "id": "answers",
        "slo": "answers",
        "target": target,
        "window": Window(span=Span(count=30, unit="d")),
        "measure": Measure(indicator="task_success"),
    }
    return Objective(**(given | more))  # type: ignore[arg-type]


def minutes_of(rows: list[tuple[int, int, int]]) -> Minutes:
    table = np.array(rows, dtype=np.int64).reshape(-1, 3)
    none = np.zeros(len(table), dtype=np.int64)
    return Minutes(minute=table[:, 0], good=table[:, 1], bad=table[:, 2], excluded=none, unknown=none)


@pytest.mark.parametrize("period", list(PUBLISHED))
def test_the_factors_are_the_published_ones(period: str) -> None:
    pairs = pairs_of(Window(span=Span(count=DAYS[period], unit="d")))
    assert [pair.factor for pair in pairs] == pytest.approx(PUBLISHED[period], abs=1e-9)
    assert [(pair.long_min, pair.short_min) for pair in pairs] == [
        (60, 5),
        (360, 30),
        (1440, 120),
        (4320, 360),
    ]
    assert [pair.severity for pair in pairs] == ["page", "page", "ticket", "ticket"]


@pytest.mark.parametrize(
    ("count", "unit", "factors"),
    [
        (90, "d", [43.2, 18, 9, 3]),
        (1, "Q", [43.2, 18, 9, 3]),
        (1, "M", [14.4, 6, 3, 1]),
        (4, "w", [13.44, 5.6, 2.8, 0.9333333333]),
        (2, "d", [3.84, 1.0]),
        (1, "d", [1.92]),
    ],
)
def test_another_period_scales_the_factors_and_drops_what_says_nothing(
    count: int, unit: Literal["d", "w", "M", "Q"], factors: list[float]
) -> None:
    pairs = pairs_of(Window(span=Span(count=count, unit=unit)))
    assert [pair.factor for pair in pairs] == pytest.approx(factors, abs=1e-9)


def test_pyrra_stretches_the_windows_instead() -> None:
    pairs = pairs_of(Window(span=Span(count=14, unit="d")), "pyrra-28d")
    assert [(p.held_min, p.long_min, p.short_min, p.factor) for p in pairs] == [
        (1, 30, 3, 14),
        (8, 180, 15, 7),
        (30, 720, 60, 2),
        (90, 2880, 180, 1),
    ]
    with pytest.raises(Missing):
        pairs_of(Window(span=Span(count=14, unit="d")), "none")


def test_a_burn_rate_is_of_events_not_of_minutes() -> None:
    one = objective(0.99)
    found = minutes_of([(100, 999_900, 100), (130, 1, 1), (140, 1, 1)])
    assert burn_rate(one, found, 60, 150 * MINUTE_NS) == pytest.approx(102 / 1_000_004 / 0.01)
    assert burn_rate(one, found, 15, 150 * MINUTE_NS) == pytest.approx(50)
    assert burn_rate(one, found, 5, 150 * MINUTE_NS) is None


def test_immature_minutes_are_not_looked_at() -> None:
    one = objective(0.9, maturity_s=3600.0)
    assert mature_min(one, 150 * MINUTE_NS) == 90
    found = minutes_of([(80, 9, 1), (90, 0, 50)])
    assert burn_rate(one, found, 60, 150 * MINUTE_NS) == pytest.approx(1.0)
    assert burn_rate(one, found, 60, 151 * MINUTE_NS - 1) == pytest.approx(1.0)
    assert burn_rate(one, found, 60, 151 * MINUTE_NS) == pytest.approx(51 / 60 / 0.1)


PAIR = Pair(severity="page", name="quick", long_min=60, short_min=5, factor=14.4)


@pytest.mark.parametrize(
    ("target", "after"),
    [(0.999, 1), (0.99, 9), (0.95, 44)],
    ids=["99.9 %: 52 s", "99 %: 8.6 min", "95 %: 43 min"],
)
def test_an_outage_fires_when_the_long_window_has_crossed(target: float, after: int) -> None:
    rows = [(at, 100, 0) for at in range(200)] + [(at, 0, 100) for at in range(200, 300)]
    ends = np.arange(150, 300)
    said = signal_pair(PAIR, target, 10, events_of(objective(target), minutes_of(rows)), ends)
    assert ends[said == FIRES][0] - 200 == after == int(14.4 * (1 - target) * 60) + 1


def test_at_90_percent_a_page_of_14_never_fires() -> None:
    assert PAIR.threshold(0.9) == 1.44
    events = events_of(objective(0.9), minutes_of([(at, 0, 100) for at in range(500)]))
    assert not (signal_pair(PAIR, 0.9, 10, events, np.arange(100, 500)) == FIRES).any()


def test_exactly_at_the_threshold_does_not_fire() -> None:
    pair = Pair(severity="ticket", name="slow", long_min=60, short_min=5, factor=1)
    events = events_of(objective(0.9), minutes_of([(0, 90, 10)]))
    assert signal_pair(pair, 0.9, 1, events, np.array([1])).tolist() == [CLEAR]


def test_without_events_it_is_silent_and_with_few_too() -> None:
    events = events_of(objective(0.999), minutes_of([(0, 4, 5), (8, 0, 1)]))
    said = signal_pair(PAIR, 0.999, 10, events, np.array([1, 6, 9, 14, 61]))
    assert said.tolist() == [SILENT, SILENT, FIRES, SILENT, SILENT]


def test_any_of_several_is_silent_when_one_that_counts_cannot_say() -> None:
    table = [np.array(row, dtype=np.int8) for row in ([1, 0, -1, -1], [0, 0, 0, 1])]
    assert signal_any(table).tolist() == [FIRES, CLEAR, SILENT, FIRES]


def test_holding_waits_for_so_many_minutes_and_bridges_a_short_silence() -> None:
    pair = Pair(severity="page", name="held", long_min=2, short_min=1, factor=1, held_min=2)
    rows = [(at, 0, 10) for at in (10, 11, 12, 13, 20, 21, 22, 24, 25)] + [(15, 10, 0), (14, 90, 0)]
    events = events_of(objective(0.9), minutes_of(sorted(rows)))
    said = signal_held(pair, 0.9, 1, events, np.arange(11, 28)).tolist()
    fires = [at for at, one in zip(range(11, 28), said, strict=True) if one == FIRES]
    assert fires == [13, 14, 23, 25, 26]
    assert [
        signal_held(pair, 0.9, 1, events, np.arange(at, at + 1)).tolist()[0] for at in range(11, 28)
    ] == said


def test_windows_are_half_open_and_quiet_is_counted_from_the_end_of_a_minute() -> None:
    events = events_of(objective(), minutes_of([(10, 1, 0), (12, 0, 2)]))
    n, bad = sum_windows(events, np.array([10, 11, 13, 15, 16]), 3)
    assert (n.tolist(), bad.tolist()) == ([0, 1, 3, 2, 0], [0, 0, 2, 2, 0])
    assert minutes_quiet(events, np.array([8, 11, 13, 20]), 5).tolist() == [3, 0, 0, 7]


def test_a_slice_is_one_event_when_it_is_over() -> None:
    found = minutes_of([(10, 9, 1), (11, 0, 10), (14, 5, 0), (15, 1, 9)])
    slices = objective(method="timeslices", slice_min=5, slice_target=0.5)
    events = events_of(slices, found)
    assert events.minute.tolist() == [14, 19]
    assert (events.good.tolist(), events.bad.tolist()) == ([1, 0], [0, 1])
    shares = events_of(objective(method="ratio_timeslices", slice_min=5), found)
    assert shares.good.tolist() == pytest.approx([14 / 25, 0.1])
    assert burn_rate(slices, found, 60, 18 * MINUTE_NS) == 0.0
    assert burn_rate(slices, found, 60, 20 * MINUTE_NS) == pytest.approx(0.5 / 0.05)


def test_a_sum_per_something_is_compared_by_slice() -> None:
    none = np.zeros(3, dtype=np.int64)
    found = Minutes(
        minute=np.array([0, 1, 5]),
        good=none,
        bad=none,
        excluded=none,
        unknown=none,
        total=np.array([2.0, 4.0, 9.0]),
        per=np.array([2, 1, 3]),
    )
    cost = Measure(indicator="cost_per_success", op="lte", threshold=2.5)
    events = events_of(objective(method="timeslices", slice_min=5, slice_target=1.0, measure=cost), found)
    assert (events.good.tolist(), events.bad.tolist()) == ([1, 0], [0, 1])


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9), st.integers(0, 9)), max_size=30),
    st.integers(1, 30),
)
def test_windows_are_what_counting_by_hand_gives(rows: list[tuple[int, int, int]], length: int) -> None:
    by_minute = {at: (good, bad) for at, good, bad in rows}
    events = events_of(objective(), minutes_of(sorted((at, *both) for at, both in by_minute.items())))
    ends = np.arange(60)
    n, bad = sum_windows(events, ends, length)
    for end in ends.tolist():
        inside = [both for at, both in by_minute.items() if end - length <= at < end]
        assert (n[end], bad[end]) == (sum(map(sum, inside)), sum(one[1] for one in inside))
