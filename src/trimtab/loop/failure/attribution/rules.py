"""How much each sign weighs against a turn: data, with a version, in log-odds.

The blame of a turn is a conditional logit over the suspects of its run (McFadden 1974): its share is
exp(sum of weight x sign), over the sum of the same of all suspects. Weights from a `rule` are set by hand; the
others are fitted by `python -m bench blame` to labelled runs of the named source, first those of transcripts of
several agents (Who&When), then, with these fixed, those of tools that change something (tau-bench). It also says
how well they do on runs that they have not seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import orjson

Source = Literal["rule", "who_and_when", "tau_bench"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weight:
    """One sign: its weight in log-odds per unit, what set it, what it points at, and how it is told.

    `category` is a code of the taxonomy, "error" for that of the error itself, None where it names none. `says`
    is empty for what only shifts the odds and is no evidence.
    """

    sign: str
    weight: float
    source: Source
    category: str | None
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All weights, by sign, and the version that a verdict names."""

    version: int
    weights: Mapping[str, Weight]

    def score(self, signs: Mapping[str, float]) -> float:
        """The log-odds of a turn with these signs."""
        return sum(weight.weight * signs[name] for name, weight in self.weights.items())


@lru_cache(maxsize=1)
def rules() -> Rules:
    """The rules that ship."""
    document: dict[str, Any] = orjson.loads(
        files("trimtab.loop.failure.attribution").joinpath("signs.json").read_bytes()
    )
    rows = [Weight(**row) for row in document["signs"]]
    return Rules(version=document["version"], weights={row.sign: row for row in rows})
