"""Which cohort explains a breach: the one whose share of bad events exceeds that of all others the most."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

from trimtab.vocabulary.kernel import Z95, wilson

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """A cohort's bad events beside those of the rest; the difference of shares and its interval, corrected for all cohorts.

    `p` is Fisher's exact one-sided p-value, corrected alike: with few events an interval alone is not enough. `share_of_bad` is the part
    of all bad events that are its own; `explains` when it is worse than the rest beyond chance.
    """

    cohort: str
    bad: int
    n: int
    rest_bad: int
    rest_n: int
    difference: float
    interval: Interval
    p: float
    share_of_bad: float
    explains: bool


def newcombe(k1: int, n1: int, k2: int, n2: int, z: float = Z95) -> Interval | None:
    """Interval of k1/n1 - k2/n2 by hybrid scores (Newcombe 1998, method 10); None where either n is 0."""
    first, second = wilson(k1, n1, z), wilson(k2, n2, z)
    if first is None or second is None:
        return None
    p1, p2 = k1 / n1, k2 / n2
    low = math.hypot(p1 - first[0], second[1] - p2)
    high = math.hypot(first[1] - p1, p2 - second[0])
    return max(-1.0, p1 - p2 - low), min(1.0, p1 - p2 + high)


def exact_p(bad: int, n: int, all_bad: int, all_n: int) -> float:
    """P(so many bad or more among n of all, were they drawn without regard to it): Fisher's exact test, one-sided."""
    most = min(n, all_bad)
    log_first = log_choose(n, bad) + log_choose(all_n - n, all_bad - bad) - log_choose(all_n, all_bad)
    term = total = 1.0
    for k in range(bad, most):
        term *= (n - k) * (all_bad - k) / ((k + 1) * (all_n - n - all_bad + k + 1))
        total += term
        if term < 1e-17 * total:
            break
    return min(1.0, math.exp(log_first + math.log(total)))


def log_choose(n: int, k: int) -> float:
    """The logarithm of n over k."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def explain(cohorts: Mapping[str, tuple[int, int]], alpha: float = 0.05) -> list[Excess]:
    """Cohorts (name -> (bad, n), which together are all events) by the lower bound of their excess, the surest first.

    Intervals and p-values hold together for all cohorts at 1 - alpha (Bonferroni). A cohort without events, or without others, is left out.
    """
    z = NormalDist().inv_cdf(1 - alpha / (2 * max(len(cohorts), 1)))
    all_bad = sum(bad for bad, _ in cohorts.values())
    all_n = sum(n for _, n in cohorts.values())
    found: list[Excess] = []
    for name, (bad, n) in cohorts.items():
        rest_bad, rest_n = all_bad - bad, all_n - n
        interval = newcombe(bad, n, rest_bad, rest_n, z)
        if interval is not None:
            p = min(1.0, exact_p(bad, n, all_bad, all_n) * len(cohorts))
            found.append(
                Excess(
                    cohort=name,
                    bad=bad,
                    n=n,
                    rest_bad=rest_bad,
                    rest_n=rest_n,
                    difference=bad / n - rest_bad / rest_n,
                    interval=interval,
                    p=p,
                    share_of_bad=bad / all_bad if all_bad else 0.0,
                    explains=interval[0] > 0 and p <= alpha,
                )
            )
    return sorted(found, key=lambda one: (-one.interval[0], one.cohort))
