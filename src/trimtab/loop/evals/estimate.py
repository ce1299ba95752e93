"""Prediction-powered inference: a rate from few labels and many predictions, with an interval that stays honest."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from trimtab.vocabulary.kernel import Z95

Vector = np.ndarray[Any, np.dtype[np.float64]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A rate, its 95 % interval, the labels and predictions it rests on, and how much weight these have (0 to 1)."""

    value: float
    interval: tuple[float, float]
    labelled: int
    predicted: int
    weight: float


def powered(success: Vector, predicted: Vector, others: Vector) -> Estimate | None:
    """The rate of all sessions, from labels and the predictions for them, and predictions for `others`.

    theta = mean(w f_others) + mean(y - w f), with the weight w that makes its variance least (PPI++: Angelopoulos,
    Duchi and Zrnic 2023, arXiv 2311.01453). Predictions for labelled sessions must be held out. However wrong they are,
    the interval holds: with useless ones the weight goes to 0, and what is left is the rate of the labels. None below
    two labels.
    """
    n, more = len(success), len(others)
    if n < 2:
        return None
    weight = 0.0
    if more >= 2:
        spread = float(np.var(np.concatenate([predicted, others]), ddof=1))
        together = float(np.cov(success, predicted, ddof=1)[0, 1])
        weight = min(max(together / ((1 + n / more) * spread), 0.0), 1.0) if spread > 1e-12 else 0.0
    rest = success - weight * predicted
    value = float(rest.mean()) + (weight * float(others.mean()) if more else 0.0)
    variance = float(np.var(rest, ddof=1)) / n
    variance += weight**2 * float(np.var(others, ddof=1)) / more if more >= 2 else 0.0
    half = Z95 * math.sqrt(variance)
    interval = max(0.0, value - half), min(1.0, value + half)
    return Estimate(
        value=min(max(value, 0.0), 1.0), interval=interval, labelled=n, predicted=more, weight=weight
    )
