"""What is asked of a solver (calls of a kind, or certainty that there are none) and what one needs to answer; of a reader, policies."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from trimtab.vocabulary.contract.decision import Facts
from trimtab.vocabulary.contract.decision.budget import DAY_NS
from trimtab.vocabulary.contract.expression import paths, syntax
from trimtab.vocabulary.contract.expression.paths import parts
from trimtab.vocabulary.contract.model import Contract, Invariant

__all__ = ["DAY_NS", "OTHER_TOOL", "PolicyReader", "Solved", "Solver", "Written", "parts", "paths", "syntax"]

OTHER_TOOL = "a_tool_not_listed"
"""The name that stands for every tool that the contract does not list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """What a solver found: `none` where no such call exists, else calls to try, or why it does not know.

    `doubts` are the parts of the contract that were taken to say anything at all, for they have no translation:
    `none` holds in spite of them, a call that was found may owe itself to them.
    """

    none: bool = False
    candidates: tuple[Facts, ...] = ()
    doubts: tuple[str, ...] = ()
    reason: str = ""


class Solver(Protocol):
    """Looks at all calls of a tool at once."""

    def breaking(self, contract: Contract, tool: str, invariant: Invariant) -> Solved:
        """Calls that a contract lets through, perhaps after a yes, and of which an invariant does not hold."""
        ...

    def easier(self, old: Contract, new: Contract, tool: str) -> Solved:
        """Calls that the new contract lets through more easily than the old one, yeses not yet given."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """A policy as Cedar's own JSON has it, and where it begins."""

    file: str
    line: int
    document: Mapping[str, Any]

    def __str__(self) -> str:
        """Where it is, and what it does."""
        return f"{self.file}:{self.line}: {self.document['effect']}"


class PolicyReader(Protocol):
    """Whoever reads policies of Cedar."""

    def read(self, text: str, file: str) -> list[Written]:
        """The policies of a text; raises `Invalid` where it is no Cedar."""
        ...
