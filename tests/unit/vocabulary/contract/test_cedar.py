"""Cedar says of every call what the decision says: a differential test against its own engine, cedarpy."""

import json
from dataclasses import replace
from typing import Any

import cedarpy
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from tests.unit.vocabulary.contract.texts import full, small

from trimtab.vocabulary.contract import (
    Contract,
    Facts,
    Provenance,
    SessionState,
    decide,
    explain,
    narrow,
    parse_overlay,
    read_contract,
)
from trimtab.vocabulary.contract.cedar import ACTIONS, CedarExport, cedar_request, to_cedar
from trimtab.vocabulary.kernel import Invalid

NOW = 1_700_000_000_000_000_000
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "n": {"type": "number"},
        "k": {"type": "integer"},
        "s": {"type": "string"},
        "b": {"type": "boolean"},
        "m": {"type": "object", "properties": {"x": {"type": "number"}, "t": {"type": "string"}}},
    },
}
OUTPUT = {
    "type": "object",
    "properties": {"total": {"type": "number"}, "status": {"type": "string"}, "ok": {"type": "boolean"}},
}
LONGS = ["args.k", "session.calls", "session.tokens"]
DECIMALS = ["args.n", "args.m.x", "facts.look.total", "session.cost_usd"]
STRINGS = ["args.s", "args['m'].t", "facts.look.status", "session.tenant", "session.intent"]
BOOLS = ["args.b", "facts.look.ok", "session.tainted", "session.sensitive"]
WORDS = ["'a'", "'ab'", "'acme'", "''", "'a*b'", "'q\"\\\\'", "'é'"]
ORDER = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
SAME = st.sampled_from(["==", "!="])


def either_way(
    left: st.SearchStrategy[str], sign: st.SearchStrategy[str], right: st.SearchStrategy[str]
) -> st.SearchStrategy[str]:
    return st.builds("{} {} {}".format, left, sign, right) | st.builds("{} {} {}".format, right, sign, left)


LONG, DECIMAL, STRING, BOOL = (st.sampled_from(one) for one in (LONGS, DECIMALS, STRINGS, BOOLS))
ATOMS = st.one_of(
    either_way(LONG, ORDER, st.integers(-3, 12).map(str)),
    either_way(DECIMAL, ORDER, st.sampled_from(["0", "2.5", "10", "50.25", "-1", "0.0001"])),
    st.builds("{} {} {}".format, DECIMAL, ORDER, DECIMAL),
    st.builds("{} {} {}".format, LONG, ORDER, LONG),
    either_way(STRING, SAME, st.sampled_from(WORDS)),
    st.builds("{} {} {}".format, STRING, SAME, STRING),
    st.builds("{} {} {}".format, STRING | LONG, SAME, BOOL | STRING),
    st.builds("{} {} {}".format, BOOL, SAME, st.sampled_from(["true", "false", "null", "'a'"])),
    st.builds("{} in [{}, {}]".format, STRING, st.sampled_from(WORDS), st.sampled_from([*WORDS, "3"])),
    st.builds("{} in [1, 2, 3]".format, LONG | DECIMAL),
    st.builds(
        "{}.{}({})".format,
        STRING,
        st.sampled_from(["startsWith", "endsWith", "contains"]),
        st.sampled_from(WORDS),
    ),
    st.builds(
        "has({})".format,
        st.sampled_from(
            ["args.n", "args.m", "args.m.x", "args.s", "facts.look", "facts.look.total", "session.user"]
        ),
    ),
    BOOL,
    st.sampled_from(["true", "false", "args.s", "args.k"]),
)
BEYOND = st.sampled_from(
    [
        "args.n + 1 > 3",
        "size(args.s) < 3",
        "args.l.exists(x, x == 'a')",
        "args.s < 'b'",
        "args.n * 2 <= args.k",
    ]
)
"""What Cedar cannot say, and the caller checks."""


