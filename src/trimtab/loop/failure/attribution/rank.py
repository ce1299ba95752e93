"""Who went wrong first: the turns of a failed run, ranked by what speaks against them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, expm1

from trimtab.loop.failure.attribution.evidence import results_of, signs_of
from trimtab.loop.failure.attribution.rules import Rules, Weight, rules
from trimtab.loop.failure.mask import template_of
from trimtab.loop.failure.model import Blamed, Suspect, Turn
from trimtab.loop.failure.taxonomy import INCONCLUSIVE, taxonomy
from trimtab.vocabulary.trace import error_class

TELLING = 0.1
"""Evidence below these log-odds is not told."""
CHANGES = frozenset({"changed", "first_change", "changed_unseen"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Suspects and agents, the most likely first; shares of each sum to 1. Empty where nobody decided anything.

    An agent's share is that of its turns together, so the first agent need not be the first suspect's.
    """

    suspects: tuple[Suspect, ...]
    agents: tuple[tuple[str, float], ...]


def blame(turns: Sequence[Turn], by: Rules | None = None) -> Verdict:
    """The turns of a run that failed, ranked by how likely each went wrong first; equal ones by their place."""
    by = by or rules()
    signs = signs_of(turns)
    scores = {place: by.score(of) for place, of in signs.items()}
    top = max(scores.values(), default=0.0)
    odds = {place: exp(score - top) for place, score in scores.items()}
    total = sum(odds.values())
    shares: dict[str, float] = defaultdict(float)
    for place, weight in odds.items():
        shares[turns[place].agent] += weight / total
    ranked = sorted(odds, key=lambda place: (-odds[place], place))
    return Verdict(
        suspects=tuple(suspect(turns, place, signs[place], odds[place] / total, by) for place in ranked),
        agents=tuple(sorted(shares.items(), key=lambda row: (-row[1], row[0]))),
    )


def suspect(
    turns: Sequence[Turn], place: int, signs: Mapping[str, float], share: float, by: Rules
) -> Suspect:
    """One suspect with its evidence in words."""
    speaking = [
        (row.weight * signs[name], row)
        for name, row in by.weights.items()
        if row.says and row.weight * signs[name] >= TELLING
    ]
    speaking.sort(key=lambda found: (-found[0], found[1].sign))
    named = next((row for _, row in speaking if row.category), None)
    blamed = blamed_by(turns, place, named)
    return Suspect(
        place=place,
        ref=turns[place].ref,
        agent=turns[place].agent,
        share=share,
        category=blamed.category,
        author=blamed.author,
        evidence=tuple(told(turns, place, row, signs[row.sign]) for _, row in speaking),
    )


def culprit(turns: Sequence[Turn], place: int, sign: str = "") -> Turn:
    """What a sign speaks of below a decision: what failed, changed something or handed over, else the last of all."""
    results = [turns[place], *results_of(turns, place)]
    if sign in CHANGES:
        results = [turn for turn in results if turn.changes] or results
    elif sign == "handed_over":
        results = [turn for turn in results if turn.handoff] or results
    else:
        results = [turn for turn in results if turn.error] or [results[-1]]
    return results[0]


def blamed_by(turns: Sequence[Turn], place: int, row: Weight | None) -> Blamed:
    """The category that the strongest evidence names, and its author."""
    if row is None or row.category is None:
        return Blamed(category=INCONCLUSIVE, author=None)
    if row.category == "error":
        found = culprit(turns, place)
        kind = "tool" if found.kind == "tool" else "llm"
        return taxonomy().of_error(error_class("", found.error), kind)
    return Blamed(category=row.category, author=taxonomy().categories[row.category].author)


def told(turns: Sequence[Turn], place: int, row: Weight, value: float) -> str:
    """A piece of evidence in words; of an error only what masking leaves."""
    found = culprit(turns, place, row.sign)
    return row.says.format(
        tool=found.tool or "the model", error=template_of(found.error) or "error", count=round(expm1(value))
    )
