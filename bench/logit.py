"""The weights of blame: a conditional logit over the suspects of each run, with a Gaussian prior around 0."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from bench.transcripts import Run
from trimtab.loop.failure import Rules, Source, Turn, signs_of

PRIOR = 10.0
"""Strength of the prior, per sign in units of its spread; chosen on the half of the runs that rules were written with."""
ROUNDS = 100
CLOSE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One run as numbers: a row of signs for each suspect, what the other weights add, the guilty row."""

    signs: Any
    offset: Any
    guilty: int


@cache
def signs(turns: tuple[Turn, ...]) -> dict[int, dict[str, float]]:
    """The signs of a run, which no weights change."""
    return signs_of(turns)


def choices_of(runs: Sequence[Run], rules: Rules, fitted: Sequence[str], source: Source) -> list[Choice]:
    """Runs whose labelled turn is a suspect at all; the others teach nothing."""
    found: list[Choice] = []
    for run in runs:
        found_in = signs(run.turns)
        if run.step in found_in:
            rows = list(found_in.values())
            found.append(
                Choice(
                    signs=np.array([[row[sign] for sign in fitted] for row in rows]),
                    offset=np.array([fixed(rules, row, source) for row in rows]),
                    guilty=list(found_in).index(run.step),
                )
            )
    return found


def fixed(rules: Rules, signs: Mapping[str, float], source: Source) -> float:
    """The part of a score that stays as it is."""
    return sum(row.weight * signs[name] for name, row in rules.weights.items() if row.source != source)


def fit(runs: Sequence[Run], rules: Rules, source: Source) -> Rules:
    """The same rules with the weights of one source fitted: the greatest penalised likelihood, by Newton's method."""
    fitted = [name for name, row in rules.weights.items() if row.source == source]
    choices = choices_of(runs, rules, fitted, source)
    spread = np.concatenate([choice.signs for choice in choices]).std(axis=0) + 1e-9
    choices = [replace(choice, signs=choice.signs / spread) for choice in choices]
    weights = np.zeros(len(fitted))
    height = likelihood(choices, weights)
    for _ in range(ROUNDS):
        slope, bend = -PRIOR * weights, PRIOR * np.eye(len(fitted))
        for choice in choices:
            share = shares(choice, weights)
            mean = share @ choice.signs
            slope += choice.signs[choice.guilty] - mean
            bend += (choice.signs * share[:, None]).T @ choice.signs - np.outer(mean, mean)
        step = np.linalg.solve(bend, slope)
        # The likelihood is concave, but far from its top a whole step may pass over it.
        while (there := likelihood(choices, weights + step)) < height and np.abs(step).max() > CLOSE:
            step = step / 2
        weights, height = weights + step, there
        if np.abs(step).max() < CLOSE:
            break
    found = dict(zip(fitted, (weights / spread).tolist(), strict=True))
    rows = {n: replace(row, weight=round(found.get(n, row.weight), 2)) for n, row in rules.weights.items()}
    return replace(rules, weights=rows)


def shares(choice: Choice, weights: Any) -> Any:
    """The share of the blame of each suspect of a run."""
    score = choice.signs @ weights + choice.offset
    odds = np.exp(score - score.max())
    return odds / odds.sum()


def likelihood(choices: Sequence[Choice], weights: Any) -> float:
    """The logarithm of the likelihood of the guilty rows, with the prior."""
    found = sum(float(np.log(max(shares(choice, weights)[choice.guilty], 1e-300))) for choice in choices)
    return found - PRIOR / 2 * float(weights @ weights)
