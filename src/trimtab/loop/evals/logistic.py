"""Logistic regression with a ridge, by Newton's method, and how good it is on what it has not seen."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Vector = np.ndarray[Any, np.dtype[np.float64]]
Matrix = np.ndarray[Any, np.dtype[np.float64]]
RIDGE = 5.0
STEPS = 25
FOLDS = 10
BINS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """Weights over standardised signals; the first is the intercept."""

    weights: Vector
    centre: Vector
    scale: Vector

    def predict(self, signals: Matrix) -> Vector:
        """Probability of success of each row."""
        return squash(with_intercept((signals - self.centre) / self.scale) @ self.weights)


def squash(x: Vector) -> Vector:
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-np.clip(x, -30.0, 30.0)))


def with_intercept(signals: Matrix) -> Matrix:
    """A column of ones before the signals."""
    return np.hstack([np.ones((len(signals), 1)), signals])


def fit(signals: Matrix, success: Vector, ridge: float = RIDGE) -> Model:
    """The model that makes these labels most likely, less a ridge on all weights but the intercept.

    Newton's method (iteratively reweighted least squares; Hastie et al., The Elements of Statistical Learning, 4.4.1).
    """
    centre = signals.mean(axis=0)
    spread = signals.std(axis=0)
    scale = np.where(spread > 1e-9, spread, 1.0)
    x = with_intercept((signals - centre) / scale)
    penalty = np.full(x.shape[1], ridge)
    penalty[0] = 1e-6
    weights = np.zeros(x.shape[1])
    for _ in range(STEPS):
        p = squash(x @ weights)
        slope = x.T @ (success - p) - penalty * weights
        bend = (x * (p * (1.0 - p) + 1e-9)[:, None]).T @ x + np.diag(penalty)
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-8:
            break
    return Model(weights=weights, centre=centre, scale=scale)


def fold_of(group: str, folds: int = FOLDS) -> int:
    """The fold of a group: by its name alone, the same in every run."""
    return int.from_bytes(hashlib.blake2b(group.encode(), digest_size=8).digest(), "big") % folds


def held_out(signals: Matrix, success: Vector, groups: Sequence[str], folds: int = FOLDS) -> Vector:
    """A prediction for each row by a model that has seen no row of its group."""
    of = np.array([fold_of(group, folds) for group in groups])
    found = np.full(len(success), success.mean() if len(success) else 0.5)
    for fold in range(folds):
        mine = of == fold
        if mine.any() and not mine.all():
            found[mine] = fit(signals[~mine], success[~mine]).predict(signals[mine])
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """How good predictions are: a confusion table, beside the constant answer, and a calibration curve.

    `brier` is the mean squared error of the probability, `brier_constant` that of always saying the rate.
    """

    n: int
    accuracy: float
    majority: float
    brier: float
    brier_constant: float
    confusion: dict[str, dict[str, int]]
    calibration: list[dict[str, float]]


def quality(predicted: Vector, success: Vector) -> Quality:
    """How good predictions are for labels that they have not seen."""
    said, rate = predicted >= 0.5, float(success.mean())
    truth = success > 0.5
    words = {True: "success", False: "failure"}
    confusion = {
        words[was]: {words[now]: int(((truth == was) & (said == now)).sum()) for now in (True, False)}
        for was in (True, False)
    }
    edges = np.quantile(predicted, np.linspace(0, 1, BINS + 1)[1:-1])
    places = np.searchsorted(edges, predicted, side="right")
    calibration = [
        {"said": float(predicted[mine].mean()), "was": float(success[mine].mean()), "n": int(mine.sum())}
        for place in range(BINS)
        if (mine := places == place).any()
    ]
    return Quality(
        n=len(success),
        accuracy=float((said == truth).mean()),
        majority=max(rate, 1.0 - rate),
        brier=float(((predicted - success) ** 2).mean()),
        brier_constant=rate * (1.0 - rate),
        confusion=confusion,
        calibration=calibration,
    )