def conditions(depth: int, atoms: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    if depth == 0:
        return atoms
    below = conditions(depth - 1, atoms)
    return st.one_of(
        atoms,
        st.builds("({} && {})".format, below, below),
        st.builds("({} || {})".format, below, below),
        st.builds("!({})".format, below),
        st.builds("({} ? {} : {})".format, below, below, below),
    )


def inputs(*, reads_lists: bool = False) -> st.SearchStrategy[dict[str, Any]]:
    """Input schemas."""
    properties = st.fixed_dictionaries(
        {},
        optional={
            "n": st.sampled_from(
                [
                    {"type": "number", "minimum": 0},
                    {"type": "number", "exclusiveMinimum": 1},
                    {"type": "number", "exclusiveMaximum": 50.25},
                    {"type": "number", "enum": [1, 2.5]},
                ]
            ),
            "k": st.sampled_from(
                [
                    {"type": "integer", "maximum": 10},
                    {"type": "integer", "const": 3},
                    {"type": "integer", "minimum": 1, "exclusiveMaximum": 4},
                ]
            ),
            "s": st.sampled_from(
                [{"type": "string", "enum": ["a", "ab", "é"]}, {"type": "string", "description": "x"}]
            ),
            "b": st.just({"type": "boolean", "const": True}),
            "m": st.just({**SCHEMA["properties"]["m"], "required": ["x"], "additionalProperties": False}),
        },
    )
    lists = {"l": {"type": "array", "items": {"type": "string"}}} if reads_lists else {}
    return st.builds(
        lambda more, required, closed: {
            **SCHEMA,
            "properties": {**SCHEMA["properties"], **lists, **more},
            **({"required": required} if required else {}),
            **({"additionalProperties": False} if closed else {}),
        },
        properties,
        st.lists(st.sampled_from(["n", "k", "s", "m"]), max_size=2, unique=True),
        st.booleans(),
    )


def tools(said: st.SearchStrategy[str], *, reads_lists: bool) -> st.SearchStrategy[dict[str, Any]]:
    """A tool with rules of every kind."""
    return st.fixed_dictionaries(
        {
            "effect": st.sampled_from(["read", "idempotent_write", "unkeyed_write", "irreversible"]),
            "input": inputs(reads_lists=reads_lists),
        },
        optional={
            "egress": st.booleans(),
            "mode": st.sampled_from(["off", "observe", "enforce", "enforce", "enforce"]),
            "arguments": st.fixed_dictionaries(
                {},
                optional={
                    "n": st.sampled_from([{"min": 1, "max": 50}, {"max": 10.5}]),
                    "k": st.just({"min": 2}),
                    "m.x": st.just({"max": 2.5}),
                    "s": st.sampled_from(
                        [
                            {"from": ["user"]},
                            {"from": ["user"], "otherwise": "deny"},
                            {"fixed": "session.tenant"},
                            {"hosts": ["a.example"]},
                        ]
                    ),
                },
            ),
            "pre": st.lists(
                said
                | st.fixed_dictionaries(
                    {"holds": said, "otherwise": st.sampled_from(["warn", "ask", "deny"])}
                ),
                min_size=1,
                max_size=2,
            ),
            "approval": st.just({}) | st.fixed_dictionaries({"when": said}),
            "budget": st.just({"session": {"calls": 2, "sum": {"n": 100}}}),
        },
    )


def contracts(
    atoms: st.SearchStrategy[str], *, reads_lists: bool = False
) -> st.SearchStrategy[dict[str, Any]]:
    """Specs of contracts of three tools."""
    pay = tools(conditions(2, atoms), reads_lists=reads_lists)
    return st.fixed_dictionaries(
        {
            "tools": st.fixed_dictionaries(
                {"pay": pay, "look": st.just({"effect": "read", "output": {"schema": OUTPUT}})}
            )
        },
        optional={
            "mode": st.sampled_from(["observe", "enforce", "enforce"]),
            "unlistedTool": st.sampled_from(["ask", "deny"]),
            "onGate": st.sampled_from(["ask", "deny"]),
            "ruleOfTwo": st.sampled_from(["off", "ask", "deny"]),
            "session": st.sampled_from([{"calls": 10}, {"irreversible": 1, "costUsd": 1.5}]),
            "flows": st.lists(
                st.fixed_dictionaries(
                    {
                        "from": st.sampled_from(["untrusted", "sensitive", "look"]),
                        "to": st.sampled_from(["egress", "write", "irreversible", "pay"]),
                        "then": st.sampled_from(["warn", "ask", "deny"]),
                    }
                ),
                min_size=1,
                max_size=2,
            ),
            "intents": st.just({"ask": {"tools": ["look"]}}),
        },
    )


NUMBERS = st.sampled_from([0, 1, 2, 2.5, 3, 10, 10.5, 50, 50.25, 0.0001, -1, 7.0])
WORD = st.sampled_from(["a", "ab", "acme", "", "a*b", 'q"\\', "é", "https://a.example/", "axb"])
ARGS = st.fixed_dictionaries(
    {},
    optional={
        "n": NUMBERS,
        "k": st.integers(-3, 12) | st.just(3.0),
        "s": WORD,
        "b": st.booleans(),
        "m": st.fixed_dictionaries({}, optional={"x": NUMBERS, "t": WORD}),
        "l": st.lists(WORD, max_size=2),
    },
)
WRONG = st.dictionaries(
    st.sampled_from(["n", "k", "s", "b", "m", "more"]),
    st.sampled_from([None, "1", [], True]),
    max_size=1,
)
RESULTS = st.fixed_dictionaries(
    {},
    optional={
        "look": st.fixed_dictionaries(
            {}, optional={"total": NUMBERS, "status": WORD, "ok": st.booleans(), "other": st.none()}
        )
    },
)
SESSIONS = st.builds(
    SessionState,
    id=st.just("s"),
    tenant=WORD,
    intent=st.sampled_from(["", "ask", "a"]),
    calls=st.sampled_from([0, 3, 10]),
    irreversible=st.sampled_from([0, 1]),
    cost_usd=st.sampled_from([0.0, 1.5, 2.5]),
    tokens=st.integers(0, 12),
    tainted=st.booleans(),
    sensitive=st.booleans(),
    called=st.sampled_from([frozenset[str](), frozenset(["look"])]),
)


def heard(text: str) -> Provenance:
    said = Provenance()
    said.hear("user", text)
    return said


FACTS = st.builds(
    Facts,
    tool=st.sampled_from(["pay", "pay", "pay", "pay", "look", "other"]),
    args=st.builds(lambda args, wrong: {**args, **wrong}, ARGS, st.just({}) | st.just({}) | WRONG),
    session=SESSIONS,
    results=RESULTS,
    provenance=st.sampled_from(["a", "acme ab", ""]).map(heard),
    spent=st.sampled_from([{}, {"session/bank/s/pay/calls": 2.0}, {"session/bank/s/pay/sum(n)": 75.0}]),
    now_ns=st.just(NOW),
)
OVERLAYS = st.sampled_from(
    ["", "", "", "read_only", "no_irreversible", "no_egress", "ask_writes", "tool_off:pay", "enforce"]
)


def contract_of(spec: dict[str, Any], overlay: str = "") -> Contract:
    document = {
        "apiVersion": "trimtab/v1",
        "kind": "AgentContract",
        "metadata": {"name": "bank"},
        "spec": spec,
    }
    contract = read_contract(json.dumps(document))
    return narrow(contract, parse_overlay(overlay)) if overlay else contract


def cedar_says(export: CedarExport, *facts: Facts) -> list[dict[str, bool] | None]:
    """What Cedar allows of each call; where it errs nothing is. None where it cannot be asked."""
    requests: list[dict[str, Any]] = []
    asked: list[int] = []
    for number, one in enumerate(facts):
        try:
            requests += [cedar_request(export, one, action) for action in ACTIONS]
        except Invalid:
            continue
        asked.append(number)
    policies, schema = cedarpy.PolicySet.from_str(export.policies), cedarpy.Schema.from_str(export.schema)
    answers = cedarpy.is_authorized_batch(requests, policies, [], schema)
    found: list[dict[str, bool] | None] = [None] * len(facts)
    for place, number in enumerate(asked):
        pair = answers[2 * place : 2 * place + 2]
        for one in pair:
            assert not any("while evaluating policy" in said for said in one.diagnostics.errors), (
                one.diagnostics.errors
            )
        found[number] = {
            action: one.allowed and not one.diagnostics.errors
            for action, one in zip(ACTIONS, pair, strict=True)
        }
    return found


def agree(contract: Contract, facts: list[Facts]) -> None:
    export = to_cedar(contract)
    checked = cedarpy.validate_policies(export.policies, export.schema)
    assert checked.validation_passed, (checked, export.policies)
    for one, said in zip(facts, cedar_says(export, *facts), strict=True):
        decision = decide(contract, "pre_tool_call", one)
        if said is None:
            event("a value that Cedar does not hold")
            assert decision.verdict == "deny", (explain(decision), one)
            continue
        event(f"{one.tool}: {decision.verdict}")
        expected = {
            "call": decision.verdict != "deny",
            "call_without_approval": decision.verdict not in ("ask", "deny"),
        }
        assert said == expected, (explain(decision), one, export.policies)


SLOW = settings(
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


@settings(SLOW, max_examples=120)
@given(contracts(ATOMS), OVERLAYS, st.lists(FACTS, min_size=8, max_size=8))
def test_cedar_says_what_the_decision_says(spec: dict[str, Any], overlay: str, facts: list[Facts]) -> None:
    agree(contract_of(spec, overlay), facts)


@settings(SLOW, max_examples=40)
@given(contracts(ATOMS | BEYOND, reads_lists=True), st.lists(FACTS, min_size=8, max_size=8))
def test_what_cedar_cannot_say_is_told_by_the_caller(spec: dict[str, Any], facts: list[Facts]) -> None:
    agree(contract_of(spec), facts)


PLAIN_FACTS = st.builds(
    Facts, tool=st.just("pay"), args=ARGS, session=SESSIONS, results=RESULTS, now_ns=st.just(NOW)
)
LOOK = {"effect": "read", "output": {"schema": OUTPUT}}


@settings(SLOW, max_examples=200)
@given(
    conditions(2, ATOMS),
    st.sampled_from(["pre", "approval"]),
    st.lists(PLAIN_FACTS, min_size=15, max_size=15),
)
def test_one_condition_is_true_false_or_neither_in_both(
    condition: str, place: str, facts: list[Facts]
) -> None:
    said = (
        {"pre": [{"holds": condition, "otherwise": "ask"}]}
        if place == "pre"
        else {"approval": {"when": condition}}
    )
    agree(contract_of({"tools": {"pay": {"effect": "read", "input": SCHEMA, **said}, "look": LOOK}}), facts)


@settings(SLOW, max_examples=60)
@given(inputs(), st.lists(st.builds(replace, PLAIN_FACTS, args=ARGS), min_size=30, max_size=30))
def test_an_input_schema_alone_is_kept_in_both(schema: dict[str, Any], facts: list[Facts]) -> None:
    agree(
        contract_of({"tools": {"pay": {"effect": "read", "input": schema}, "look": LOOK}}),
        facts,
    )


@settings(SLOW, max_examples=120)
@given(contracts(st.just("true")), OVERLAYS, st.lists(PLAIN_FACTS, min_size=15, max_size=15))
def test_what_no_condition_says_is_the_same_in_both(
    spec: dict[str, Any], overlay: str, facts: list[Facts]
) -> None:
    spec = {
        **spec,
        "tools": {"pay": {**spec["tools"]["pay"], "input": SCHEMA, "pre": ["true"]}, "look": LOOK},
    }
    agree(contract_of(spec, overlay), facts)


@pytest.mark.full
@settings(SLOW, max_examples=2500)
@given(contracts(ATOMS | BEYOND, reads_lists=True), OVERLAYS, st.lists(FACTS, min_size=12, max_size=12))
def test_cedar_says_what_the_decision_says_at_length(
    spec: dict[str, Any], overlay: str, facts: list[Facts]
) -> None:
    agree(contract_of(spec, overlay), facts)


@pytest.mark.parametrize("contract", [small(), full()])
def test_the_policies_keep_to_their_schema(contract: Contract) -> None:
    for one in (contract, replace(contract, mode="enforce"), narrow(contract, parse_overlay("read_only"))):
        export = to_cedar(one)
        assert cedarpy.validate_policies(export.policies, export.schema).validation_passed


def test_what_is_not_said_is_listed() -> None:
    export = to_cedar(full())
    assert "from refund.create order_id" in export.told
    assert "budget" in export.told
    assert "hosts refund.create url" in export.told
    assert "refund.create: whose yeses count, how many, and how long" in export.left
    assert "refund.create: post, output schema and hidden fields: after the call" in export.left
    assert "refund.create: fixed arguments: set them before you ask" in export.left
    assert "checks: at other points than a call" in export.left
    assert "mail.send: mode observe: Cedar only allows" in export.left


PAY: dict[str, Any] = {
    "effect": "irreversible",
    "input": {
        "type": "object",
        "properties": {"n": {"type": "number"}},
        "required": ["n"],
        "additionalProperties": False,
    },
}


def asked(args: dict[str, Any], **more: Any) -> dict[str, bool]:
    export = to_cedar(contract_of({"tools": {"pay": {**PAY, **more}}}))
    facts = Facts(tool="pay", args=args, session=SessionState(id="s"), now_ns=NOW)
    cedar_request(export, facts, "call")
    (found,) = cedar_says(export, facts)
    assert found
    return found


def test_ask_is_two_actions() -> None:
    assert asked({"n": 5}, approval={"when": "args.n > 3"}) == {"call": True, "call_without_approval": False}
    assert asked({"n": 3}, approval={"when": "args.n > 3"}) == {"call": True, "call_without_approval": True}
    assert asked({"n": 5}, pre=["args.n < 3"]) == {"call": False, "call_without_approval": False}


def test_what_the_caller_forgets_to_tell_is_denied() -> None:
    export = to_cedar(
        contract_of(
            {"tools": {"pay": {**PAY, "pre": ["args.n * 2 < 9"], "budget": {"session": {"calls": 1}}}}}
        )
    )
    request = cedar_request(export, Facts(tool="pay", args={"n": 1}, session=SessionState(id="s")), "call")
    assert request["context"]["checked"] == {"budget": True, "pre 1 pay": True}

    def allowed(checked: dict[str, bool]) -> bool:
        told = {**request, "context": {**request["context"], "checked": checked}}
        answer = cedarpy.is_authorized(told, export.policies, [], export.schema)
        assert not answer.diagnostics.errors
        return answer.allowed

    assert allowed({"budget": True, "pre 1 pay": True})
    for missing in ({"budget": True}, {"pre 1 pay": True}, {"budget": False, "pre 1 pay": True}, {}):
        assert not allowed(missing)


def test_an_argument_that_may_not_be_there_is_refused() -> None:
    assert asked({"n": 5, "more": 1}) == {"call": False, "call_without_approval": False}
    assert asked({}) == {"call": False, "call_without_approval": False}


@pytest.mark.parametrize("value", [0.00001, 2**70, "5", True, None])
def test_a_value_that_cedar_does_not_hold_is_refused_with_its_place(value: Any) -> None:
    with pytest.raises(Invalid, match=r"args\.n is .*, which Cedar's decimal does not hold") as caught:
        asked({"n": value})
    assert caught.value.hint == "deny the call"


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        ("args.n + 1 > 2", "Cedar does not reckon"),
        ("-args.n > 2", "Cedar does not reckon"),
        ("size(session.user) > 2", "Cedar does not measure"),
        ("session.user < 'b'", "no order of String"),
        ("args.n > 0.00001", "more than four places"),
        ("session.calls == 1.5", "no Long"),
        ("session.calls < args.n", "a Long with a decimal"),
        ("[1].all(x, x == args.n)", "lists and macros"),
        ("session.user in [session.tenant]", "more than literals"),
        ("'a'.startsWith(session.user)", "for literals only"),
        ("facts.pay.x == 1", "no schema gives pay one type"),
        ("1 == 1", "compares literals"),
        ("args == args", "records are not compared"),
    ],
)
def test_a_condition_that_cedar_cannot_say_is_named_with_the_reason(condition: str, why: str) -> None:
    export = to_cedar(contract_of({"tools": {"pay": {**PAY, "pre": [condition]}}}))
    assert list(export.told) == ["pre 1 pay"]
    assert export.told["pre 1 pay"].why.startswith(f"{condition}; ")
    assert why in export.told["pre 1 pay"].why


