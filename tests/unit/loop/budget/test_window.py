"""Windows cover time without a gap or an overlap, by the wall clock where they are calendar periods."""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.unit.loop.budget.making import DAY, NOON, NS, objective

from trimtab.loop.budget import Window, mature_until, minute_after, period_at, span_of, text_of
from trimtab.loop.budget.window import boundary, starts_at
from trimtab.vocabulary.kernel import Invalid

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
]


def wall(text: str, zone: str = "UTC") -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) // 60


def calendar(span: str, starts: str, zone: str = "UTC") -> Window:
    return Window(span=span_of(span), starts=datetime.fromisoformat(starts), zone=zone)


def test_a_rolling_window_has_its_length_in_minutes() -> None:
    period = period_at(Window(span=span_of("30d")), NOON)
    assert (period.end, period.end - period.start) == (NOON, 43_200)


def test_a_rolling_month_goes_back_by_date() -> None:
    period = period_at(Window(span=span_of("1M")), wall("2026-03-31T12:00"))
    assert period.start == wall("2026-02-28T12:00")


def test_a_day_of_a_zone_has_23_hours_when_its_clock_is_put_forward() -> None:
    window = calendar("1d", "2026-01-01T00:00", "Europe/Berlin")
    period = period_at(window, wall("2026-03-29T12:00", "Europe/Berlin"))
    assert (period.start, period.end - period.start) == (wall("2026-03-29T00:00", "Europe/Berlin"), 23 * 60)
    back = period_at(window, wall("2026-10-25T12:00", "Europe/Berlin"))
    assert back.end - back.start == 25 * 60


def test_the_first_minute_of_a_month_starts_it() -> None:
    window = calendar("1M", "2026-01-01T00:00", "America/New_York")
    turn = wall("2026-06-01T00:00", "America/New_York")
    assert period_at(window, turn).end == turn
    assert period_at(window, turn + 1).start == turn


def test_periods_that_start_on_the_31st_do_not_drift() -> None:
    window = calendar("1M", "2026-01-31T00:00")
    starts = [boundary(window, number) for number in range(4)]
    assert starts == [wall(f"2026-{day}T00:00") for day in ("01-31", "02-28", "03-31", "04-30")]


def test_quarters_and_years() -> None:
    at = wall("2026-08-17T09:00")
    assert period_at(calendar("1Q", "2025-01-01T00:00"), at).start == wall("2026-07-01T00:00")
    assert period_at(calendar("1Y", "2020-02-29T00:00"), at).start == wall("2026-02-28T00:00")
    assert period_at(calendar("6h", "2025-01-01T00:00"), at).start == wall("2026-08-17T06:00")


def test_before_its_start_a_calendar_window_is_its_first_period() -> None:
    window = calendar("1M", "2026-05-01T00:00")
    assert period_at(window, wall("2026-02-01T00:00")).start == wall("2026-05-01T00:00")


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.sampled_from(["90m", "7h", "1d", "3d", "1w", "2w", "1M", "5M", "1Q", "1Y"]),
    st.datetimes(datetime(2019, 1, 1), datetime(2026, 1, 1)),  # noqa: DTZ001 - a wall clock
    st.integers(-500, 500),
)
@example("Europe/Berlin", "1d", datetime(2024, 3, 31, 2, 30), 0)  # noqa: DTZ001 - a time that was skipped
@example("Europe/Berlin", "1d", datetime(2024, 10, 27, 2, 30), 0)  # noqa: DTZ001 - a time that came twice
def test_calendar_periods_tile_time(zone: str, span: str, starts: datetime, number: int) -> None:
    window = Window(span=span_of(span), starts=starts, zone=zone)
    number = abs(number) % 60
    first, after = boundary(window, number), boundary(window, number + 1)
    assert first < after
    for end in (first + 1, (first + after) // 2 + 1, after):
        period = period_at(window, end)
        assert (period.start, period.end) == (first, after)
    assert period_at(window, after + 1).start == after


@given(
    st.sampled_from(
        [
            Window(span=span_of("2h")),
            Window(span=span_of("1M")),
            calendar("1d", "2025-03-01T00:00", "Europe/Berlin"),
        ]
    ),
    st.lists(st.integers(wall("2025-02-20T00:00"), wall("2025-05-01T00:00")), max_size=20),
)
def test_many_windows_are_the_same_as_each(window: Window, ends: list[int]) -> None:
    ends.sort()
    found = starts_at(window, np.array(ends, np.int64))
    assert found.tolist() == [period_at(window, end).start for end in ends]


@pytest.mark.parametrize("text", ["30d", "1M", "4w", "90m", "1Q", "2Y", "12h"])
def test_durations_are_written_as_they_were_read(text: str) -> None:
    assert text_of(span_of(text)) == text


@pytest.mark.parametrize(
    "text", ["", "30", "d", "0d", "-1d", "1.5h", "30 d", "30s", "1D", "99Y", "9999999w", "1d\n"]
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        span_of(text)
    assert "30d" in refused.value.hint


def test_the_running_minute_counts_and_immature_ones_wait() -> None:
    assert (minute_after(NOON * NS), minute_after(NOON * NS + 1)) == (NOON, NOON + 1)
    assert mature_until(NOON * NS + 1, objective()) == NOON + 1
    assert mature_until(NOON * NS + 1, objective(maturity_s=86_400)) == NOON - DAY
