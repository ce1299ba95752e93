"""Which cohorts of one objective break it, with the share of false ones among those named bounded.

Each cohort has an e-value: the e-process of `detector.log_evalue` since a fixed minute. With the K cohorts in descending order,
the k first are named for the largest k with e_k >= K / (alpha k): e-BH (Wang and Ramdas 2022, arXiv 2009.02824). The false discovery
rate is then at most alpha, however the cohorts depend on each other, and at any time at which one looks. It answers "which are
broken since then?"; to be told when one breaks, follow each with `choose.cohort_rule`.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from trimtab.loop.alert.rules.detector import levels_of, log_evalue
from trimtab.loop.alert.rules.events import events_of, mature_min, sum_windows
from trimtab.loop.alert.rules.model import Detector, Floats
from trimtab.loop.budget import Minutes, Objective


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """One cohort: its events and bad ones since the start, the log10 of its e-value, and whether it is named."""

    cohort: str
    n: float
    bad: float
    log10_evalue: float
    named: bool


def name_cohorts(
    objective: Objective, cohorts: Mapping[str, Minutes], since_min: int, now_ns: int, alpha: float = 0.05
) -> list[Broken]:
    """Every cohort, most evidence first; those named break the objective, at most a share `alpha` of them falsely on average."""
    upto = np.array([mature_min(objective, now_ns)], dtype=np.int64)
    length = max(int(upto[0]) - since_min, 0)
    sums = [sum_windows(events_of(objective, one), upto, length) for one in cohorts.values()]
    n = np.array([one[0][0] for one in sums])
    bad = np.array([one[1][0] for one in sums])
    watch = Detector(target=objective.target, levels=levels_of(objective.target), threshold=1 / alpha)
    evidence = log_evalue(watch, n - bad, bad) if sums else n
    named = select(evidence, alpha)
    found = [
        Broken(
            cohort=cohort,
            n=float(n[at]),
            bad=float(bad[at]),
            log10_evalue=float(evidence[at]) / math.log(10),
            named=bool(named[at]),
        )
        for at, cohort in enumerate(cohorts)
    ]
    return sorted(found, key=lambda one: (-one.log10_evalue, one.cohort))


def select(log_evalues: Floats, alpha: float) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which hypotheses e-BH rejects, from the logarithms of their e-values."""
    count = len(log_evalues)
    ordered = np.sort(log_evalues)[::-1]
    needed = np.log(count / (alpha * np.arange(1, count + 1))) if count else ordered
    passed = np.flatnonzero(ordered >= needed)
    if not len(passed):
        return np.zeros(count, dtype=np.bool_)
    return log_evalues >= ordered[passed[-1]]
