"""Cohorts: the share of false ones among those named is bounded, and the one that explains a breach is found."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from trimtab.loop.alert.rules import cohort_rule, explain, name_cohorts, newcombe
from trimtab.loop.alert.rules.cohorts import select
from trimtab.loop.alert.rules.detector import find_alarms, log_evalue
from trimtab.loop.alert.rules.explain import exact_p
from trimtab.loop.alert.rules.model import Detector
from trimtab.loop.budget import Minutes, Objective
from trimtab.vocabulary.kernel import wilson

MINUTE_NS = 60_000_000_000


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (81, 263, 0.25529, 0.36621),
        (15, 148, 0.06239, 0.16049),
        (0, 20, 0, 0.16113),
        (1, 29, 0.00611, 0.17176),
    ],
)
def test_wilson_is_as_published(k: int, n: int, low: float, high: float) -> None:
    assert wilson(k, n) == pytest.approx((low, high), abs=5e-6)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
    ],
)
def test_newcombe_is_as_published(counts: tuple[int, int, int, int], low: float, high: float) -> None:
    assert newcombe(*counts) == pytest.approx((low, high), abs=5e-5)
    assert newcombe(0, 0, *counts[2:]) is None


def test_the_cohort_that_broke_explains_it() -> None:
    found = explain({"de": (30, 100), "en": (12, 400), "fr": (5, 150), "it": (0, 0), "one": (1, 1)})
    assert [one.cohort for one in found if one.explains] == ["de"]
    first = found[0]
    assert (first.cohort, first.bad, first.n, first.rest_bad, first.rest_n) == ("de", 30, 100, 18, 551)
    assert first.share_of_bad == pytest.approx(30 / 48)
    assert first.difference == pytest.approx(0.3 - 18 / 551)
    assert first.interval == pytest.approx(newcombe(30, 100, 18, 551, z=2.5758293), abs=1e-7)


def test_one_cohort_alone_explains_nothing() -> None:
    assert explain({}) == []
    assert explain({"all": (5, 10)}) == []


def test_the_exact_test_is_that_of_the_lady_who_tastes_tea() -> None:
    assert exact_p(4, 4, 4, 8) == pytest.approx(1 / 70)
    assert exact_p(3, 4, 4, 8) == pytest.approx(17 / 70)
    assert exact_p(0, 4, 4, 8) == pytest.approx(1.0)


@pytest.mark.parametrize("n", [2, 10, 200])
def test_chance_names_a_cohort_of_many_rarely(n: int) -> None:
    dice = np.random.default_rng(8)
    named = 0
    for _ in range(400):
        bad = dice.binomial(n, 0.1, 30)
        named += any(one.explains for one in explain({str(at): (int(k), n) for at, k in enumerate(bad)}))
    assert named / 400 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 400)


def test_selection_is_that_of_the_paper() -> None:
    evalues = np.array([200.0, 60.0, 30.0, 1.0])
    assert select(np.log(evalues), 0.05).tolist() == [True, True, True, False]
    assert select(np.log(np.array([79.0, 1, 1, 1])), 0.05).tolist() == [False] * 4
    assert select(np.log(np.array([80.0, 1, 1, 1])), 0.05).tolist() == [True, False, False, False]
    assert select(np.array([]), 0.05).tolist() == []


def test_false_discoveries_stay_below_alpha_also_when_one_looks_all_the_time() -> None:
    """40 cohorts at the target, 10 below it; one looks after each batch and stops when the most are named."""
    dice = np.random.default_rng(9)
    watch = Detector(target=0.95, levels=(0.9, 0.85, 0.8, 0.7, 0.5), threshold=20)
    shares, powers = [], []
    rates = np.r_[np.full(40, 0.95), np.full(10, 0.75)]
    for _ in range(300):
        good = np.cumsum(dice.binomial(20, rates, (15, 50)), axis=0).astype(float)
        n = 20.0 * np.arange(1, 16)[:, None]
        named = np.stack([select(log_evalue(watch, g, k - g), 0.1) for g, k in zip(good, n, strict=True)])
        looks = named[named.sum(axis=1).argmax()]
        shares.append(looks[:40].sum() / max(looks.sum(), 1))
        powers.append(looks[40:].mean())
    assert np.mean(shares) <= 0.1
    assert np.mean(powers) > 0.9


def test_over_all_cohorts_a_false_alarm_takes_as_many_days_as_promised(
    promise: Callable[..., Objective],
) -> None:
    """30 cohorts at the target, 2000 events a day in all, a detector of 5 days for each: on average 5 days to the first alarm, or more."""
    rule = cohort_rule(promise(0.95), "page", 2000)
    assert rule.detector is not None
    assert rule.detector.threshold == 180 * 2000
    watch, dice = replace(rule.detector, threshold=5 * 2000.0), np.random.default_rng(10)
    days = []
    for _ in range(20):
        cohort = dice.integers(0, 30, 60_000)
        good = dice.random(60_000) < 0.95
        alarms = [np.inf]
        for one in range(30):
            mine = np.flatnonzero(cohort == one)
            wins = good[mine].astype(float)[:, None]
            first = find_alarms(watch, wins, 1 - wins)[0]
            if np.isfinite(first):
                alarms.append(mine[int(first)])
        days.append(min(*alarms, 60_000) / 2000)
    assert np.mean(days) >= 5


def test_cohorts_of_an_objective_are_named(
    promise: Callable[..., Objective], traffic: Callable[..., Minutes]
) -> None:
    rates = {"acme": 0.97, "beta": 0.6, "core": 0.96, "dune": 0.95}
    cohorts = {
        name: traffic(np.full(600, rate), 0.5, 10 + at) for at, (name, rate) in enumerate(rates.items())
    }
    found = name_cohorts(promise(0.95), cohorts, since_min=60, now_ns=600 * MINUTE_NS)
    assert [one.cohort for one in found if one.named] == ["beta"]
    kept = cohorts["beta"].minute >= 60
    assert found[0].bad == cohorts["beta"].bad[kept].sum()
    assert found[0].log10_evalue > 3
    assert name_cohorts(promise(0.95), {}, since_min=60, now_ns=600 * MINUTE_NS) == []
