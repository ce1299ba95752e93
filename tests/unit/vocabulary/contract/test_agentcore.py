"""What a gateway of AgentCore permits under an exported contract is never more than the contract allows."""

from dataclasses import replace
from typing import Any

import cedarpy
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.unit.vocabulary.contract.gateway import ARN, CLAIMS, permits
from tests.unit.vocabulary.contract.test_cedar import (
    ATOMS,
    BEYOND,
    FACTS,
    OVERLAYS,
    PAY,
    SCHEMA,
    conditions,
    contract_of,
    contracts,
)
from tests.unit.vocabulary.contract.texts import full

from trimtab.vocabulary.contract import Contract, Facts, SessionState, decide, explain
from trimtab.vocabulary.contract.cedar.agentcore import AgentCoreExport, Gateway, to_agentcore
from trimtab.vocabulary.kernel import Invalid

SLOW = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
GATEWAY = Gateway(arn=ARN, target="T", claims=CLAIMS)
USERS = st.sampled_from(["ann", "a", "ab"])
CALLS = st.builds(lambda one, user: replace(one, session=replace(one.session, user=user)), FACTS, USERS)
CALLER = st.sampled_from(
    ["session.user == 'a'", "session.tenant != 'a'", "session.intent == args.s", "has(session.user)"]
)


def exported(contract: Contract, gateway: Gateway = GATEWAY) -> AgentCoreExport:
    found = to_agentcore(contract, gateway)
    checked = cedarpy.validate_policies(found.policies, found.schema)
    assert checked.validation_passed, (checked, found.policies)
    return found


def never_wider(contract: Contract, facts: list[Facts]) -> None:
    found = exported(contract)
    for one in facts:
        decision = decide(contract, "pre_tool_call", one)
        allowed = permits(found.policies, found.schema, contract, one)
        event(f"{'permitted' if allowed else 'refused'}: {decision.verdict}")
        if allowed:
            assert decision.verdict not in ("ask", "deny"), (explain(decision), one, found.policies)


@settings(SLOW, max_examples=100)
@given(
    contracts(ATOMS | BEYOND | CALLER, reads_lists=True), OVERLAYS, st.lists(CALLS, min_size=8, max_size=8)
)
def test_a_gateway_permits_nothing_that_the_contract_does_not_allow(
    spec: dict[str, Any], overlay: str, facts: list[Facts]
) -> None:
    never_wider(contract_of(spec, overlay), facts)


SAID = ["args.b", "args.s == 'a'", "args.k < 3", "args.n >= 2.5", "has(args.m.x)"]
OPEN = {"effect": "read"}


@settings(SLOW, max_examples=150)
@given(
    conditions(2, st.sampled_from(SAID) | CALLER),
    st.sampled_from(["pre", "approval"]),
    st.lists(CALLS, min_size=15, max_size=15),
)
def test_what_a_gateway_can_say_it_decides_as_the_contract_does(
    condition: str, place: str, facts: list[Facts]
) -> None:
    said = {"pre": [condition]} if place == "pre" else {"approval": {"when": condition}}
    contract = contract_of({"tools": {"pay": {**OPEN, "input": SCHEMA, **said}, "look": OPEN}})
    found = exported(contract)
    assert not any(one.unsaid for one in found.tools.values())
    for one in facts:
        never_wider(contract, [one])
        known = one.session.tenant and one.session.intent and one.tool == "pay"
        if known and decide(contract, "pre_tool_call", one).verdict == "allow":
            assert permits(found.policies, found.schema, contract, one) or not held(contract, one)


def held(contract: Contract, facts: Facts) -> bool:
    """Whether Cedar's types hold the arguments at all."""
    return permits("permit (principal, action, resource);", exported(contract).schema, contract, facts)


def call(args: dict[str, Any], **session: Any) -> Facts:
    return Facts(tool="pay", args=args, session=SessionState(id="s", **session))


