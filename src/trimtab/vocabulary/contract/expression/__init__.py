"""Conditions in a subset of CEL: total, side-effect free, and of bounded cost.

syntax.py      the tree; tokens.py and parse.py from text to tree, within bounds
values.py      what numbers are, and when two values are equal
evaluate.py    a tree and named values to one value, or a typed error
paths.py       which values a condition reads
"""

from trimtab.vocabulary.contract.expression.evaluate import MAX_COST, evaluate, holds
from trimtab.vocabulary.contract.expression.parse import parse
from trimtab.vocabulary.contract.expression.paths import constants, paths
from trimtab.vocabulary.contract.expression.syntax import Expression, SyntaxFault
from trimtab.vocabulary.contract.expression.values import Fault

__all__ = [
    "MAX_COST",
    "Expression",
    "Fault",
    "SyntaxFault",
    "constants",
    "evaluate",
    "holds",
    "parse",
    "paths",
]
