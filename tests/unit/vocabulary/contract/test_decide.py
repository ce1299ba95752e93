"""The decision at the eight points: its order, its reasons, and what observing leaves alone."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.vocabulary.contract.texts import full, small

from trimtab.vocabulary.contract import (
    POINTS,
    Contract,
    Decision,
    Facts,
    Grant,
    Mode,
    Provenance,
    SessionState,
    Tally,
    decide,
    digest_of_args,
    explain,
    narrow,
    parse_overlay,
    read_contract,
)

NOW = 1_700_000_000_000_000_000
RICH = """\
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: bank}
spec:
  ruleOfTwo: ask
  tools:
    look: {effect: read, output: {vouched: [iban], sensitive: true, trusted: true}}
    web: {effect: read}
    log: {effect: idempotent_write, mode: observe}
    free: {effect: irreversible, mode: "off"}
    post: {effect: unkeyed_write, egress: true, family: social}
    pay:
      effect: irreversible
      family: money
      input: {type: object, properties: {to: {type: string}, amount: {type: number}, note: {type: string}, tenant: {type: string}}, required: [to, amount], additionalProperties: false}
      arguments:
        to: {from: [user, look.iban], otherwise: deny}
        amount: {min: 1, max: 500}
        note: {links: [user]}
        tenant: {fixed: session.tenant}
      pre:
        - args.amount <= facts.look.balance
        - {holds: "args.amount < 400", otherwise: warn, message: A large sum.}
      post: ["result.status == 'ok'"]
      output: {schema: {type: object, required: [status]}, hidden: [card.number, "rows[].pin"]}
      budget: {session: {calls: 2, sum: {amount: 600}}, day: {sum: {amount: 1000}}}
      approval: {when: args.amount > 100, role: finance, quorum: 2}
  session: {calls: 10, irreversible: 3, costUsd: 1.5, tokens: 1000, duration: 10m}
  flows: [{from: web, to: post, then: deny}, {from: untrusted, to: irreversible, then: ask}]
  checks:
    - {at: input, when: size(text) > 10, then: deny, message: Too long.}
    - {at: output, when: "text.contains('KEY')", then: transform, replacement: gone}
    - {at: output, when: "text.contains('hm')", then: warn}
    - {at: agent_startup, when: "session.tenant == ''", then: ask}
    - {at: post_model_call, when: "model == 'bad'", then: deny}
  intents: {ask: {tools: [look]}}