@pytest.mark.parametrize(
    ("more", "kind", "name"),
    [
        ({"budget": {"session": {"calls": 2}}}, "budget", "budget"),
        ({"arguments": {"n": {"from": ["user"]}}}, "from", "from: n"),
        ({"pre": ["args.n + 1 > 2"]}, "condition", "pre: args.n + 1 > 2"),
        ({"pre": ["facts.pay.x == 1"]}, "condition", "pre: facts.pay.x == 1"),
        ({"pre": ["session.tainted == false"]}, "condition", "pre: session.tainted == false"),
        ({"approval": {}}, "approval", "approval"),
        ({"arguments": {"n": {"fixed": "session.calls"}}}, "fixed", "fixed: n"),
        ({"effect": "irreversible"}, "session", "rule of two"),
    ],
)
def test_what_a_gateway_cannot_say_is_denied_by_name_unless_others_keep_it(
    more: dict[str, Any], kind: str, name: str
) -> None:
    contract = contract_of({"tools": {"pay": {**PAY, "effect": "read", **more}}})
    denied = exported(contract)
    assert name in denied.tools["pay"].denied
    assert denied.policies.count("forbid (") == 1
    assert not permits(denied.policies, denied.schema, contract, call({"n": 5}, user="ann"))
    kept = exported(contract, replace(GATEWAY, elsewhere=[kind]))
    assert kept.tools["pay"].denied == ()
    assert kind in {why.partition(":")[0] for why in kept.tools["pay"].kept.values()}
    assert permits(kept.policies, kept.schema, contract, call({"n": 5}, user="ann"))


def test_people_who_would_be_asked_are_not_asked_there_and_it_denies() -> None:
    contract = contract_of({"tools": {"pay": {**PAY, "effect": "read", "approval": {"when": "args.n > 3"}}}})
    found = exported(contract)
    assert found.tools["pay"].asked == ("approval: args.n > 3",)
    assert permits(found.policies, found.schema, contract, call({"n": 3}, user="ann"))
    assert not permits(found.policies, found.schema, contract, call({"n": 5}, user="ann"))


def test_a_fixed_argument_must_be_what_it_is_fixed_to() -> None:
    schema = {"type": "object", "properties": {"t": {"type": "string"}}}
    spec = {"effect": "read", "input": schema, "arguments": {"t": {"fixed": "session.tenant"}}}
    contract = contract_of({"tools": {"pay": spec}})
    found = exported(contract)
    for said, fits in (({"t": "acme"}, True), ({"t": "other"}, False), ({}, False)):
        assert permits(found.policies, found.schema, contract, call(said, user="ann", tenant="acme")) is fits


def test_what_decides_no_call_is_listed() -> None:
    found = to_agentcore(full(), GATEWAY)
    assert "refund.create: post, output schema and hidden fields" in found.left
    assert "refund.create: idempotency: nobody remembers a call" in found.left
    assert "how tools are run: retries, timeouts, rates, breakers and fallbacks" in found.left
    assert "checks and answer: at other points than a call" in found.left
    assert "mail.send: mode observe: permitted without conditions" in found.left
    assert "remote" in found.tools["refund.create"].denied


def test_a_policy_that_the_service_would_not_take_is_a_forbid() -> None:
    many = [f"args.n != {number}" for number in range(200)]
    found = exported(contract_of({"tools": {"pay": {**PAY, "effect": "read", "pre": many}}}))
    assert found.tools["pay"].denied == ("the policy is longer than 10000 characters",)
    assert len(found.tools["pay"].policy) < 10_000
    assert "forbid (" in found.policies


def test_tools_are_named_as_the_gateway_names_them() -> None:
    spec = {"tools": {"pay": OPEN, "Shop___look": OPEN}}
    assert 'AgentCore::Action::"T___pay"' in exported(contract_of(spec)).policies
    assert 'AgentCore::Action::"Shop___look"' in exported(contract_of(spec)).policies
    with pytest.raises(Invalid, match="pay does not say its target"):
        to_agentcore(contract_of(spec), Gateway(arn=ARN))
    with pytest.raises(Invalid, match="same action"):
        to_agentcore(contract_of({"tools": {"pay": OPEN, "T___pay": OPEN}}), GATEWAY)
    with pytest.raises(Invalid, match=r"cannot say session\.calls"):
        Gateway(arn=ARN, claims={"calls": "n"})
