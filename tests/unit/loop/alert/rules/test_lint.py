"""Which rules suit, which can never fire, and how late and how often for nothing the others page."""

import math
from collections.abc import Callable

import pytest

from trimtab.loop.alert.rules import (
    Pair,
    Rule,
    Traffic,
    choose,
    cross_min,
    detector_of,
    expect_delay,
    least_target,
    lint,
    pairs_of,
)
from trimtab.loop.alert.rules.simulate import poisson_interval, simulate_false
from trimtab.loop.budget import Objective, Span, Window
from trimtab.vocabulary.kernel import Invalid

MONTH = Window(span=Span(count=30, unit="d"))
HOURS = {
    (0.99, 0.995): ["0.14 0.33 0.60 0.36", "0.28 0.67 1.21 0.73", "0.71 1.69 3.08 1.85"],
    (0.95, 0.96): ["0.71 1.63 2.75 0.75", "- 3.39 5.74 1.57", "- - 16.5 4.5"],
    (0.90, 0.92): ["- 3.39 5.74 1.57", "- - 12.6 3.4", "- - - 12.0"],
    (0.85, 0.88): ["- 5.32 9.0 2.45", "- - 20.8 5.7", "- - - 27"],
}
"""Hours until the long window crosses, by (target, base): rows to 0 %, 50 %, 80 %, columns 14.4/1h 6/6h 3/1d 1/3d."""


@pytest.mark.parametrize(("target", "base"), list(HOURS))
def test_the_time_to_cross_is_that_of_the_table(target: float, base: float) -> None:
    for row, after in zip(HOURS[target, base], (0.0, 0.5, 0.8), strict=True):
        for hours, pair in zip(row.split(), pairs_of(MONTH), strict=True):
            found = cross_min(pair, target, base, after)
            digits = len(hours.partition(".")[2])
            assert ("-" if found is None else f"{found / 60 + 1e-9:.{digits}f}") == hours


def test_from_clean_an_outage_fires_after_factor_times_budget_times_window() -> None:
    quick = pairs_of(MONTH)[0]
    for target, seconds in ((0.999, 52), (0.95, 43 * 60)):
        found = cross_min(quick, target, 1.0, 0.0)
        assert found is not None
        assert found * 60 == pytest.approx(seconds, abs=13)
        assert found == pytest.approx(14.4 * (1 - target) * 60)


@pytest.mark.parametrize(
    ("factor", "target"),
    [(14.4, 0.9306), (13.44, 0.9256), (14, 0.9286), (7, 0.8571), (6, 0.8333), (3, 0.6667)],
)
def test_a_factor_exists_only_above_a_target(
    promise: Callable[..., Objective], factor: float, target: float
) -> None:
    assert least_target(factor) == pytest.approx(target, abs=5e-5)
    pair = Pair(severity="page", name="quick", long_min=60, short_min=5, factor=factor)
    rule = Rule(name="page", severity="page", pairs=(pair,))
    below = lint(promise(target - 1e-3), [rule], Traffic(base_rate=0.99, events_per_min=5), streams=1)
    assert below.refused
    above = lint(promise(target + 1e-3), [rule], Traffic(base_rate=0.99, events_per_min=5), streams=1)
    assert not above.refused


def test_what_can_never_fire_says_so_and_what_to_write(promise: Callable[..., Objective]) -> None:
    pages = tuple(pair for pair in pairs_of(MONTH) if pair.severity == "page")
    found = lint(
        promise(0.9),
        [Rule(name="page-burn", severity="page", pairs=pages)],
        Traffic(base_rate=0.96, events_per_min=5),
        streams=2,
    )
    assert [(one.code, one.level) for one in found.findings] == [
        ("never_fires", "warning"),
        ("slow", "warning"),
    ]
    assert found.findings[0].says == (
        "quick can never fire: with every event bad the budget burns 10 times as fast as it lasts, "
        "and it waits for more than 14.4; it needs a target above 93.06%"
    )
    assert found.findings[0].instead == "use the detector, or a factor of at most 5"
    assert found.findings[1].says == "a total outage fires it after 3.5 hours"


def test_thin_and_always_firing_rules_are_named(promise: Callable[..., Objective]) -> None:
    ticket = Rule(name="ticket", severity="ticket", pairs=pairs_of(MONTH)[3:])
    found = lint(promise(0.95), [ticket], Traffic(base_rate=0.9, events_per_min=0.01), streams=1)
    assert {one.code for one in found.findings} == {"thin", "always_fires"}
    assert found.findings[0].says == "slow decides by 3.6 events in its short window of 6h"
    detector = Rule(name="page", severity="page", detector=detector_of(0.95, 30, 240))
    found = lint(promise(0.95), [detector], Traffic(base_rate=0.9, events_per_min=1 / 6), streams=1)
    assert {one.code for one in found.findings} == {"always_fires"}


@pytest.mark.parametrize(("after", "tasks"), [(0.0, 5), (0.5, 9), (0.8, 39)])
def test_a_detector_is_expected_as_late_as_in_the_table(
    promise: Callable[..., Objective], after: float, tasks: int
) -> None:
    rule = Rule(name="page", severity="page", detector=detector_of(0.95, 30, 240), for_min=12)
    found = expect_delay(rule, promise(0.95), Traffic(base_rate=0.96, events_per_min=1 / 6), after, seed=1)
    assert found.n >= 390
    assert found.interval is not None
    assert found.median_min is not None
    assert found.interval[0] <= found.median_min <= found.interval[1]
    assert (found.median_min - 12) / 6 == pytest.approx(tasks, rel=0.1, abs=1)


