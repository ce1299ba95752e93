"""A first guess for whoever has no labels yet: weights learnt on recorded runs of two benchmarks (prior.json).

They are fitted and measured by `python -m bench infer`, and come with what that found: better than the constant answer
on unseen tasks of these benchmarks, no better than a guess on a benchmark that was not learnt on.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np
import orjson

from trimtab.loop.evals.logistic import Model
from trimtab.loop.evals.signals import SIGNALS

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """The model, its name as a method, and how good it was measured to be, and on what."""

    method: str
    model: Model
    learnt_on: tuple[str, ...]
    measured: tuple[Json, ...]


@lru_cache(maxsize=1)
def prior() -> Prior:
    """The weights that ship."""
    found: Json = orjson.loads(files("trimtab.loop.evals").joinpath("prior.json").read_bytes())
    rows = np.array([found["signals"][name] for name in SIGNALS], dtype=np.float64)
    weights = np.concatenate([[float(found["intercept"])], rows[:, 2]])
    return Prior(
        method=f"prior@{found['version']}",
        model=Model(weights=weights, centre=rows[:, 0], scale=rows[:, 1]),
        learnt_on=tuple(found["learnt_on"]),
        measured=tuple(found["measured"]),
    )
