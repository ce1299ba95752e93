"""Objectives and minutes to evaluate."""

from collections.abc import Callable

import numpy as np
import pytest

from trimtab.loop.budget import Measure, Minutes, Objective, Span, Window


@pytest.fixture(scope="session")
def promise() -> Callable[..., Objective]:
    """An objective of 30 days with this target."""

    def make(target: float = 0.95, **more: object) -> Objective:
        given: dict[str, object] = {
            "id": "answers",
            "slo": "answers",
            "target": target,
            "window": Window(span=Span(count=30, unit="d")),
            "measure": Measure(indicator="task_success"),
        }
        return Objective(**(given | more))  # type: ignore[arg-type]

    return make


@pytest.fixture(scope="session")
def counts() -> Callable[..., Minutes]:
    """Minutes from rows of (minute, good, bad)."""

    def make(rows: list[tuple[int, int, int]]) -> Minutes:
        table = np.array(sorted(rows), dtype=np.int64).reshape(-1, 3)
        none = np.zeros(len(table), dtype=np.int64)
        return Minutes(minute=table[:, 0], good=table[:, 1], bad=table[:, 2], excluded=none, unknown=none)

    return make


@pytest.fixture(scope="session")
def traffic() -> Callable[..., Minutes]:
    """Poisson events a minute with a success rate for each of consecutive minutes."""

    def make(rates: np.ndarray, events_per_min: float, seed: int, first: int = 0) -> Minutes:
        dice = np.random.default_rng(seed)
        n = dice.poisson(events_per_min, len(rates))
        good = dice.binomial(n, rates)
        kept = n > 0
        none = np.zeros(int(kept.sum()), dtype=np.int64)
        return Minutes(
            minute=np.flatnonzero(kept) + first,
            good=good[kept],
            bad=(n - good)[kept],
            excluded=none,
            unknown=none,
        )

    return make
