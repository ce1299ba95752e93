"""What other tools say of the same minutes, to the digits that were measured with them, and what is so."""

import numpy as np
import pytest
from tests.unit.loop.budget.making import DAY, HOUR, NOON, NS, minutes, objective

from trimtab.loop.budget import compare_agt, compare_sloth
from trimtab.loop.budget.imports.compare import running_mean

NOW = NOON * NS
START = NOON - 12 * HOUR
BUSY = [(START + minute, 20_000, 0) for minute in range(HOUR)]
QUIET = [(START + HOUR + 5 * step, 1, 1) for step in range(11 * 12)]


def test_sloth_takes_a_clean_busy_hour_and_a_quiet_rest_for_a_disaster() -> None:
    found = compare_sloth(objective(0.999), minutes([*BUSY, *QUIET]), NOW)
    assert round(found.theirs.error_share or 0, 4) == 0.4583
    assert round(found.theirs.left or 0, 2) == -457.04
    assert float(f"{found.truth.error_share:.5g}") == 1.0998e-4
    assert round(found.truth.left or 0, 4) == 0.8900


def test_sloth_has_no_number_after_five_minutes_without_requests() -> None:
    found = compare_sloth(objective(0.999), minutes([*BUSY, *QUIET[:40], *QUIET[41:]]), NOW)
    assert (found.theirs.error_share, found.theirs.left) == (None, None)
    assert found.theirs.why.startswith("NaN")
    assert round(found.truth.left or 0, 4) == 0.8909


def test_sloth_is_right_where_every_interval_is_equally_busy() -> None:
    found = compare_sloth(objective(), minutes((NOON - 5 * step, 98, 2) for step in range(1, 1000)), NOW)
    assert found.theirs.error_share == pytest.approx(found.truth.error_share)
    assert found.theirs.left == pytest.approx(found.truth.left)
    assert found.theirs.burn == pytest.approx(found.truth.burn)


def test_without_events_sloth_has_no_samples() -> None:
    found = compare_sloth(objective(), minutes([]), NOW)
    assert (found.truth.left, found.theirs.left, found.theirs.why) == (None, None, "no samples")


def test_agent_sre_is_exhausted_by_one_bad_event_in_1001() -> None:
    found = compare_agt(objective(), minutes([(NOON - 5, 1000, 1)]), NOW)
    assert (found.theirs.left, round(found.theirs.burn or 0)) == (0.0, 51_788)
    assert (round(found.truth.left or 0, 3), round(found.truth.burn or 0, 2)) == (0.98, 0.02)


def test_agent_sre_burns_a_million_times_in_a_busy_hour() -> None:
    quiet = [(NOON - 30 - hour * HOUR, 10, 0) for hour in range(29 * 24)]
    found = compare_agt(objective(), minutes([*quiet, (NOON - 10, 19_600, 400)]), NOW)
    assert (found.theirs.left, round(found.theirs.burn or 0)) == (0.0, 1_036_282)
    assert (round(found.truth.left or 0, 3), round(found.truth.burn or 0, 2)) == (0.703, 0.40)


def test_agent_sre_forgets_what_came_before_the_last_100_000_events() -> None:
    rows = minutes([(NOON - 40, 0, 50_000), (NOON - 20, 100_000, 0)])
    found = compare_agt(objective(), rows, NOW)
    assert (found.theirs.burn, round(found.truth.burn or 0, 1)) == (0.0, 6.7)


def test_agent_sre_never_gives_back_a_budget() -> None:
    found = compare_agt(objective(), minutes([(NOON - 90 * DAY, 0, 1), (NOON - 5, 10, 0)]), NOW)
    assert (found.theirs.left, found.truth.left) == (0.0, 1.0)


def test_agent_sre_says_untouched_where_nothing_is_known() -> None:
    found = compare_agt(objective(), minutes([]), NOW)
    assert (found.theirs.left, found.theirs.burn) == (1.0, 0.0)
    assert (found.truth.left, found.truth.burn) == (None, None)


def test_agent_sre_depends_on_the_order_of_events() -> None:
    good, bad = np.array([0, 9000]), np.array([1000, 0])
    assert round(running_mean(good, bad) or 0, 3) == 0.670
    assert round(running_mean(good[::-1], bad[::-1]) or 0, 3) == 0.995
