"""Terms and solvers; z3-solver brings no types, and its classes say little that a checker could use."""

from typing import Any

def __getattr__(name: str) -> Any: ...
