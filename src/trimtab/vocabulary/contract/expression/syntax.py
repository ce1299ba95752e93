"""The tree of a condition."""

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal as Words

from trimtab.vocabulary.kernel import Invalid

Operator = Words["&&", "||", "==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%"]


class SyntaxFault(Invalid):
    """A condition that is no CEL, or not of the subset; `at` counts its characters from 0."""

    code = "invalid_condition"

    def __init__(self, message: str, *, hint: str = "", at: int = 0) -> None:
        """Keep where in the text it is."""
        super().__init__(message, hint=hint)
        self.at = at


@dataclass(frozen=True, slots=True)
class Literal:
    """A value as it stands."""

    value: str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """A value by its name: `args`."""

    name: str


@dataclass(frozen=True, slots=True)
class Select:
    """A field: `args.amount`; `test` asks only whether it is there, as `has` does."""

    of: "Tree"
    field: str
    test: bool = False


@dataclass(frozen=True, slots=True)
class Index:
    """An item of a list by its place, or of a mapping by its key."""

    of: "Tree"
    key: "Tree"


@dataclass(frozen=True, slots=True)
class Unary:
    """Not, or the number below zero."""

    operator: Words["!", "-"]
    of: "Tree"


@dataclass(frozen=True, slots=True)
class Binary:
    """Two values and an operator."""

    operator: Operator
    left: "Tree"
    right: "Tree"


@dataclass(frozen=True, slots=True)
class Choose:
    """One of two values: `test ? then : otherwise`."""

    test: "Tree"
    then: "Tree"
    otherwise: "Tree"


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list written in place."""

    items: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the subset; a method's target is its first argument."""

    function: str
    arguments: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Quantify:
    """`list.all(x, ...)` or `list.exists(x, ...)`; of a mapping, its keys."""

    kind: Words["all", "exists"]
    over: "Tree"
    name: str
    test: "Tree"


Tree = Literal | Name | Select | Index | Unary | Binary | Choose | ListOf | Call | Quantify


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """A condition as written, and its tree."""

    text: str
    tree: Tree = field(compare=False, repr=False)
