"""The weights of blame: a conditional logit over the suspects of each run, with a Gaussian prior around 0."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bench.transcripts import Run
from trimtab.loop.failure import Rules, signs_of

PRIOR = 10.0
"""Strength of the prior, per sign in units of its spread; chosen on the half of the runs that rules were written with."""
ROUNDS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One run as numbers: a row of signs for each suspect, what the hand-set weights add, the guilty row."""

    signs: Any
    offset: Any
    guilty: int


def choices_of(runs: Sequence[Run], rules: Rules, fitted: Sequence[str]) -> list[Choice]:
    """Runs whose labelled turn is a suspect at all; the others teach nothing."""
    found: list[Choice] = []
    for run in runs:
        signs = signs_of(run.turns)
        if run.step in signs:
            rows = list(signs.values())
            found.append(
                Choice(
                    signs=np.array([[row[sign] for sign in fitted] for row in rows]),
                    offset=np.array([by_hand(rules, row) for row in rows]),
                    guilty=list(signs).index(run.step),
                )
            )
    return found


def by_hand(rules: Rules, signs: Mapping[str, float]) -> float:
    """The part of a score that is set by rule."""
    return sum(row.weight * signs[name] for name, row in rules.weights.items() if row.rule)


def fit(runs: Sequence[Run], rules: Rules) -> Rules:
    """The same rules with fitted weights where no rule sets them: Newton's method on the penalised likelihood."""
    fitted = [name for name, row in rules.weights.items() if not row.rule]
    choices = choices_of(runs, rules, fitted)
    spread = np.concatenate([choice.signs for choice in choices]).std(axis=0) + 1e-9
    weights = np.zeros(len(fitted))
    for _ in range(ROUNDS):
        slope, bend = -PRIOR * weights, PRIOR * np.eye(len(fitted))
        for choice in choices:
            signs = choice.signs / spread
            odds = np.exp(signs @ weights + choice.offset - (signs @ weights + choice.offset).max())
            share = odds / odds.sum()
            mean = share @ signs
            slope += signs[choice.guilty] - mean
            bend += (signs * share[:, None]).T @ signs - np.outer(mean, mean)
        weights = weights + np.linalg.solve(bend, slope)
    found = dict(zip(fitted, (weights / spread).tolist(), strict=True))
    rows = {n: replace(row, weight=round(found.get(n, row.weight), 2)) for n, row in rules.weights.items()}
    return replace(rules, weights=rows)
