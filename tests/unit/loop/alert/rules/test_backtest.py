"""Replaying the past: which pages, how late, how many for nothing; and the same of alerts that went out."""

from collections.abc import Callable

import numpy as np
import pytest

from trimtab.loop.alert.rules import (
    BadSpan,
    PastIncident,
    Rule,
    SentAlert,
    backtest,
    choose,
    detector_of,
    find_spans,
    judge_alerts,
    pairs_of,
)
from trimtab.loop.budget import Minutes, Objective

MONTH = 43_200
MINUTE_NS = 60_000_000_000


def month(*bad: tuple[int, int, float], base: float = 0.97) -> np.ndarray:
    rates = np.full(MONTH, base)
    for low, high, rate in bad:
        rates[low:high] = rate
    return rates


def test_spans_are_found_where_it_was_bad(
    promise: Callable[..., Objective], traffic: Callable[..., Minutes]
) -> None:
    found = find_spans(promise(0.95), traffic(month((9000, 9200, 0.3), (30_000, 31_000, 0.8)), 1.0, 5))
    assert len(found) == 2
    for span, (low, high) in zip(found, [(9000, 9200), (30_000, 31_000)], strict=True):
        assert span.start_min == pytest.approx(low, abs=25)
        assert span.end_min == pytest.approx(high, abs=25)
        assert not span.labelled


def test_a_healthy_month_has_no_span(
    promise: Callable[..., Objective], traffic: Callable[..., Minutes]
) -> None:
    for seed in range(20):
        assert find_spans(promise(0.95), traffic(month(base=0.95), 0.3, seed)) == []
    assert find_spans(promise(0.95), traffic(month(), 0.0, 0)) == []


def test_what_the_chosen_rules_would_have_sent(
    promise: Callable[..., Objective], traffic: Callable[..., Minutes]
) -> None:
    """96 % healthy, 10 tasks an hour, target 95 %: one outage of 3 hours, one half day at 80 %."""
    one = promise(0.95)
    found = traffic(month((9000, 9180, 0.0), (30_000, 30_720, 0.8), base=0.965), 1 / 6, 11)
    rules = [choice.rule for choice in choose(one, 240)]
    spans = [BadSpan(start_min=9000, end_min=9180), BadSpan(start_min=30_000, end_min=30_720)]
    result = backtest(one, rules, found, (0, MONTH), spans)
    pages = result.scores[0]
    assert (pages.rule, pages.firings, pages.precision.value, pages.recall.value) == ("", 2, 1.0, 1.0)
    assert pages.false_per_30d == 0.0
    delays = [one.delay_min for one in result.firings if one.severity == "page"]
    assert delays[0] is not None
    assert 20 <= delays[0] <= 60
    assert delays[1] is not None
    assert 120 <= delays[1] <= 720
    assert pages.reset_min is not None
    assert pages.reset_min > 0


def test_windows_alone_miss_what_the_detector_sees(
    promise: Callable[..., Objective], traffic: Callable[..., Minutes]
) -> None:
    one = promise(0.95)
    found = traffic(month((30_000, 31_440, 0.8), base=0.965), 1 / 6, 12)
    pages = tuple(pair for pair in pairs_of(one.window) if pair.severity == "page")
    rules = [
        Rule(name="windows", severity="page", pairs=pages),
        Rule(name="detector", severity="page", detector=detector_of(0.95, 180, 240)),
    ]
    result = backtest(one, rules, found, (0, MONTH), [BadSpan(start_min=30_000, end_min=31_440)])
    by_name = {one.rule: one for one in result.scores}
    assert by_name["detector"].recall.value == 1.0
    assert by_name["windows"].recall.value == 0.0


def test_delays_count_the_maturity_and_a_page_about_nothing_is_false(
    promise: Callable[..., Objective], counts: Callable[..., Minutes]
) -> None:
    one = promise(0.99, maturity_s=1800.0)
    rows = [(at, 10, 0) for at in range(2000)]
    rows = [(at, good - 10 * (1000 <= at < 1030), 10 * (1000 <= at < 1030)) for at, good, _ in rows]
    rule = Rule(name="page", severity="page", pairs=pairs_of(one.window)[:1])
    right = backtest(
        one, [rule], counts(rows), (100, 2000), [BadSpan(start_min=1000, end_min=1030, name="x")]
    )
    (firing,) = right.firings
    assert (firing.span, firing.fired_min, firing.delay_min) == (0, 1009, 39.0)
    assert firing.resolved_min == 1035
    assert firing.why == "quick: budget burn 15 over 1h, 100 over 5m (threshold 14.4)"
    wrong = backtest(one, [rule], counts(rows), (100, 2000), [BadSpan(start_min=300, end_min=400)])
    assert wrong.firings[0].span is None
    assert (wrong.scores[0].precision.value, wrong.scores[0].recall.value) == (0.0, 0.0)
    assert wrong.scores[0].false_per_30d == pytest.approx(30 / (1900 / 1440))
    unlabelled = backtest(one, [rule], counts(rows), (100, 2000))
    assert unlabelled.spans == (BadSpan(start_min=1000, end_min=1030, labelled=False),)
    nothing = backtest(one, [rule], counts([]), (0, 100))
    assert (nothing.firings, nothing.scores[0].precision.value) == ((), None)


def sent(rule: str, at: int, lasts: int | None = 30, **more: object) -> SentAlert:
    over = None if lasts is None else (at + lasts) * MINUTE_NS
    return SentAlert(rule=rule, fired_ns=at * MINUTE_NS, resolved_ns=over, **more)  # type: ignore[arg-type]


def test_the_four_attributes_of_alerts_that_went_out() -> None:
    alerts = [
        sent("page", 12, 60, incident="a", acted=True, acknowledged_ns=1),
        sent("page", 20, 90, incident="a"),
        sent("page", 500, None, incident="b"),
        sent("page", 900),
    ]
    incidents = [
        PastIncident(id="a", started_ns=10 * MINUTE_NS, ended_ns=100 * MINUTE_NS),
        PastIncident(id="b", started_ns=510 * MINUTE_NS),
        PastIncident(id="c", started_ns=0, ended_ns=1),
    ]
    found = judge_alerts(alerts, incidents)
    assert (found.precision.good, found.precision.bad) == (3, 1)
    assert (found.recall.good, found.recall.bad) == (2, 1)
    assert (found.detection_min, found.detection_n) == (1.0, 2)
    assert (found.reset_min, found.reset_n) == (10.0, 1)
    assert found.rules[0].noisy == ()


def test_noisy_rules_are_named_with_their_reasons() -> None:
    alerts = [sent("flappy", 100 * at, 5 if at % 2 else 50) for at in range(6)]
    alerts += [sent("good", 1000 * at, incident=str(at), acted=True, acknowledged_ns=1) for at in range(6)]
    alerts += [sent("rare", 0, 1)]
    found = judge_alerts(alerts, [])
    assert [one.rule for one in found.rules] == ["flappy", "good", "rare"]
    assert found.rules[0].noisy == (
        "fired again within an hour of resolving 3 of 6 times",
        "3 of 6 were over within 10 minutes, by themselves",
        "nobody ever acted on any of 6",
        "6 of 6 belonged to no incident",
    )
    assert (found.rules[1].noisy, found.rules[2].noisy) == ((), ())
    assert found.recall.value is None


def test_alerts_of_different_keys_do_not_flap() -> None:
    alerts = [sent("page", 40 * at, 30, key=str(at)) for at in range(6)]
    assert judge_alerts(alerts, []).rules[0].flaps == 0
    assert judge_alerts([], []).rules == ()
