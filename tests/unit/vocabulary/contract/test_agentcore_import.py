"""A contract proposed from a gateway's policies allows what they permit, and no more."""

import json
from dataclasses import replace
from typing import Any

import cedarpy
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.unit.vocabulary.contract.gateway import ARN, CLAIMS, permits, request
from tests.unit.vocabulary.contract.test_agentcore import CALLER, CALLS, OPEN, SAID, SCHEMA, exported
from tests.unit.vocabulary.contract.test_cedar import PAY, conditions, contract_of

from trimtab.adapters.cedarpy_reader import CedarReader
from trimtab.vocabulary.contract import Contract, Facts, SessionState, ToolSchema, decide, read_contract
from trimtab.vocabulary.contract.cedar.agentcore import Proposal, Source, propose_from
from trimtab.vocabulary.kernel import Invalid

SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
FIELDS = {claim: name for name, claim in CLAIMS.items()}


def proposed(policies: str, *tools: ToolSchema, gateway: str = "") -> Proposal:
    written = CedarReader().read(policies, "shop.cedar")
    return propose_from("shop", Source(policies=written, tools=tools, claims=FIELDS, gateway=gateway))


def allows(contract: Contract, facts: Facts) -> bool:
    return decide(contract, "pre_tool_call", facts).verdict not in ("ask", "deny")


SPECS = st.fixed_dictionaries(
    {"effect": st.just("read"), "input": st.just(SCHEMA)},
    optional={
        "pre": st.lists(conditions(2, st.sampled_from(SAID) | CALLER), min_size=1, max_size=2),
        "approval": st.fixed_dictionaries({"when": conditions(1, st.sampled_from(SAID) | CALLER)}),
        "arguments": st.just({"n": {"max": 10.5}, "s": {"fixed": "session.tenant"}}),
    },
)


@settings(SLOW, max_examples=150)
@given(SPECS, st.lists(CALLS, min_size=12, max_size=12))
def test_what_was_exported_and_read_back_allows_the_same(spec: dict[str, Any], facts: list[Facts]) -> None:
    contract = contract_of({"tools": {"pay": spec, "look": OPEN}})
    found = exported(contract)
    tools = [ToolSchema(name="pay", input=SCHEMA), ToolSchema(name="look")]
    read = proposed(found.policies, *tools)
    again = read_contract(read.text)
    if "T___pay" not in again.tools:
        (note,) = read.notes
        assert note in (
            "T___pay: denied: nothing that a contract can say permits it",
            "T___pay: denied: nothing is ever permitted",
        ), note
    for one in facts:
        if request(contract, one) is None:
            continue
        permitted = permits(found.policies, found.schema, contract, one)
        event(f"{one.tool}: {permitted}")
        assert allows(again, replace(one, tool=f"T___{one.tool}")) is permitted, (found.policies, again)


PERMIT = f'permit (principal is AgentCore::OAuthUser, action == AgentCore::Action::"{{}}", resource == AgentCore::Gateway::"{ARN}")'
REFUND = PERMIT.format("Refunds___pay_back")

FORBID = "forbid (principal, action, resource is AgentCore::Gateway)"


def call(args: dict[str, Any], tool: str = "Refunds___pay_back", **session: Any) -> Facts:
    return Facts(tool=tool, args=args, session=SessionState(id="s", **session))


@pytest.mark.parametrize(
    ("policies", "allowed", "denied"),
    [
        (
            f"{REFUND} when {{ context.input.cents < 500 }};",
            [{"cents": 499}],
            [{"cents": 500}, {}, {"cents": "1"}],
        ),
        (
            f'{REFUND} when {{ context.input.sum.lessThanOrEqual(decimal("9.5")) }};',
            [{"sum": 9.5}],
            [{"sum": 9.51}, {"sum": "9"}],
        ),
        (
            f'{REFUND} when {{ ["EUR", "USD"].contains(context.input["in"]) }};',
            [{"in": "EUR"}],
            [{"in": "GBP"}, {}],
        ),
        (
            f'{REFUND} unless {{ context.input has memo && context.input.memo like "*urgent*" }};',
            [{}, {"memo": "later"}],
            [{"memo": "an urgent one"}],
        ),
        (
            f'{REFUND} when {{ context.input.to like "a*@shop.example" }};',
            [{"to": "ann@shop.example"}],
            [{"to": "ann@other.example"}, {"to": "a"}],
        ),
        (
            f"{REFUND}; {FORBID} when {{ context.input has dry && !context.input.dry }};",
            [{}, {"dry": True}],
            [{"dry": False}],
        ),
        (
            f'{REFUND} when {{ context.input.a == 1 }};\n{REFUND} when {{ context.input.b == "x" }};',
            [{"a": 1}, {"b": "x"}, {"a": 2, "b": "x"}],
            [{}, {"a": 2}, {"b": "y"}],
        ),
        (
            f'{REFUND} when {{ context.input.at.city == "Bonn" || context.input["a b"] == 3 }};',
            [{"at": {"city": "Bonn"}}, {"at": {"city": "Ulm"}, "a b": 3}],
            [{"a b": 3}, {"at": {"city": "Ulm"}}],
        ),
        (
            f"{REFUND} when {{ if context.input has n then context.input.n > -1 else true }};",
            [{}, {"n": 0}],
            [{"n": -1}],
        ),
    ],
)
def test_conditions_on_the_arguments_become_the_contracts(
    policies: str, allowed: list[dict[str, Any]], denied: list[dict[str, Any]]
) -> None:
    found = proposed(policies)
    assert found.notes == ()
    contract = read_contract(found.text)
    assert [allows(contract, call(one)) for one in allowed] == [True] * len(allowed)
    assert [allows(contract, call(one)) for one in denied] == [False] * len(denied)
    for one in allowed:
        asked = {
            "principal": {"type": "AgentCore::OAuthUser", "id": "ann"},
            "action": {"type": "AgentCore::Action", "id": "Refunds___pay_back"},
            "resource": {"type": "AgentCore::Gateway", "id": ARN},
            "context": {"input": {name: decimal_of(value) for name, value in one.items()}},
        }
        assert cedarpy.is_authorized(asked, policies, []).allowed


