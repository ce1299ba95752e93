"""What holds of every call that a contract lets through: shown by a solver, or refuted by a call that is replayed.

model.py       what is shown, and what is not
telling.py     who said the arguments of a call
holding.py     whether an invariant holds of one call
prove.py       every invariant of a contract, with the decision as the judge of every counterexample
"""

from trimtab.vocabulary.contract.ports import OTHER_TOOL, Solved, Solver
from trimtab.vocabulary.contract.proof.holding import Passed, holds_of, replay
from trimtab.vocabulary.contract.proof.model import Counterexample, Proof
from trimtab.vocabulary.contract.proof.prove import prove, why_not
from trimtab.vocabulary.contract.proof.telling import told

__all__ = [
    "OTHER_TOOL",
    "Counterexample",
    "Passed",
    "Proof",
    "Solved",
    "Solver",
    "holds_of",
    "prove",
    "replay",
    "told",
    "why_not",
]
