"""Invariants: how they are written, what they mean for one call, and what is said where a solver is wrong or silent."""

from dataclasses import replace
from typing import Any

import pytest
from tests.unit.vocabulary.contract.test_decide import RICH, before, pay
from tests.unit.vocabulary.contract.texts import changed, problems

from trimtab.vocabulary.contract import (
    Contract,
    Facts,
    Invariant,
    SessionState,
    Solved,
    compare,
    holds_of,
    prove,
    read_contract,
    replay,
)


def stating(*invariants: str) -> str:
    lines = "".join(f"    - {one}\n" for one in invariants)
    return f"{RICH}  invariants:\n{lines}"


def truth(invariant: str, facts: Facts) -> bool:
    contract = read_contract(stating(invariant))
    passed = replay(contract, facts)
    assert passed.through
    return holds_of(contract.invariants[0], passed)


@pytest.mark.parametrize(
    ("invariant", "holds"),
    [
        ('"pay: args.amount <= 150"', True),
        ('"pay: args.amount < 150"', False),
        ("irreversible implies approved", True),
        ("approved implies args.amount > 100", None),
        ("writes && !egress && effect == 'irreversible' && tool == 'pay'", True),
        ("tainted || sensitive", False),
        ('"pay: session.sum(amount) == 200"', True),
        ('"pay: day.sum(amount) == 150"', True),
        ('"pay: session.count() == 2"', True),
        ('"pay: args.note == null"', False),
        ('"pay: has(args.note) implies args.note == null"', True),
        ('"pay: args.tenant == session.tenant"', True),
        ("{tool: pay, holds: args.amount == 150, message: As said.}", True),
        ("true implies false implies false", True),
        ('"(true implies false) || true ? true : false implies true"', True),
    ],
)
def test_an_invariant_speaks_of_a_call_that_gets_through(invariant: str, holds: bool | None) -> None:
    facts = pay(
        amount=150,
        spent={"session/bank/s/pay/sum(amount)": 50.0, "session/bank/s/pay/calls": 1.0},
    )
    if holds is None:
        assert problems(stating(invariant)) == [
            "c.yaml:38: args.amount is known of one tool only -> look: approved implies args.amount > 100"
        ]
    else:
        assert truth(invariant, facts) is holds


def test_sums_are_exact_and_what_is_no_amount_has_none() -> None:
    facts = pay(amount=1.2, spent={"session/bank/s/pay/sum(amount)": 1.1})
    assert truth('"pay: session.sum(amount) == 2.3"', facts)
    assert not truth('"pay: session.sum(to) >= 0"', facts)


@pytest.mark.parametrize(
    ("invariant", "problem"),
    [
        ('"pya: true"', "there is no tool 'pya' -> did you mean pay?"),
        ("args.amount > 1", "args.amount is known of one tool only -> look: args.amount > 1"),
        (
            "session.sum(amount) > 1",
            "session.sum(amount) is known of one tool only -> look: session.sum(amount) > 1",
        ),
        ('"pay: session.sum(amont) > 1"', "the input schema has no amont -> did you mean amount?"),
        ('"pay: args.amont > 1"', "the input schema has no amont -> did you mean amount?"),
        (
            '"pay: session.total(amount) > 1"',
            "character 14: there is no 'total' of it -> sum(amount) or count()",
        ),
        ('"pay: day.calls > 1"', "a day has no calls -> day.sum(amount) or day.count()"),
        ("aproved", "aproved is not known here -> did you mean approved?"),
        (" implies ".join(["true"] * 30), "nested deeper than 24"),
        ("true implies", "character 13: the condition ends"),
        ("{tool: pay}", "holds is missing -> holds: "),
    ],
)
def test_what_is_wrong_is_said(invariant: str, problem: str) -> None:
    found = problems(stating(invariant))
    assert len(found) == 1
    assert problem.strip("'") in found[0], found


def test_only_invariants_know_implies() -> None:
    assert problems(changed(RICH, '"args.amount < 400"', '"true implies true"'))


def test_yeses_are_given_where_they_are_needed() -> None:
    contract = read_contract(RICH)
    passed = replay(contract, pay(amount=150))
    assert before(pay(amount=150)).verdict == "ask"
    assert (passed.through, len(passed.decision.grants)) == (True, 2)
    assert not replay(contract, pay(amount=501)).through


class Says:
    """A solver that says what it is told to, right or wrong."""

    def __init__(self, answer: Solved) -> None:
        self.answer = answer

    def breaking(self, contract: Contract, tool: str, invariant: Invariant) -> Solved:
        return self.answer

    def easier(self, old: Contract, new: Contract, tool: str) -> Solved:
        return self.answer


LIMIT = read_contract(stating('"pay: args.amount <= 100"'))


