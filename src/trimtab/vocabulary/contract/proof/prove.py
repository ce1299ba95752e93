"""Every invariant of a contract: proved, refuted by a call that the decision confirms, or not decided."""

from dataclasses import replace

from trimtab.vocabulary.contract.expression.syntax import Binary, Literal, Tree, Unary
from trimtab.vocabulary.contract.model import Contract, Invariant
from trimtab.vocabulary.contract.ports import OTHER_TOOL, Solved, Solver
from trimtab.vocabulary.contract.proof.holding import holds_of, replay, values_of
from trimtab.vocabulary.contract.proof.model import Counterexample, Proof


def prove(contract: Contract, solver: Solver) -> tuple[Proof, ...]:
    """What is known of each invariant of a contract, in their order."""
    return tuple(prove_one(contract, one, solver) for one in contract.invariants)


def prove_one(contract: Contract, invariant: Invariant, solver: Solver) -> Proof:
    """What is known of one invariant."""
    tools = (invariant.tool,) if invariant.tool else (*contract.tools, OTHER_TOOL)
    reasons: list[str] = []
    for tool in tools:
        answer = solver.breaking(contract, tool, invariant)
        if answer.none:
            continue
        found = confirmed(contract, invariant, answer)
        if found:
            return Proof(invariant=invariant, verdict="refuted", tools=(tool,), counterexample=found)
        reasons += [f"{tool}: {one}" if len(tools) > 1 else one for one in why_not(answer)]
    if reasons:
        return Proof(invariant=invariant, verdict="not decided", tools=tools, reasons=tuple(reasons))
    return Proof(
        invariant=invariant, verdict="proved", tools=tools, empty=empty(contract, invariant, tools, solver)
    )


def empty(contract: Contract, invariant: Invariant, tools: tuple[str, ...], solver: Solver) -> bool:
    """Whether an invariant holds only because no call that gets through is of the kind it speaks of."""
    tree = invariant.holds.tree
    never: Tree = Literal(value=False)
    if isinstance(tree, Binary) and tree.operator == "||" and isinstance(tree.left, Unary):
        never = tree.left
    asked = replace(invariant, holds=replace(invariant.holds, tree=never))
    return all(solver.breaking(contract, tool, asked).none for tool in tools)


def confirmed(contract: Contract, invariant: Invariant, answer: Solved) -> Counterexample | None:
    """The first of the calls found that really gets through, and of which the invariant really does not hold."""
    for facts in answer.candidates:
        passed = replay(contract, facts)
        if passed.through and not holds_of(invariant, passed):
            approved = bool(passed.decision.grants)
            values = values_of(invariant, passed)
            return Counterexample(facts=passed.facts, approved=approved, values=values)
    return None


def why_not(answer: Solved) -> tuple[str, ...]:
    """Why a question stays open."""
    if answer.reason:
        return (answer.reason,)
    found = "the calls that were found are decided otherwise when they are replayed"
    return (found, *(f"without translation: {one}" for one in answer.doubts))
