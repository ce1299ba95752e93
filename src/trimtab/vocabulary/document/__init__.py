"""Documents that people write: YAML whose values know their line, and everything that is wrong told at once.

marks.py      plain values with their lines; what could exhaust a machine or surprise a reader is refused
problems.py   what is wrong, where, and what to write instead
"""

from trimtab.vocabulary.document.marks import Node, at_path, plain, read_marked
from trimtab.vocabulary.document.problems import Problem, Problems, Rejected, nearest, rejected

__all__ = [
    "Node",
    "Problem",
    "Problems",
    "Rejected",
    "at_path",
    "nearest",
    "plain",
    "read_marked",
    "rejected",
]