def decimal_of(value: Any) -> Any:
    return {"__extn": {"fn": "decimal", "arg": str(value)}} if isinstance(value, float) else value


def test_claims_of_the_token_are_fields_of_the_session() -> None:
    tagged = 'principal.hasTag("custom:tenant") && principal.getTag("custom:tenant") == "acme"'
    contract = read_contract(proposed(f"{REFUND} when {{ {tagged} }};").text)
    assert allows(contract, call({}, tenant="acme"))
    assert not allows(contract, call({}, tenant="other"))
    user = REFUND.replace("principal is AgentCore::OAuthUser", 'principal == AgentCore::OAuthUser::"an\\"n"')
    contract = read_contract(proposed(f"{user};").text)
    assert allows(contract, call({}, user='an"n'))
    assert not allows(contract, call({}, user="bob"))


LOOK = PERMIT.format("Refunds___look") + ";\n"


@pytest.mark.parametrize(
    ("policy", "note"),
    [
        (
            f'// who pays\n{REFUND}\nwhen {{ principal.getTag("role") == "boss" }};',
            "shop.cedar:3: permit of Refunds___pay_back is left out: no field of a session is named for the claim role",
        ),
        (
            f"{REFUND} when {{ context.input.n + 1 > 3 }};",
            "shop.cedar:2: permit of Refunds___pay_back is left out: +",
        ),
        (
            f"{REFUND};\n\n{REFUND.replace('permit', 'forbid')}\nwhen {{ context.input.l.isEmpty() }};",
            "Refunds___pay_back: denied: shop.cedar:4: forbid cannot be said: isEmpty is not read",
        ),
        (
            REFUND.replace("OAuthUser", "IamEntity") + ";",
            "it is about other callers than AgentCore::OAuthUser",
        ),
        (f'{REFUND} when {{ context.input.s like "a*b*c" }};', "a pattern with stars in several places"),
        (f"{REFUND} when {{ context.input.a == context.input.b }};", "nothing says what args.a is"),
        (
            f'{REFUND} when {{ context.input.a == 1 && context.input.a == "x" }};',
            "is taken for a Long, and is a String",
        ),
        (f"{REFUND.replace('permit', 'forbid')};", "nothing that a contract can say permits it"),
        (f"{REFUND};\n{REFUND.replace('permit', 'forbid')};", "nothing is ever permitted"),
    ],
)
def test_what_a_contract_cannot_say_is_told_with_its_line_and_denied(policy: str, note: str) -> None:
    found = proposed(LOOK + policy)
    assert any(note in one for one in found.notes), found.notes
    assert note in found.text
    contract = read_contract(found.text)
    assert list(contract.tools) == ["Refunds___look"]
    assert not allows(contract, call({"n": 9, "a": 1, "b": 1, "s": "abc", "l": ["x"]}))


def test_a_permit_of_every_tool_is_of_those_that_are_known() -> None:
    every = "permit (principal, action, resource is AgentCore::Gateway);"
    found = proposed(f"{every}\n{LOOK}", ToolSchema(name="look"), ToolSchema(name="Mail___send"))
    assert sorted(read_contract(found.text).tools) == ["Mail___send", "Refunds___look"]
    with pytest.raises(Invalid, match="nothing would be allowed"):
        proposed(every)


def test_policies_of_another_gateway_are_left_out() -> None:
    both = LOOK + REFUND.replace("/shop", "/other") + ";"
    with pytest.raises(Invalid, match="several gateways"):
        proposed(both)
    found = proposed(both, gateway=ARN)
    assert found.notes == ("shop.cedar:2: permit: left out, it is of another gateway",)
    assert list(read_contract(found.text).tools) == ["Refunds___look"]
    with pytest.raises(Invalid, match="no policy is of the gateway"):
        proposed(LOOK, gateway="arn:nobody")


@pytest.mark.parametrize(
    ("text", "match"),
    [
        (f"{LOOK}\n// and; then\npermit (principal,", r"what follows line 1: "),
        (
            f"{LOOK}\n{LOOK.replace('principal is AgentCore::OAuthUser', 'principal == ?principal')}",
            r"shop\.cedar:3: this is no",
        ),
    ],
)
def test_what_is_no_policy_is_refused_with_its_line(text: str, match: str) -> None:
    with pytest.raises(Invalid, match=match):
        proposed(text)


def test_lines_are_those_on_which_policies_begin() -> None:
    text = f'// a; b\n\n@note("x;y")\n{LOOK}\n  // c\n{LOOK} {LOOK}'
    assert [one.line for one in CedarReader().read(text, "x")] == [3, 7, 8]
    assert CedarReader().read("// nothing\n", "x") == []


def test_a_schema_of_the_tool_is_kept_and_no_other_type_taken() -> None:
    tool = ToolSchema(name="pay_back", input=PAY["input"], hints={"readOnlyHint": True})
    found = proposed(f'{REFUND} when {{ context.input.n.lessThan(decimal("3.0")) }};', tool)
    kept = read_contract(found.text).tools["Refunds___pay_back"]
    assert kept.effect == "read"
    assert kept.input
    assert json.dumps(kept.input.document) == json.dumps(PAY["input"])
    with pytest.raises(Invalid, match=r"args\.n is taken for a Long, and is a decimal"):
        proposed(f"{REFUND} when {{ context.input.n < 3 }};", tool)
