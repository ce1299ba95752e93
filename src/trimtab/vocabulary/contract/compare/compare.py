"""Does a change of the contract widen what the agent may do?"""

from dataclasses import dataclass, replace

from trimtab.vocabulary.contract.compare.changes import Change, changes
from trimtab.vocabulary.contract.compare.search import Example, examples
from trimtab.vocabulary.contract.compare.settle import settle
from trimtab.vocabulary.contract.model import Contract
from trimtab.vocabulary.contract.ports import Solver

SAID = {
    True: "wider: the agent may do more than before",
    False: "not wider: every difference takes something away, or changes nothing",
    None: "perhaps wider: parts are wider or cannot be compared, and no example was found",
}
PROVED = "not wider: no call gets through more easily, which is proved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The differences of two contracts, and situations that the new one lets through and the old one did not.

    `proved` are places of differences that a solver showed to widen nothing, `reasons` why it could not say more.
    """

    changes: tuple[Change, ...]
    examples: tuple[Example, ...]
    proved: frozenset[str] = frozenset()
    reasons: tuple[str, ...] = ()

    @property
    def wider(self) -> bool | None:
        """True with an example, False where every part is the same or narrower, None where neither can be said."""
        if self.examples:
            return True
        sure = all(one.direction == "narrower" or one.where in self.proved for one in self.changes)
        return False if sure else None

    def __str__(self) -> str:
        """The verdict, an example for each tool, and every difference."""
        first = PROVED if self.proved and self.wider is False else SAID[self.wider]
        return "\n".join(
            [
                first,
                *(str(one) for one in self.examples),
                *(f"proved: {one}" if one.where in self.proved else str(one) for one in self.changes),
                *(f"not decided: {one}" for one in self.reasons),
            ]
        )


def compare(old: Contract, new: Contract, solver: Solver | None = None) -> Comparison:
    """The differences between two contracts; a solver is asked where no example is found and parts leave it open.

    The search takes a tenth of a second for a tool that differs.
    """
    found = Comparison(changes=tuple(changes(old, new)), examples=tuple(examples(old, new)))
    if solver is None or found.wider is not None:
        return found
    settled = settle(old, new, found.changes, solver)
    return replace(found, examples=settled.examples, proved=settled.proved, reasons=settled.reasons)
