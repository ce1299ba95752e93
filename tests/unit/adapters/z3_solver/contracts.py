"""Small contracts and calls, drawn at random around the same few names and numbers."""

from typing import Any

from hypothesis import strategies as st

from trimtab.vocabulary.contract import Contract, Facts, Provenance, SessionState, read_contract
from trimtab.vocabulary.contract.provenance.origins import leaves

NOW = 1_700_000_000_000_000_000
CONDITIONS = st.sampled_from(
    [
        "args.n <= 50",
        "args.n > 10",
        "args.n * 2 <= 90.5",
        "args.n + args.k <= 60",
        "args.k == 3 || args.n < 20",
        "args.s == 'a'",
        "!(args.s == 'b')",
        "args.s in ['a', 'ab']",
        "args.s.startsWith('a')",
        "size(args.s) < 3",
        "has(args.k) && args.k > 0",
        "args.n <= facts.look.total",
        "has(facts.look) && facts.look.ok",
        "session.tenant == 'acme'",
        "session.calls < 5",
        "!session.tainted",
        "args.n > 30 ? args.s == 'a' : true",
        "args.l.all(x, x > 1)",
        "args.k % 2 == 1",
        "args.n / 4 < 10",
    ]
)
INVARIANTS = st.sampled_from(
    [
        "pay: session.sum(n) <= 100",
        "pay: day.sum(n) <= 150",
        "pay: session.count() <= 3",
        "pay: args.n <= 50",
        "pay: has(args.n) implies args.n <= 50",
        "pay: args.n > 30 implies approved",
        "pay: args.n + args.k <= 60",
        "pay: args.s == 'a' || approved",
        "pay: has(args.s) && args.s.startsWith('a')",
        "pay: args.n <= facts.look.total",
        "pay: approved implies args.n > 20",
        "pay: args.n / 4 <= 15",
        "pay: args.l.all(x, x > 1)",
        "irreversible && tainted implies approved",
        "egress && sensitive && tainted implies approved",
        "writes implies session.calls < 10",
        "approved",
        "session.tenant == 'acme' || !writes",
        "effect != 'irreversible' || tool == 'pay'",
    ]
)
SCHEMAS = st.sampled_from(
    [
        None,
        {},
        {"type": "object", "properties": {"n": {"type": "number", "minimum": 0}}, "required": ["n"]},
        {
            "type": "object",
            "properties": {"n": {"type": "integer", "maximum": 40}, "k": {}, "s": {}, "l": {}},
        },
        {
            "type": "object",
            "properties": {
                "n": {"type": "number", "exclusiveMaximum": 60},
                "k": {"enum": [1, 3, 5]},
                "s": {"type": "string", "maxLength": 2},
                "l": {"type": "array", "items": {"type": "integer"}},
            },
            "required": ["n", "s"],
            "additionalProperties": False,
        },
        {
            "properties": {
                "n": {"type": ["number", "null"]},
                "s": {"pattern": "^a"},
                "k": {"anyOf": [{"const": 3}, {"type": "string"}]},
                "l": {},
            }
        },
    ]
)
PARTS: dict[str, st.SearchStrategy[Any]] = {
    "input": SCHEMAS,
    "arguments": st.fixed_dictionaries(
        {},
        optional={
            "n": st.sampled_from([{"max": 50}, {"min": 5, "max": 55.5}, {"from": ["user"]}]),
            "s": st.sampled_from(
                [
                    {"from": ["user"], "otherwise": "deny"},
                    {"fixed": "session.tenant"},
                    {"from": ["user", "model"]},
                ]
            ),
        },
    ),
    "pre": st.lists(
        st.one_of(
            CONDITIONS,
            st.builds(
                lambda holds, otherwise: {"holds": holds, "otherwise": otherwise},
                CONDITIONS,
                st.sampled_from(["warn", "ask", "deny"]),
            ),
        ),
        min_size=1,
        max_size=3,
    ),
    "budget": st.sampled_from(
        [
            {"session": {"sum": {"n": 100}}},
            {"session": {"calls": 3}},
            {"session": {"calls": 2, "sum": {"n": 90.5}}, "day": {"sum": {"n": 150}}},
        ]
    ),
    "approval": st.one_of(
        st.sampled_from([{"quorum": 2}, {"role": "finance"}]),
        st.builds(lambda when: {"when": when}, CONDITIONS),
        st.sampled_from([{"when": "args.n > 30"}, {"when": "args.n > 20", "quorum": 2}]),
    ),
}
PAY = st.fixed_dictionaries(
    {"effect": st.sampled_from(["irreversible", "idempotent_write"])},
    optional={**PARTS, "egress": st.booleans(), "mode": st.sampled_from(["observe", "enforce", "enforce"])},
)
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "unlistedTool": st.sampled_from(["ask", "deny"]),
        "onGate": st.sampled_from(["ask", "deny"]),
        "ruleOfTwo": st.sampled_from(["off", "ask", "deny"]),
        "session": st.sampled_from(
            [{"calls": 10}, {"irreversible": 3, "costUsd": 1.5}, {"writes": 2, "duration": "1h"}]
        ),
        "flows": st.lists(
            st.builds(
                lambda before, after, then: {"from": before, "to": after, "then": then},
                st.sampled_from(["untrusted", "sensitive", "look"]),
                st.sampled_from(["irreversible", "write", "egress", "pay"]),
                st.sampled_from(["warn", "ask", "deny"]),
            ),
            min_size=1,
            max_size=2,
        ),
        "intents": st.just({"ask": {"tools": ["look"]}}),
    },
)


