"""A target is proposed from what was kept, with what it would have cost."""

import pytest
from tests.unit.loop.budget.making import HOUR, NOON, NS, minutes, objective

from trimtab.loop.budget import propose
from trimtab.vocabulary.kernel import Invalid

NOW = NOON * NS
WEEK = 10_080


def weeks(*bad: int) -> list[tuple[int, int, int]]:
    """100 tasks an hour in each week, so many of them bad."""
    found: list[tuple[int, int, int]] = []
    for ago, wrong in zip(range(len(bad), 0, -1), bad, strict=True):
        found += [(NOON - ago * WEEK + hour * HOUR, 100 - wrong, wrong) for hour in range(168)]
    return found


def test_the_highest_target_that_every_week_kept_is_proposed() -> None:
    found = propose(objective(span="7d"), minutes(weeks(1, 4, 2, 3)), NOW)
    assert found.target == 0.95
    assert [week.achieved for week in found.weeks] == [0.99, 0.96, 0.98, 0.97]
    chosen = next(one for one in found.options if one.target == 0.95)
    assert chosen.spent == pytest.approx((0.2, 0.8, 0.4, 0.6))
    assert chosen.exhausted == 0
    assert (found.events, found.achieved) == (67_200, 0.975)
    low, high = found.interval or (1, 0)
    assert low < 0.975 < high


def test_what_a_stricter_target_would_have_cost_is_told() -> None:
    found = propose(objective(span="7d"), minutes(weeks(1, 4, 1, 4)), NOW)
    strict = next(one for one in found.options if one.target == 0.97)
    assert strict.exhausted == 2
    assert strict.spent == pytest.approx((1 / 3, 4 / 3, 1 / 3, 4 / 3))


def test_a_week_without_events_says_nothing() -> None:
    rows = [row for row in weeks(1, 1, 1, 1) if not NOON - 3 * WEEK <= row[0] < NOON - 2 * WEEK]
    found = propose(objective(), minutes(rows), NOW)
    assert found.weeks[1].achieved is None
    assert found.options[0].spent[1] is None
    assert found.target == 0.99


def test_few_events_are_no_ground_for_a_promise() -> None:
    found = propose(objective(), minutes([(NOON - 5, 99, 0)]), NOW)
    assert (found.target, found.why) == (None, "99 events say too little; at least 100 are needed")
    assert propose(objective(), minutes([]), NOW).achieved is None


def test_what_mostly_fails_is_not_promised() -> None:
    found = propose(objective(), minutes(weeks(70)), NOW)
    assert found.target is None
    assert found.why.startswith("no usual target")


def test_the_first_failures_of_a_history_exhaust_nothing() -> None:
    rows = weeks(2, 2, 2, 2)
    rows[0] = (rows[0][0], 80, 20)
    found = propose(objective(), minutes(rows), NOW)
    assert next(one for one in found.options if one.target == 0.97).exhausted == 0


def test_immature_minutes_are_left_out() -> None:
    rows = minutes([*weeks(1, 1, 1, 1), (NOON - 30, 0, 10_000)])
    assert propose(objective(maturity_s=48 * 3600), rows, NOW).target == 0.99
    assert propose(objective(), rows, NOW).target != 0.99


def test_the_number_of_weeks_is_bounded() -> None:
    with pytest.raises(Invalid, match="0 weeks"):
        propose(objective(), minutes([]), NOW, weeks=0)
    assert len(propose(objective(), minutes(weeks(1)), NOW, weeks=104).weeks) == 104
