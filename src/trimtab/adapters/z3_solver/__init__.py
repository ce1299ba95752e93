"""All calls of a tool at once, in Z3: the extra `prove` brings it.

values.py        a JSON value of which little is known
space.py         the values that a question is about; numbers.py reckons with them as conditions do
conditions.py    a condition as a value; schemas.py a JSON Schema as a condition
calls.py         what the decision says of a call
situations.py    a model of Z3 as facts that can be replayed
solver.py        the questions, each within its time
"""

from trimtab.adapters.z3_solver.solver import Z3Solver

__all__ = ["Z3Solver"]
