"""A rate from few labels: the interval holds however good or bad the predictions are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.loop.evals import powered
from trimtab.loop.evals.logistic import fit, fold_of, held_out, quality

SHARES = st.lists(st.floats(0, 1), min_size=2, max_size=30)


def test_without_predictions_it_is_the_rate_of_the_labels() -> None:
    labels = np.array([1.0, 0.0, 1.0, 1.0])
    found = powered(labels, np.zeros(4), np.zeros(0))
    assert found is not None
    assert (found.value, found.weight) == (0.75, 0.0)
    assert powered(labels[:1], np.zeros(1), np.zeros(9)) is None


def test_useless_predictions_weigh_nothing_and_perfect_ones_almost_all() -> None:
    truth = (np.arange(1000) % 3 == 0).astype(float)
    useless = powered(truth[:100], np.full(100, 0.4), np.full(900, 0.4))
    perfect = powered(truth[:100], truth[:100], truth[100:])
    alone = powered(truth[:100], np.zeros(100), np.zeros(0))
    assert useless is not None
    assert perfect is not None
    assert alone is not None
    assert useless.weight == 0.0
    assert (useless.value, useless.interval) == (alone.value, alone.interval)
    assert perfect.weight == pytest.approx(0.9, abs=0.02)
    assert perfect.interval[1] - perfect.interval[0] < 0.5 * (alone.interval[1] - alone.interval[0])


@given(SHARES, SHARES, st.integers(0, 2**31))
def test_a_rate_stays_a_rate(predicted: list[float], others: list[float], seed: int) -> None:
    labels = np.random.default_rng(seed).integers(0, 2, len(predicted)).astype(float)
    found = powered(labels, np.array(predicted), np.array(others))
    assert found is not None
    low, high = found.interval
    assert 0 <= low <= found.value <= high <= 1
    assert 0 <= found.weight <= 1


@pytest.mark.parametrize("skill", [0.0, 0.3, 0.9])
def test_the_interval_covers_the_truth(skill: float) -> None:
    dice = np.random.default_rng(7)
    covered = 0
    for _ in range(2000):
        truth = (dice.random(400) < 0.3).astype(float)
        said = np.clip(skill * truth + (1 - skill) * dice.random(400), 0, 1)
        found = powered(truth[:80], said[:80], said[80:])
        assert found is not None
        covered += found.interval[0] <= 0.3 <= found.interval[1]
    assert 0.93 <= covered / 2000 <= 0.97


def test_a_model_finds_what_labels_follow() -> None:
    dice = np.random.default_rng(1)
    signals = dice.normal(size=(4000, 3))
    success = (dice.random(4000) < 1 / (1 + np.exp(-(0.5 + 2.0 * signals[:, 0] - signals[:, 1])))).astype(
        float
    )
    weights = fit(signals, success, ridge=0.1).weights
    assert weights == pytest.approx([0.5, 2.0, -1.0, 0.0], abs=0.15)


def test_nothing_is_tried_on_what_it_was_learnt_from() -> None:
    dice = np.random.default_rng(2)
    groups = [f"task {n // 4}" for n in range(800)]
    of_group = {group: float(dice.random() < 0.5) for group in groups}
    success = np.array([of_group[group] for group in groups])
    signals = np.array([[fold_of(group, 2**20) / 2**20, *dice.normal(size=8)] for group in groups])
    assert quality(held_out(signals, success, groups), success).accuracy < 0.6
    assert len({fold_of(f"task {n}") for n in range(200)}) == 10


def test_quality_counts_what_it_says() -> None:
    found = quality(np.array([0.9, 0.8, 0.3, 0.1, 0.6]), np.array([1.0, 0.0, 0.0, 0.0, 1.0]))
    assert found.confusion == {
        "success": {"success": 2, "failure": 0},
        "failure": {"success": 1, "failure": 2},
    }
    assert (found.accuracy, found.majority) == (0.8, 0.6)
    assert sum(one["n"] for one in found.calibration) == 5
