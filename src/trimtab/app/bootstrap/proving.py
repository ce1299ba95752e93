"""The solver that proves, where the extra `prove` is installed."""

from importlib.util import find_spec

from trimtab.vocabulary.contract import Solver
from trimtab.vocabulary.kernel import Invalid

EXTRA = "pip install 'trimtab[prove]'"


def find_solver(timeout_s: float) -> Solver | None:
    """A solver that takes at most so long for a question; None where none is installed."""
    if find_spec("z3") is None:
        return None
    from trimtab.adapters.z3_solver import Z3Solver

    return Z3Solver(timeout_s)


def open_solver(timeout_s: float) -> Solver:
    """A solver; raises `Invalid` where none is installed."""
    found = find_solver(timeout_s)
    if found is None:
        raise Invalid("proving needs Z3, which is not installed", hint=EXTRA)
    return found
