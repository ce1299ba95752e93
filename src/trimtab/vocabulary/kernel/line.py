"""A straight line through equally spaced values, and what it says of those to come."""

import math
from collections.abc import Sequence

from trimtab.vocabulary.kernel.interval import Z95


def student95(freedom: int) -> float:
    """The 97.5 % quantile of Student's t by its expansion (Abramowitz and Stegun 26.7.5); within 1 % from 4 degrees on."""
    z, v = Z95, float(freedom)
    first = (z**3 + z) / (4 * v)
    second = (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3)
    return z + first + second + third


def line_sum(values: Sequence[float], ahead: int) -> tuple[float, float]:
    """The sum of the next `ahead` values by least squares, and half the width of its 95 % prediction interval.

    From three values on; they scatter about the line independently and alike.
    """
    n = len(values)
    middle = (n - 1) / 2
    mean = math.fsum(values) / n
    spread = n * (n * n - 1) / 12
    slope = math.fsum((at - middle) * value for at, value in enumerate(values)) / spread
    rest = math.fsum((value - mean - slope * (at - middle)) ** 2 for at, value in enumerate(values))
    away = n + (ahead - 1) / 2 - middle
    variance = rest / (n - 2) * (ahead + ahead * ahead * (1 / n + away * away / spread))
    return ahead * (mean + slope * away), student95(n - 2) * math.sqrt(variance)
