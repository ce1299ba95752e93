"""Intervals that stand beside every number, at 95 % unless said otherwise."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z95 = 1.959963984540054


def wilson(good: int, n: int, z: float = Z95) -> tuple[float, float] | None:
    """Wilson score interval of a proportion (Wilson 1927); None where n is 0."""
    if n == 0:
        return None
    p, z2 = good / n, z * z
    centre = (p + z2 / (2 * n)) / (1 + z2 / n)
    half = z * math.sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if good == 0 else max(0.0, centre - half)
    high = 1.0 if good == n else min(1.0, centre + half)
    return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """Good events over events that count; unknown and excluded stand beside, never inside."""

    good: int
    bad: int
    unknown: int = 0
    excluded: int = 0

    @property
    def n(self) -> int:
        """Events that count."""
        return self.good + self.bad

    @property
    def value(self) -> float | None:
        """The share of good events, or None without any."""
        return self.good / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % Wilson interval, or None without events."""
        return wilson(self.good, self.n)


def mean_interval(n: int, total: float, total_of_squares: float) -> tuple[float, float] | None:
    """Normal 95 % interval of a mean from n, the sum and the sum of squares; None below two values."""
    if n < 2:
        return None
    mean = total / n
    variance = max(0.0, (total_of_squares - n * mean * mean) / (n - 1))
    half = Z95 * math.sqrt(variance / n)
    return mean - half, mean + half


def difference(
    old: tuple[float, Sequence[float]], new: tuple[float, Sequence[float]], widened: float = 1.0
) -> tuple[float, float]:
    """The interval of new - old from two independent values, each with its interval (MOVER, Zou and Donner 2008).

    `widened` multiplies the way to both ends, for those who look at several differences.
    """
    (before, (before_low, before_high)), (now, (now_low, now_high)) = old, new
    change = now - before
    return (
        change - widened * math.hypot(now - now_low, before_high - before),
        change + widened * math.hypot(now_high - now, before - before_low),
    )
