"""Objectives and minutes for the tests of budgets."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from trimtab.loop.budget import Measure, Minutes, Objective, Window, span_of

NOON = 29_000_000
NS = 60_000_000_000
HOUR, DAY = 60, 1440


def objective(target: float = 0.95, span: str = "30d", **more: Any) -> Objective:
    values: dict[str, Any] = {
        "id": "tasks",
        "slo": "tasks",
        "window": Window(span=span_of(span)),
        "measure": Measure(indicator="task_success"),
    }
    return Objective(target=target, **(values | more))


def minutes(rows: Iterable[tuple[int, int, int]]) -> Minutes:
    """Minutes from (minute, good, bad) in any order, of which the same may come more than once."""
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0])
    for minute, good, bad in rows:
        sums[minute][0] += good
        sums[minute][1] += bad
    order = sorted(sums)
    none = np.zeros(len(order), np.int64)
    return Minutes(
        minute=np.array(order, np.int64),
        good=np.array([sums[minute][0] for minute in order], np.int64),
        bad=np.array([sums[minute][1] for minute in order], np.int64),
        excluded=none,
        unknown=none,
    )


def sums_for_each(rows: Iterable[tuple[int, float, int]]) -> Minutes:
    """Minutes of an indicator that is a sum for each, from ascending (minute, sum, number)."""
    found = list(rows)
    none = np.zeros(len(found), np.int64)
    return Minutes(
        minute=np.array([minute for minute, _, _ in found], np.int64),
        good=none,
        bad=none,
        excluded=none,
        unknown=none,
        total=np.array([total for _, total, _ in found], np.float64),
        per=np.array([per for _, _, per in found], np.int64),
    )