def contract_of(pay: dict[str, Any], spec: dict[str, Any], invariants: list[str]) -> Contract:
    """A contract of two tools; what names an argument that the schema lacks is let be by the schema `{}`."""
    import json

    pay = {name: value for name, value in pay.items() if value is not None}
    properties = pay.get("input", {}).get("properties")
    if properties is not None:
        pay["input"] = {**pay["input"], "properties": {"n": {}, "k": {}, "s": {}, "l": {}, **properties}}
    whole = {**spec, "tools": {"look": {"effect": "read"}, "pay": pay}}
    if invariants:
        whole["invariants"] = invariants
    document = {
        "apiVersion": "trimtab/v1",
        "kind": "AgentContract",
        "metadata": {"name": "bank"},
        "spec": whole,
    }
    return read_contract(json.dumps(document))


NUMBERS = st.one_of(
    st.sampled_from(
        [0, 1, 3, 5, 10, 19, 20, 30, 31, 40, 45.25, 50, 50.5, 55.5, 60, -1, 1e15, 2**70, 0.1, 7.25]
    ),
    st.integers(-5, 70),
    st.floats(0, 100).map(lambda one: round(one, 2)),
)
VALUES = st.one_of(NUMBERS, st.sampled_from(["a", "ab", "abc", "b", "", None, True]))
ARGS = st.fixed_dictionaries(
    {},
    optional={
        "n": NUMBERS | VALUES,
        "k": st.sampled_from([1, 3, 5, 2, -1, 2.0]) | VALUES,
        "s": st.sampled_from(["a", "ab", "b", "acme"]) | VALUES,
        "l": st.lists(st.integers(0, 3), max_size=2) | VALUES,
        "other": VALUES,
    },
)
SPENT_KEYS = (
    "session/bank/s/pay/sum(n)",
    "session/bank/s/pay/calls",
    "day/bank/19675/pay/sum(n)",
    "day/bank/19675/pay/calls",
    "session/bank/s/calls",
    "session/bank/s/writes",
    "session/bank/s/irreversible",
)
SESSIONS = st.builds(
    SessionState,
    id=st.just("s"),
    tenant=st.sampled_from(["", "acme", "a"]),
    intent=st.sampled_from(["", "ask"]),
    calls=st.sampled_from([0, 4, 9, 10]),
    writes=st.sampled_from([0, 1, 2]),
    irreversible=st.sampled_from([0, 2, 3]),
    cost_usd=st.sampled_from([0.0, 1.5]),
    seconds=st.sampled_from([0.0, 3600.0]),
    tainted=st.booleans(),
    sensitive=st.booleans(),
    called=st.sampled_from([frozenset[str](), frozenset(["look"])]),
)


@st.composite
def calls(draw: st.DrawFn) -> Facts:
    """A call in any state, of what the user or nobody said."""
    args = draw(ARGS)
    said = Provenance()
    for name, value in args.items():
        if draw(st.booleans(), label=f"the user said {name}"):
            for _, leaf in leaves(value):
                said.hear("user", str(leaf))
    results = {"look": draw(st.fixed_dictionaries({}, optional={"total": VALUES, "ok": st.booleans()}))}
    return Facts(
        tool=draw(st.sampled_from(["pay", "pay", "pay", "look", "other"])),
        args=args,
        session=draw(SESSIONS),
        provenance=said,
        results=results if draw(st.booleans()) else {},
        spent=draw(
            st.dictionaries(
                st.sampled_from(SPENT_KEYS), st.sampled_from([0.0, 1.0, 2.0, 3.0, 50.0, 99.9]), max_size=3
            )
        ),
        now_ns=NOW,
    )