@pytest.mark.parametrize(
    ("answer", "verdict", "reason"),
    [
        (Solved(none=True, doubts=("x",)), "proved", ""),
        (Solved(candidates=(pay(amount=150),)), "refuted", ""),
        (Solved(candidates=(pay(amount=50), pay(amount=150))), "refuted", ""),
        (
            Solved(candidates=(pay(amount=50),), doubts=("a pattern",)),
            "not decided",
            "without translation: a pattern",
        ),
        (
            Solved(candidates=(pay(amount=600),)),
            "not decided",
            "the calls that were found are decided otherwise",
        ),
        (Solved(reason="time: no answer within 5 s"), "not decided", "time: no answer within 5 s"),
    ],
)
def test_a_counterexample_counts_only_if_the_decision_confirms_it(
    answer: Solved, verdict: str, reason: str
) -> None:
    (proof,) = prove(LIMIT, Says(answer))
    assert proof.verdict == verdict
    assert (proof.counterexample is not None) == (verdict == "refuted")
    assert any(one.startswith(reason) for one in proof.reasons) == bool(reason)


def test_a_counterexample_tells_the_call_and_what_differs_from_a_new_session() -> None:
    facts = pay(
        amount=150,
        session=SessionState(id="s", tenant="acme", user="ann", tainted=True, called=frozenset(["web"])),
    )
    (proof,) = prove(LIMIT, Says(Solved(candidates=(facts,))))
    assert proof.counterexample
    assert proof.counterexample.situation() == {
        "call": {"pay": {"to": "DE12", "amount": 150, "tenant": "acme"}},
        "session": {"tenant": "acme", "user": "ann", "tainted": True, "called": ["web"]},
        "facts": {"look": {"balance": 1000}},
        "approved": True,
        "so": {"args.amount": 150},
    }


PERHAPS: list[tuple[str, str]] = [
    ("args.amount <= facts.look.balance", "facts.look.balance >= args.amount"),
    ("spec:\n", "spec:\n  onGate: deny\n"),
]


@pytest.mark.parametrize(
    ("answer", "wider"),
    [
        (Solved(none=True), False),
        (Solved(reason="time"), None),
        (Solved(candidates=(pay(amount=50),)), None),
    ],
)
def test_a_solver_settles_what_is_perhaps_wider(answer: Solved, wider: bool | None) -> None:
    text = changed(RICH, *PERHAPS[0])
    assert compare(read_contract(RICH), read_contract(text)).wider is None
    found = compare(read_contract(RICH), read_contract(text), Says(answer))
    assert found.wider is wider
    assert bool(found.reasons) == (wider is None)
    assert ("which is proved" in str(found)) == (wider is False)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("role: finance", "role: sales", "pay.approval.role: which yeses count"),
        ("quorum: 2}", "quorum: 2, ttl: 2h}", "pay.approval.ttl: which yeses count"),
        ("quorum: 2}", "quorum: 2, notRequester: false}", "pay.approval.notRequester: which yeses count"),
        ("fixed: session.tenant", "fixed: session.user", "pay.arguments.tenant.fixed: it matters beyond"),
        ("hidden: [card.number,", "hidden: [", "pay.output.hidden: it matters beyond"),
    ],
)
def test_a_solver_is_not_believed_beyond_what_it_sees(old: str, new: str, reason: str) -> None:
    found = compare(read_contract(RICH), read_contract(changed(RICH, old, new)), Says(Solved(none=True)))
    if found.examples:
        pytest.fail(str(found))
    assert found.wider is None
    assert any(one.startswith(reason) for one in found.reasons), found.reasons


def test_where_yeses_differ_nothing_is_proved_of_the_tool() -> None:
    text = changed(changed(RICH, *PERHAPS[0]), "role: finance", "role: sales")
    found = compare(read_contract(RICH), read_contract(text), Says(Solved(none=True)))
    assert found.proved == frozenset()
    assert "pay: a yes of another role counts" in found.reasons


def test_a_difference_of_all_tools_is_settled_only_if_all_are() -> None:
    class Some(Says):
        def easier(self, old: Contract, new: Contract, tool: str) -> Solved:
            return Solved(none=True) if tool != "web" else Solved(reason="time")

    old = read_contract(
        changed(
            RICH,
            "then: deny}, {from: untrusted",
            "then: deny}, {from: web, to: look, then: warn}, {from: untrusted",
        )
    )
    new = replace(read_contract(RICH), flows=(*old.flows[:1], *old.flows[2:]))
    assert compare(old, new, Says(Solved(none=True))).wider is False
    found: Any = compare(old, new, Some(Solved()))
    assert (found.wider, found.reasons) == (None, ("web: time",))