@pytest.mark.parametrize(
    ("schema", "why"),
    [
        ({"type": "string", "pattern": "^a"}, "pattern of args.n"),
        ({"type": "string", "minLength": 2}, "minLength of args.n"),
        ({"type": ["string", "null"]}, "args.n"),
        ({"type": "number", "minimum": 0.12345}, "more than four places"),
        (
            {"type": "object", "properties": {"x": {"type": "array"}}, "required": ["x"]},
            "required args.n.x; args.n.x",
        ),
    ],
)
def test_what_cedar_cannot_check_of_the_input_is_named(schema: dict[str, Any], why: str) -> None:
    export = to_cedar(
        contract_of(
            {"tools": {"pay": {"effect": "read", "input": {"type": "object", "properties": {"n": schema}}}}}
        )
    )
    assert why in export.told["input pay"].why


def test_names_and_texts_are_quoted() -> None:
    odd = {"type": "object", "properties": {'a "b"\\': {"type": "string", "enum": ['q"\\\n', "é*"]}}}
    export = to_cedar(contract_of({"tools": {"x/y:z": {"effect": "read", "input": odd}}}))
    assert cedarpy.validate_policies(export.policies, export.schema).validation_passed
    for value, fits in (('q"\\\n', True), ("é*", True), ("e", False)):
        facts = Facts(tool="x/y:z", args={'a "b"\\': value}, session=SessionState(id="s"))
        assert cedar_says(export, facts)[0] == dict.fromkeys(ACTIONS, fits)