def test_with_much_traffic_a_detector_needs_minutes(promise: Callable[..., Objective]) -> None:
    rule = Rule(name="page", severity="page", detector=detector_of(0.95, 180, 28_800))
    found = expect_delay(rule, promise(0.95), Traffic(base_rate=0.96, events_per_min=20), 0.5)
    assert (found.median_min, found.p90_min) == (2.0, 2.0)
    assert (
        expect_delay(rule, promise(0.95), Traffic(base_rate=0.7, events_per_min=20), 0.8).median_min is None
    )


def test_a_detector_keeps_its_word_about_false_alarms() -> None:
    """P(any in 7200 tasks) .115 at .96 for c 7200 is a rate of -ln(1 - .115) a month."""
    rule = Rule(name="page", severity="page", detector=detector_of(0.95, 30, 240))
    found = simulate_false(rule, 0.95, Traffic(base_rate=0.96, events_per_min=1 / 6), streams=300)
    assert found.n == 300
    assert found.interval[0] <= -math.log(1 - 0.115) <= found.interval[1]


def test_burn_rules_on_few_events_page_for_nothing() -> None:
    quick = Rule(name="page", severity="page", pairs=pairs_of(MONTH)[:1], min_events=1)
    thin = simulate_false(quick, 0.99, Traffic(base_rate=0.995, events_per_min=0.1), streams=5)
    thick = simulate_false(quick, 0.99, Traffic(base_rate=0.995, events_per_min=20), streams=5)
    assert thin.interval[0] > 5
    assert thick.per_30d == 0
    assert thick.interval[1] < 1


def test_keeping_makes_a_noisy_rule_quieter() -> None:
    slow = pairs_of(MONTH)[3:]
    found = [
        simulate_false(
            Rule(name="ticket", severity="ticket", pairs=slow, keep_min=keep),
            0.95,
            Traffic(base_rate=0.96, events_per_min=1 / 6),
            streams=5,
        ).per_30d
        for keep in (0, 120)
    ]
    assert 1 < found[1] < 0.75 * found[0]


def test_the_interval_of_a_count() -> None:
    assert poisson_interval(0, 10) == pytest.approx((0, 0.384146), abs=1e-6)
    assert poisson_interval(10, 1) == pytest.approx((5.4320, 18.4094), abs=1e-3)


@pytest.mark.parametrize(
    ("target", "per_day", "kinds"),
    [
        (0.999, 14_400, ["burn", "burn"]),
        (0.99, 28_800, ["burn", "burn"]),
        (0.99, 1000, ["detector", "burn"]),
        (0.95, 240, ["detector", "burn"]),
        (0.85, 240, ["detector", "burn"]),
        (0.8, 100_000, ["detector", "detector"]),
        (0.95, 50, ["detector", "detector"]),
    ],
)
def test_the_rules_follow_target_and_traffic(
    promise: Callable[..., Objective], target: float, per_day: float, kinds: list[str]
) -> None:
    found = choose(promise(target), per_day)
    assert [one.kind for one in found] == kinds
    assert [one.rule.name for one in found] == [f"page-{kinds[0]}", f"ticket-{kinds[1]}"]
    assert found[0].rule.no_data_min is not None
    assert found[1].rule.no_data_min is None


def test_each_choice_says_why_and_may_be_forced(promise: Callable[..., Objective]) -> None:
    page, ticket = choose(promise(0.95), 240)
    assert page.why == "quick would wait until 72% of the events are bad (14.4 x 0.05)"
    assert page.rule.detector is not None
    assert page.rule.detector.threshold == 180 * 240
    assert ticket.why == "its thresholds are within reach, and its windows hold events enough"
    assert choose(promise(0.99), 1000)[0].why == "quick would decide by 3.5 events in 5 minutes"
    forced = choose(promise(0.95), 240, "burn")
    assert [(one.kind, one.forced, one.why) for one in forced] == [("burn", True, "asked for")] * 2
    with pytest.raises(Invalid):
        choose(promise(0.95), 0)


def test_with_the_base_rate_known_noisy_windows_are_not_chosen(promise: Callable[..., Objective]) -> None:
    found = choose(promise(0.95), 240, base_rate=0.96)
    assert [one.kind for one in found] == ["detector", "detector"]
    assert found[1].why.startswith("its windows would fire ")
    assert [one.kind for one in choose(promise(0.95), 7200, base_rate=0.98)] == ["detector", "burn"]


def test_a_period_too_short_for_any_window_leaves_the_detector(promise: Callable[..., Objective]) -> None:
    day = promise(0.999, window=Window(span=Span(count=1, unit="d")))
    assert [one.kind for one in choose(day, 100_000)] == ["burn", "detector"]
    assert choose(day, 100_000)[1].why == "no pair of windows fits into the period"
    assert [one.rule.name for one in choose(day, 100_000, "burn")] == ["page-burn"]
