"""Signs that a text gives orders to its reader, and what they add up to."""

from collections.abc import Iterable
from dataclasses import dataclass

SUSPECTED_FROM = 0.5
"""From this score on a text is suspected."""
WEIGHTS = {
    "override": 0.9,
    "turns": 0.9,
    "hidden": 0.7,
    "secrecy": 0.7,
    "role": 0.6,
    "task": 0.6,
    "reply": 0.6,
    "code": 0.5,
    "misplaced": 0.5,
    "writing": 0.4,
    "letters": 0.5,
    "assistant": 0.4,
    "encoded": 0.4,
}
"""How much each kind of sign says by itself; one of a kind counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One thing that data does not do, and the words that do it."""

    kind: str
    words: str

    @property
    def weight(self) -> float:
        """How much it says by itself, between 0 and 1."""
        return WEIGHTS[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """What signs add up to: a score between 0 and 1 that orders texts; it is no probability."""

    signs: tuple[Sign, ...] = ()

    @property
    def score(self) -> float:
        """One minus the product of what each kind of sign leaves."""
        left = 1.0
        for one in self.signs:
            left *= 1 - one.weight
        return 1 - left

    @property
    def suspected(self) -> bool:
        """Whether the label stands."""
        return self.score >= SUSPECTED_FROM

    def __str__(self) -> str:
        """In words: reply ("provide your reply"), letters ("...")."""
        return ", ".join(f'{one.kind} ("{one.words}")' for one in self.signs)


CLEAR = Suspicion()
"""Nothing was seen."""


def summed(signs: Iterable[Sign]) -> Suspicion:
    """Signs as a suspicion: the first of each kind, the heaviest first."""
    first: dict[str, Sign] = {}
    for one in signs:
        first.setdefault(one.kind, one)
    return Suspicion(signs=tuple(sorted(first.values(), key=lambda one: (-one.weight, one.kind))))
