"""Does a change of the contract widen what the agent may do?"""

from dataclasses import dataclass

from trimtab.vocabulary.contract.compare.changes import Change, changes
from trimtab.vocabulary.contract.compare.search import Example, examples
from trimtab.vocabulary.contract.model import Contract

SAID = {
    True: "wider: the agent may do more than before",
    False: "not wider: every difference takes something away, or changes nothing",
    None: "perhaps wider: parts are wider or cannot be compared, and no example was found",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The differences of two contracts, and situations that the new one lets through and the old one did not."""

    changes: tuple[Change, ...]
    examples: tuple[Example, ...]

    @property
    def wider(self) -> bool | None:
        """True with an example, False where every part is the same or narrower, None where neither can be said."""
        if self.examples:
            return True
        return False if all(one.direction == "narrower" for one in self.changes) else None

    def __str__(self) -> str:
        """The verdict, an example for each tool, and every difference."""
        return "\n".join(
            [SAID[self.wider], *(str(one) for one in self.examples), *(str(one) for one in self.changes)]
        )


def compare(old: Contract, new: Contract) -> Comparison:
    """The differences between two contracts; the search takes a tenth of a second for a tool that differs."""
    return Comparison(changes=tuple(changes(old, new)), examples=tuple(examples(old, new)))
