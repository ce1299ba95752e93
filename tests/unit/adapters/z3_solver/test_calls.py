"""What Z3 is told of a call is what the decision says of it: denied, asked about, or neither."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import z3
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.unit.adapters.z3_solver.contracts import NOW, PAY, SPECS, calls, contract_of
from tests.unit.adapters.z3_solver.test_conditions import pin, possible, same

from trimtab.adapters.z3_solver.calls import Ruling, ruling
from trimtab.adapters.z3_solver.space import Space
from trimtab.adapters.z3_solver.values import real
from trimtab.vocabulary.contract import (
    Contract,
    Facts,
    Fault,
    Tool,
    decide,
    digest_of_args,
    narrow,
    parse_overlay,
)
from trimtab.vocabulary.contract.decision.before import fix_arguments
from trimtab.vocabulary.contract.decision.budget import DAY_NS
from trimtab.vocabulary.contract.decision.call import Call
from trimtab.vocabulary.contract.decision.sources import check_argument, values_at

CODES = {"from": "source", "links": "link", "hosts": "host"}
OVERLAYS = st.sampled_from(["", "", "", "read_only", "no_irreversible", "ask_writes", "tool_off:pay"])
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def fixed(contract: Contract, facts: Facts) -> Call:
    """The call with the arguments that the contract sets."""
    tool = contract.tools.get(facts.tool) or Tool(name=facts.tool, effect="irreversible", egress=True)
    call = Call(contract=contract, tool=tool, facts=facts, args=facts.args)
    if tool.mode == "enforce":
        try:
            fix_arguments(call)
        except Fault:
            call.args = facts.args
    return call


def pinned(space: Space, contract: Contract, facts: Facts) -> list[Any]:
    """Everything that a space asks, as it is in one call."""
    call = fixed(contract, facts)
    session: dict[str, Any] = call.names()["session"]
    names = {"args": call.args, "facts": facts.results}
    rules = pin(space, names)
    for key, term in space.free.items():
        word, _, name = key.partition(" ")
        if word == "called":
            rules.append(term == (name in facts.session.called))
        elif key.endswith(" more"):
            rules.append(term == more(space, names, tuple(key.removesuffix(" more").split("/"))))
        elif key.startswith("session."):
            field = key.removeprefix("session.")
            found = space.session(field)
            assert found
            rules += same(found, session[field])
    for (scope, agent, measure), term in space.spent.items():
        where = facts.session.id if scope == "session" else NOW // DAY_NS
        rules.append(term == real(facts.spent.get(f"{scope}/{agent}/{where}/{measure}", 0.0)))
    for (word, argument, _), term in space.sources.items():
        rules.append(term == refused(call, word, argument))
    return rules


def more(space: Space, names: Mapping[str, Any], path: tuple[str, ...]) -> bool:
    """Whether a mapping has a field that the space does not know."""
    at: Any = names
    for part in path:
        at = at.get(part) if isinstance(at, Mapping) else None
    return isinstance(at, Mapping) and any((*path, name) not in space.values for name in at)


def refused(call: Call, word: str, name: str) -> bool:
    """Whether the decision refuses an argument's source."""
    fresh = Call(contract=call.contract, tool=call.tool, facts=call.facts, args=call.args)
    for argument in call.tool.arguments:
        if argument.name == name:
            for value in values_at(call.args, name.split(".")):
                check_argument(fresh, argument, value)
    return any(one.code == CODES[word] for one in fresh.reasons)


def says(found: Ruling, verdict: str, args: Mapping[str, Any]) -> Any:
    """That a ruling is the verdict; a yes cannot be bound to numbers that no digest takes, so asking is a deny then."""
    if verdict == "deny":
        try:
            digest_of_args(args)
        except TypeError:
            return z3.Or(found.denied, found.asked)
        return found.denied
    return z3.And(z3.Not(found.denied), found.asked == (verdict == "ask"))


def agree(contract: Contract, facts: list[Facts]) -> None:
    """The verdict is possible in Z3; where all is translated, it is all that is possible."""
    for one in facts:
        space = Space()
        found = ruling(space, contract, one.tool)
        verdict = decide(contract, "pre_tool_call", one).verdict
        event(verdict)
        known = pinned(space, contract, one)
        assert possible(*known, says(found, verdict, one.args)), (contract, one, verdict)
        if not space.doubts and not any(key.startswith(("rounded", "divided", "size")) for key in space.free):
            assert not possible(*known, z3.Not(says(found, verdict, one.args))), (contract, one, verdict)


@settings(SLOW, max_examples=120)
@given(PAY, SPECS, OVERLAYS, st.lists(calls(), min_size=3, max_size=3))
def test_a_call_is_ruled_as_it_is_decided(
    pay: dict[str, Any], spec: dict[str, Any], overlay: str, facts: list[Facts]
) -> None:
    contract = contract_of(pay, spec, [])
    agree(narrow(contract, parse_overlay(overlay)) if overlay else contract, facts)


@settings(SLOW, max_examples=40)
@given(
    PAY,
    st.lists(calls(), min_size=4, max_size=4),
    st.sampled_from(["input", "arguments", "pre", "budget", "approval"]),
)
def test_each_part_alone_is_ruled_as_it_is_decided(
    pay: dict[str, Any], facts: list[Facts], part: str
) -> None:
    contract = contract_of(
        {"effect": "read"} | {part: pay[part]} if part in pay else {"effect": "irreversible"}, {}, []
    )
    agree(contract, [replace(one, tool="pay") for one in facts])


@pytest.mark.full
@settings(SLOW, max_examples=2500)
@given(PAY, SPECS, OVERLAYS, st.lists(calls(), min_size=6, max_size=6))
def test_a_call_is_ruled_as_it_is_decided_at_length(
    pay: dict[str, Any], spec: dict[str, Any], overlay: str, facts: list[Facts]
) -> None:
    contract = contract_of(pay, spec, [])
    agree(narrow(contract, parse_overlay(overlay)) if overlay else contract, facts)
