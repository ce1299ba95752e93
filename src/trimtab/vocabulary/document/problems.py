"""What is wrong with documents: everything is found before anything is said, and nothing is half done."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from trimtab.vocabulary.kernel import Invalid

SHOWN = 50
MOST_WORDS = 40


class Placed(Protocol):
    """Something that stands in a file."""

    @property
    def file(self) -> str:
        """Its file."""
        ...

    @property
    def line(self) -> int:
        """Its line, from 1."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, where, and what to write instead; lines count from 1."""

    file: str
    line: int
    what: str
    instead: str

    def __str__(self) -> str:
        """As compilers write it: file:line: what."""
        return f"{self.file}:{self.line}: {self.what}"


class Rejected(Invalid):
    """Documents with problems: all of them are listed in `problems`, the first fifty in the message."""

    code = "invalid_documents"

    def __init__(self, problems: Sequence[Problem]) -> None:
        """Say where each problem is; the hint says what to write instead."""
        shown = problems[:SHOWN]
        more = [] if len(problems) <= SHOWN else [f"and {len(problems) - SHOWN} more"]
        several = [] if len(problems) == 1 else [f"{len(problems)} problems"]
        super().__init__(
            "\n".join([*several, *(str(one) for one in shown), *more]),
            hint=shown[0].instead
            if len(shown) == 1
            else "\n".join(f"{one.file}:{one.line}: {one.instead}" for one in shown),
        )
        self.problems = tuple(problems)


@dataclass(slots=True, kw_only=True)
class Problems:
    """The problems found so far."""

    found: list[Problem] = field(default_factory=list[Problem])

    def add(self, at: Placed, what: str, instead: str) -> None:
        """Note what is wrong at a place."""
        self.found.append(Problem(file=at.file, line=at.line, what=what, instead=instead))

    def stop(self) -> None:
        """Raise `Rejected` if there are any, in the order of files and lines."""
        if self.found:
            raise Rejected(sorted(dict.fromkeys(self.found), key=lambda one: (one.file, one.line)))


def rejected(file: str, line: int, what: str, instead: str) -> Rejected:
    """The error of a file that cannot be read on."""
    return Rejected([Problem(file=file, line=line, what=what, instead=instead)])


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint of the known word that was probably meant, else of all."""
    words = list(known)
    if not words:
        return "nothing of the kind is declared; leave it out"
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if not close:
        lowered = {one.lower(): one for one in words}
        close = [lowered[word.lower()]] if word.lower() in lowered else []
    return f"did you mean {close[0]}?" if close else f"one of {', '.join(words[:MOST_WORDS])}"