"""


def rich() -> Contract:
    return read_contract(RICH)


def pay(amount: Any = 50, to: str = "DE12", **more: Any) -> Facts:
    """A payment to an account that the user named, of money that is there."""
    said = Provenance()
    said.hear("user", "Pay to DE12")
    known: dict[str, Any] = {"provenance": said, "results": {"look": {"balance": 1000}}, "now_ns": NOW}
    args = {"to": to, "amount": amount, "tenant": "acme"} | more.pop("args", {})
    session = more.pop("session", SessionState(id="s", tenant="acme", user="ann"))
    return Facts(tool="pay", args=args, session=session, **known | more)


def before(facts: Facts, contract: Contract | None = None) -> Decision:
    return decide(contract or rich(), "pre_tool_call", facts)


def codes(decision: Decision) -> list[str]:
    return [one.code for one in decision.reasons]


def test_what_keeps_to_the_contract_is_allowed() -> None:
    decision = before(pay())
    assert (decision.verdict, decision.reasons, decision.effect) == ("allow", (), "irreversible")
    assert {one.key: one.amount for one in decision.reservations} == {
        "session/bank/s/calls": 1,
        "session/bank/s/irreversible": 1,
        "session/bank/s/pay/calls": 1,
        "session/bank/s/pay/sum(amount)": 50,
        "day/bank/19675/pay/sum(amount)": 50,
    }


STATE = SessionState(id="s", tenant="acme", user="ann")


@pytest.mark.parametrize(
    ("facts", "verdict", "code"),
    [
        (replace(pay(), tool="other"), "deny", "unlisted"),
        (pay(amount="50"), "deny", "input_schema"),
        (pay(args={"more": 1}), "deny", "input_schema"),
        (pay(session=replace(STATE, intent="ask")), "ask", "intent"),
        (pay(to="DE99"), "deny", "source"),
        (pay(amount=501), "deny", "bounds"),
        (pay(amount=0.5), "deny", "bounds"),
        (pay(args={"note": "see evil.io"}), "ask", "link"),
        (pay(args={"tenant": "other"}), "transform", "fixed"),
        (pay(session=replace(STATE, tainted=True)), "ask", "flow"),
        (pay(results={"look": {"balance": 10}}), "deny", "pre"),
        (pay(results={}), "deny", "error"),
        (pay(amount=50, spent={"session/bank/s/pay/sum(amount)": 560.0}), "deny", "budget"),
        (pay(spent={"day/bank/19675/pay/sum(amount)": 999.0}), "deny", "budget"),
        (pay(spent={"session/bank/s/pay/calls": 2.0}), "deny", "budget"),
        (pay(session=replace(STATE, calls=10)), "deny", "budget"),
        (pay(session=replace(STATE, irreversible=3)), "deny", "budget"),
        (pay(session=replace(STATE, cost_usd=1.5)), "deny", "budget"),
        (pay(session=replace(STATE, tokens=1000)), "deny", "budget"),
        (pay(session=replace(STATE, seconds=600)), "deny", "budget"),
        (pay(amount=150), "ask", "approval"),
        (
            replace(pay(), tool="post", args={}, session=replace(STATE, called=frozenset({"web"}))),
            "deny",
            "flow",
        ),
        (
            replace(pay(), tool="post", args={}, session=replace(STATE, tainted=True, sensitive=True)),
            "ask",
            "rule_of_two",
        ),
        (replace(pay(), args=[1]), "deny", "error"),
    ],
)
def test_each_rule_has_its_verdict(facts: Facts, verdict: str, code: str) -> None:
    decision = before(facts)
    assert (decision.verdict, decision.would, codes(decision)) == (verdict, verdict, [code]), explain(
        decision
    )


def test_the_first_deny_ends_the_questions_and_ask_beats_allow() -> None:
    assert codes(before(pay(amount="x", to="DE99"))) == ["input_schema"]
    assert codes(before(pay(to="DE99", results={}))) == ["source"]
    asked = before(pay(amount=450, session=replace(STATE, tainted=True)))
    assert (asked.verdict, codes(asked)) == ("ask", ["flow", "pre", "approval"])
    assert before(pay(amount=450)).verdict == "ask"


def grants(facts: Facts, *people: str, **other: Any) -> Facts:
    given = [
        Grant(
            id=f"g-{one}",
            approver=one,
            role="finance",
            tool="pay",
            args_digest=digest_of_args(facts.args),
            contract_digest=rich().digest,
            granted_ns=NOW - 1,
        )
        for one in people
    ]
    return replace(facts, grants=tuple(replace(one, **other) for one in given))


def test_enough_yeses_let_a_call_through_and_are_used_up() -> None:
    decision = before(grants(pay(amount=150), "bea", "cem", "dan"))
    assert (decision.verdict, decision.grants, decision.need) == ("allow", ("g-bea", "g-cem"), None)


@pytest.mark.parametrize(
    "facts",
    [
        grants(pay(amount=150), "bea"),
        grants(pay(amount=150), "bea", "bea"),
        grants(pay(amount=150), "bea", "ann"),
        grants(pay(amount=150), "bea", "cem", role="sales"),
        grants(pay(amount=150), "bea", "cem", tool="post"),
        grants(pay(amount=150), "bea", "cem", contract_digest="other"),
        grants(pay(amount=150), "bea", "cem", granted_ns=NOW - 1_801_000_000_000),
        grants(pay(amount=150), "bea", "cem", granted_ns=NOW + 1),
        grants(pay(amount=150), "bea", "cem", approver=""),
        replace(grants(pay(amount=150), "bea", "cem"), args=pay(amount=151).args),
    ],
)
def test_a_yes_is_bound_to_person_role_time_tool_arguments_and_contract(facts: Facts) -> None:
    decision = before(facts)
    assert decision.verdict == "ask"
    assert decision.need
    assert (decision.need.role, decision.need.quorum) == ("finance", 2)
    assert decision.need.args_digest == digest_of_args(facts.args)


def test_a_yes_is_for_the_arguments_as_the_contract_set_them() -> None:
    asked = before(pay(amount=150, args={"tenant": "other"}))
    assert asked.need
    assert asked.args == {"to": "DE12", "amount": 150, "tenant": "acme"}
    assert asked.need.args_digest == digest_of_args(asked.args)
    assert (
        before(
            replace(grants(pay(amount=150), "bea", "cem"), args={**pay(amount=150).args, "tenant": "x"})
        ).verdict
        == "transform"
    )


def test_a_gate_can_be_opened_by_the_user() -> None:
    facts = grants(pay(args={"note": "see evil.io"}), "bea", "cem")
    assert before(facts).verdict == "allow"


@pytest.mark.parametrize("to", ["DE99", ["DE99"], {"iban": "DE99"}, [{"iban": "DE99"}], [["DE99"]], 99])
@pytest.mark.parametrize("name", ["to", '"to[]"', "to.iban", '"to[].iban"'])
def test_a_value_of_another_form_is_not_spared(name: str, to: Any) -> None:
    text = RICH.replace("to: {from: [user, look.iban]", f"{name}: {{from: [user, look.iban]").replace(
        "to: {type: string}", "to: {}"
    )
    assert before(pay(to=to), read_contract(text)).verdict == "deny"


# Modes


def test_observing_blocks_and_changes_nothing_and_says_what_it_would_have_done() -> None:
    for facts in (
        pay(to="DE99"),
        pay(amount=450),
        pay(args={"tenant": "other"}),
        pay(results={}),
        replace(pay(), tool="other"),
    ):
        contract = in_mode(rich(), "observe")
        decision, enforced = before(facts, contract), before(facts)
        assert (decision.verdict, decision.would, decision.reasons) == (
            "allow",
            enforced.would,
            enforced.reasons,
        )
        assert (decision.args, decision.text, decision.result, decision.need) == (None, None, None, None)


def in_mode(contract: Contract, mode: Mode) -> Contract:
    tools = {name: replace(tool, mode=mode) for name, tool in contract.tools.items()}
    return replace(contract, mode=mode, tools=tools)


def test_a_tool_has_its_own_mode() -> None:
    contract = narrow(rich(), parse_overlay("read_only"))
    assert (before(Facts(tool="log"), contract).verdict, before(Facts(tool="log"), contract).would) == (
        "allow",
        "deny",
    )
    assert before(Facts(tool="free"), contract).would == "allow"
    assert before(Facts(tool="pay"), contract).verdict == "deny"
    raised = narrow(contract, parse_overlay("enforce"))
    assert {before(Facts(tool=one), raised).verdict for one in ("log", "free", "pay", "post")} == {"deny"}


def test_whatever_goes_wrong_is_a_deny() -> None:
    class Broken(dict[str, Any]):
        def get(self, *_: object) -> Any:
            raise RuntimeError("broken")

    facts = pay(spent=Broken())
    assert (before(facts).verdict, codes(before(facts))) == ("deny", ["error"])
    assert before(facts, in_mode(rich(), "observe")).verdict == "allow"
    assert decide(rich(), "nowhere", Facts()).verdict == "deny"  # type: ignore[arg-type]


# Other points


@pytest.mark.parametrize(
    ("point", "facts", "verdict", "text"),
    [
        ("agent_startup", Facts(), "ask", None),
        ("agent_startup", Facts(session=STATE), "allow", None),
        ("input", Facts(text="short"), "allow", None),
        ("input", Facts(text="much too long"), "deny", None),
        ("pre_model_call", Facts(), "allow", None),
        ("pre_model_call", Facts(session=replace(STATE, tokens=1000)), "deny", None),
        ("pre_model_call", Facts(session=replace(STATE, cost_usd=2)), "deny", None),
        ("post_model_call", Facts(model="bad"), "deny", None),
        ("output", Facts(text="a KEY"), "transform", "gone"),
        ("output", Facts(text="hm"), "warn", None),
        ("output", Facts(text="hm KEY"), "transform", "gone"),
        ("output", Facts(text=None), "deny", None),
        ("agent_shutdown", Facts(), "allow", None),
    ],
)
def test_the_other_points_have_their_checks(point: Any, facts: Facts, verdict: str, text: str | None) -> None:
    decision = decide(rich(), point, facts)
    assert (decision.verdict, decision.text) == (verdict, text)
    observed = decide(in_mode(rich(), "observe"), point, facts)
    assert (observed.verdict, observed.would, observed.text) == ("allow", verdict, None)


@pytest.mark.parametrize(
    ("result", "verdict", "code", "shown"),
    [
        ({"status": "ok"}, "allow", [], None),
        ({"state": "ok"}, "deny", ["output_schema"], None),
        ({"status": "no"}, "deny", ["post"], None),
        (
            {"status": "ok", "card": {"number": 1, "name": "A"}},
            "transform",
            ["hidden"],
            {"status": "ok", "card": {"number": "[hidden]", "name": "A"}},
        ),
        (
            {"status": "ok", "rows": [{"pin": 1}, {"x": 2}]},
            "transform",
            ["hidden"],
            {"status": "ok", "rows": [{"pin": "[hidden]"}, {"x": 2}]},
        ),
    ],
)
def test_a_result_keeps_to_its_schema_and_conditions(
    result: Any, verdict: str, code: list[str], shown: Any
) -> None:
    decision = decide(rich(), "post_tool_call", replace(pay(), result=result))
    assert (decision.verdict, codes(decision), decision.result) == (verdict, code, shown)


def test_a_decision_explains_itself() -> None:
    said = explain(before(pay(amount=450, args={"note": "see evil.io"})))
    assert said.splitlines()[0] == "pay needs a yes"
    assert "ask, link: note holds 'evil.io' from model (accepted from user)" in said
    assert "warn, pre: A large sum." in said
    assert said.splitlines()[-1].strip() == "2 yes of finance for exactly these arguments, within 1800 s"
    observed = explain(before(pay(to="DE99"), in_mode(rich(), "observe")))
    assert observed.splitlines()[0] == "pay is allowed (only observed; enforced, it is denied)"


# Budgets


def test_reservations_are_made_all_or_none() -> None:
    tally = Tally()
    first = before(pay(amount=100)).reservations
    assert tally.reserve(first)
    at_once = [before(pay(amount=100, spent=tally.spent)).reservations for _ in range(2)]
    assert [tally.reserve(one) for one in at_once] == [True, False]
    assert tally.spent["session/bank/s/pay/sum(amount)"] == 200
    assert before(pay(amount=100, spent=tally.spent)).verdict == "deny"
    tally.release(first)
    assert tally.spent["session/bank/s/pay/calls"] == 1
    assert before(pay(amount=100, spent=tally.spent)).verdict == "allow"


def test_sums_are_exact() -> None:
    tally = Tally()
    facts = pay(amount=1.1)
    for _ in range(2):
        assert tally.reserve(before(facts).reservations)
    assert tally.spent["session/bank/s/pay/sum(amount)"] == 2.2


@pytest.mark.parametrize(
    ("spent", "amount", "verdict"),
    [(599.9, 1.0, "deny"), (598.9, 1.1, "allow"), (599.0, 1.0, "allow"), (599.0, 1.00000000000001, "deny")],
)
def test_a_budget_is_used_to_the_last_digit_and_no_further(spent: float, amount: float, verdict: str) -> None:
    found = before(pay(amount=amount, spent={"session/bank/s/pay/sum(amount)": spent}))
    assert found.verdict == verdict


def test_tenths_fill_a_budget() -> None:
    contract = read_contract(
        RICH.replace("sum: {amount: 600}", "sum: {amount: 0.3}").replace("min: 1", "min: 0")
    )
    key = "session/bank/s/pay/sum(amount)"
    assert before(pay(amount=0.2, spent={key: 0.1}), contract).verdict == "allow"
    assert before(pay(amount=0.2, spent={key: 0.10000000000000002}), contract).verdict == "deny"


@pytest.mark.parametrize("amount", [-5, True, "5", float("nan"), float("inf"), 1e300])
def test_what_is_no_amount_is_not_counted_as_nothing(amount: Any) -> None:
    text = RICH.replace("amount: {min: 1, max: 500}", "amount: {from: [model]}").replace(
        "amount: {type: number}", "amount: {}"
    )
    contract = replace(read_contract(text), rule_of_two="off")
    assert before(pay(amount=amount), contract).verdict == "deny"


# Overlays only narrow

RANK = {"allow": 0, "warn": 0, "transform": 0, "ask": 1, "deny": 2}
OVERLAYS = [
    "read_only",
    "no_irreversible",
    "no_egress",
    "ask_writes",
    "enforce",
    "family_off:money",
    "family_off:social",
    "tool_off:web",
    "tool_off:none",
]
FACTS = st.builds(
    lambda tool, amount, to, flags, grant, intent: grants_if(
        grant,
        replace(
            pay(
                amount=amount,
                to=to,
                session=replace(
                    STATE, tainted=flags[0], sensitive=flags[1], calls=flags[2] * 10, intent=intent
                ),
            ),
            tool=tool,
        ),
    ),
    st.sampled_from(["pay", "look", "web", "log", "free", "post", "other"]),
    st.sampled_from([0, 1, 50, 101, 450, 501, "x"]),
    st.sampled_from(["DE12", "DE99"]),
    st.tuples(st.booleans(), st.booleans(), st.booleans()),
    st.booleans(),
    st.sampled_from(["", "ask"]),
)


def grants_if(given: bool, facts: Facts) -> Facts:
    return grants(facts, "bea", "cem", tool=facts.tool) if given else facts


@settings(max_examples=300, deadline=None)
@given(
    FACTS,
    st.lists(st.sampled_from(OVERLAYS), max_size=4),
    st.sampled_from(["ask", "deny"]),
    st.sampled_from(["off", "observe", "enforce"]),
    st.data(),
)
def test_overlays_only_narrow_in_any_order(
    facts: Facts, names: list[str], unlisted: Any, mode: Mode, data: st.DataObject
) -> None:
    contract = replace(in_mode(rich(), mode) if mode != "enforce" else rich(), unlisted=unlisted)
    overlays = [parse_overlay(one) for one in names]
    narrowed = before(facts, narrow(contract, *overlays))
    assert RANK[narrowed.verdict] >= RANK[before(facts, contract).verdict]
    shuffled = data.draw(st.permutations(overlays))
    assert RANK[before(facts, narrow(contract, *shuffled)).verdict] == RANK[narrowed.verdict]


@settings(max_examples=200, deadline=None)
@given(
    FACTS,
    st.sampled_from(POINTS),
    st.recursive(
        st.none() | st.integers() | st.floats() | st.text(max_size=5),
        lambda one: (
            st.lists(one, max_size=3)
            | st.dictionaries(st.sampled_from(["status", "to", "amount", "card"]), one, max_size=3)
        ),
        max_leaves=5,
    ),
)
def test_a_decision_never_raises_and_says_why(facts: Facts, point: Any, value: Any) -> None:
    for contract in (rich(), full(), small()):
        for known in (replace(facts, result=value), replace(facts, args=value), replace(facts, text=value)):
            decision = decide(contract, point, known)
            assert decision == decide(contract, point, known)
            assert decision.would == "allow" or decision.reasons
            assert explain(decision)
