"""What is proved is never contradicted by a decision; what is refuted is so by a call that can be replayed."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.adapters.z3_solver.contracts import INVARIANTS, PAY, SPECS, calls, contract_of

from trimtab.adapters.z3_solver import Z3Solver
from trimtab.vocabulary.contract import (
    Contract,
    Facts,
    Proof,
    decide,
    holds_of,
    prove,
    replay,
)
from trimtab.vocabulary.contract.compare.search import ease

SOLVER = Z3Solver(timeout_s=20)
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


def check(proof: Proof, contract: Contract, facts: list[Facts]) -> None:
    """Nothing that is said of an invariant is contradicted."""
    about = proof.invariant
    if proof.verdict == "proved":
        for one in facts:
            passed = replay(contract, one)
            if passed.through and about.tool in ("", one.tool):
                assert holds_of(about, passed), (str(about), one)
    elif proof.verdict == "refuted":
        assert proof.counterexample
        passed = replay(contract, proof.counterexample.facts)
        assert passed.through
        assert not holds_of(about, passed)
    else:
        assert proof.reasons


@settings(SLOW, max_examples=30)
@given(PAY, SPECS, st.lists(INVARIANTS, min_size=1, max_size=2), st.lists(calls(), min_size=20, max_size=20))
def test_what_is_proved_is_never_contradicted(
    pay: dict[str, Any], spec: dict[str, Any], invariants: list[str], facts: list[Facts]
) -> None:
    contract = contract_of(pay, spec, invariants)
    for proof in prove(contract, SOLVER):
        check(proof, contract, facts)


@pytest.mark.full
@settings(SLOW, max_examples=1200)
@given(PAY, SPECS, st.lists(INVARIANTS, min_size=1, max_size=3), st.lists(calls(), min_size=40, max_size=40))
def test_what_is_proved_is_never_contradicted_at_length(
    pay: dict[str, Any], spec: dict[str, Any], invariants: list[str], facts: list[Facts]
) -> None:
    contract = contract_of(pay, spec, invariants)
    for proof in prove(contract, SOLVER):
        check(proof, contract, facts)


def settled(old: Contract, new: Contract, facts: list[Facts]) -> None:
    """What a solver calls not wider lets no call through more easily; what it calls wider does."""
    from trimtab.vocabulary.contract.compare.changes import changes
    from trimtab.vocabulary.contract.compare.settle import settle, settle_tool

    found = settle(old, new, changes(old, new), SOLVER)
    for example in found.examples:
        assert ease(example.after) < ease(example.before)
    proved = {name for name in ("pay", "look", "other") if settle_tool(old, new, name, SOLVER).proved}
    for one in facts:
        if one.tool in proved:
            assert ease(decide(new, "pre_tool_call", one)) >= ease(decide(old, "pre_tool_call", one)), one


@settings(SLOW, max_examples=25)
@given(PAY, PAY, SPECS, st.lists(calls(), min_size=20, max_size=20))
def test_what_is_proved_not_wider_is_never_easier(
    before: dict[str, Any], after: dict[str, Any], spec: dict[str, Any], facts: list[Facts]
) -> None:
    settled(contract_of({**after, **before}, spec, []), contract_of(after, spec, []), facts)


@pytest.mark.full
@settings(SLOW, max_examples=800)
@given(PAY, PAY, SPECS, SPECS, st.lists(calls(), min_size=40, max_size=40))
def test_what_is_proved_not_wider_is_never_easier_at_length(
    before: dict[str, Any],
    after: dict[str, Any],
    spec: dict[str, Any],
    other: dict[str, Any],
    facts: list[Facts],
) -> None:
    settled(contract_of({**after, **before}, spec, []), contract_of(after, {**spec, **other}, []), facts)
