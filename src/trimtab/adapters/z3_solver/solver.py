"""The questions of the contract, asked of Z3: each within its time."""

from collections.abc import Callable
from typing import Any

import z3

from trimtab.adapters.z3_solver.calls import Ruling, invariant_names, quantity, ruling
from trimtab.adapters.z3_solver.conditions import Translator
from trimtab.adapters.z3_solver.situations import preferences, situations
from trimtab.adapters.z3_solver.space import Space
from trimtab.adapters.z3_solver.values import TEXT, Term, yes
from trimtab.vocabulary.contract import Contract, Facts, Invariant, Solved
from trimtab.vocabulary.contract.ports import paths

LONGEST = 10_000
"""Characters of a text in a comparison of two contracts: a condition never finds such a text too costly."""
PLAIN_STEPS = 2_000_000
"""For each wish of a plain example: steps, not time, so that the same example is found on every machine."""
MOST_HARD = 3
"""Wishes that may be too hard before the example is taken as it is."""


class Z3Solver:
    """Looks at all calls of a tool at once, for at most `timeout_s` a question."""

    def __init__(self, timeout_s: float = 5.0) -> None:
        """Wait so long for each answer."""
        self._timeout_s = timeout_s

    def breaking(self, contract: Contract, tool: str, invariant: Invariant) -> Solved:
        """Calls that a contract lets through, perhaps after a yes, and of which an invariant does not hold."""

        def question(space: Space) -> Term:
            found = ruling(space, contract, tool)
            return yes(found.through, z3.Not(self._invariant(space, contract, tool, invariant, found)))

        return self._answer(question, contract, tool)

    def easier(self, old: Contract, new: Contract, tool: str) -> Solved:
        """Calls that the new contract lets through more easily than the old one, yeses not yet given."""

        def question(space: Space) -> Term:
            before, after = ruling(space, old, tool), ruling(space, new, tool)
            texts = [
                z3.Implies(value.is_(TEXT), z3.Length(value.text) <= LONGEST)
                for path, value in space.values.items()
                if len(path) > 1
            ]
            return yes(after.ease < before.ease, *texts)

        return self._answer(question, new, tool)

    def _invariant(
        self, space: Space, contract: Contract, tool: str, invariant: Invariant, found: Ruling
    ) -> Term:
        """Whether an invariant holds of a call that gets through."""
        enforced = (contract.tools.get(tool) or contract).mode == "enforce"
        invariant_names(space, contract, tool, found.asked if enforced else z3.BoolVal(val=False))
        for path in paths(invariant.holds):
            if "(" in path[-1]:
                space.named[path] = quantity(space, contract, tool, (path[0], path[1]))
        return Translator(space).translate(invariant.holds).true

    def _answer(self, question: Callable[[Space], Term], contract: Contract, tool: str) -> Solved:
        """The answer to whether there are such calls."""
        space = Space()
        try:
            asked = question(space)
            solver = z3.Solver()
            solver.set("timeout", int(self._timeout_s * 1000))
            solver.add(*space.settled(), asked)
            found = solver.check()
            doubts = tuple(space.doubts)
            if found == z3.unsat:
                return Solved(none=True, doubts=doubts)
            if found != z3.sat:
                return Solved(reason=self._why(solver), doubts=doubts)
            return Solved(candidates=tuple(self._candidates(space, solver, contract, tool)), doubts=doubts)
        except z3.Z3Exception as error:
            return Solved(reason=f"Z3 says {error}", doubts=tuple(space.doubts))

    def _why(self, solver: Any) -> str:
        """Why there is no answer."""
        said = solver.reason_unknown()
        if said in ("timeout", "canceled", "interrupted from keyboard"):
            return f"time: no answer within {self._timeout_s:g} s"
        return f"Z3 gives up: {said}"

    def _candidates(self, space: Space, solver: Any, contract: Contract, tool: str) -> list[Facts]:
        """Calls of the kind, the plainest first."""
        first = solver.model()
        best = first
        solver.set("rlimit", PLAIN_STEPS)
        hard = 0
        for wish in preferences(space):
            solver.push()
            solver.add(wish)
            found = solver.check()
            if found == z3.sat:
                best = solver.model()
                continue
            solver.pop()
            hard += found == z3.unknown
            if hard == MOST_HARD:
                break
        return [
            *situations(space, best, contract, tool),
            *situations(space, first, contract, tool),
        ]
