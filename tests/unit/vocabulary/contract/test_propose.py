"""A first contract, out of tool schemas and recorded sessions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trimtab.vocabulary.contract import (
    Facts,
    RecordedCall,
    RecordedSession,
    ToolSchema,
    decide,
    propose,
    read_contract,
)

TOOLS = [
    ToolSchema(name="get_order", input={"type": "object", "properties": {"id": {"type": "string"}}}),
    ToolSchema(
        name="refundOrder",
        description="Pays\nback.",
        input={
            "type": "object",
            "properties": {"order": {"type": "string"}, "to": {"type": "string"}, "note": {"type": "string"}},
        },
    ),
    ToolSchema(name="send_email", input={"type": "object", "properties": {"to": {"type": "string"}}}),
    ToolSchema(name="frobnicate"),
    ToolSchema(name="delete_thing", hints={"readOnlyHint": True}),
    ToolSchema(name="thing", hints={"destructiveHint": True, "openWorldHint": True}),
    ToolSchema(name="not a name"),
]


def session(order: str, account: str) -> RecordedSession:
    return RecordedSession(
        user=(f"Please pay back order {order}.",),
        calls=(
            RecordedCall(
                tool="get_order", args={"id": order}, result={"account": account, "rows": [{"sku": "S-1"}]}
            ),
            RecordedCall(
                tool="refundOrder",
                args={"order": order, "to": account, "note": f"for you {account}!"},
                result="ok",
            ),
        ),
    )


SESSIONS = [session(f"A-{one}", f"ACC-{one}") for one in range(5)]


def test_the_proposal_is_a_contract_that_observes() -> None:
    contract = read_contract(propose("shop", TOOLS, SESSIONS))
    assert (contract.agent, contract.mode) == ("shop", "observe")
    assert {name: tool.effect for name, tool in contract.tools.items()} == {
        "get_order": "read",
        "refundOrder": "irreversible",
        "send_email": "irreversible",
        "frobnicate": "irreversible",
        "delete_thing": "read",
        "thing": "irreversible",
    }
    assert {name for name, tool in contract.tools.items() if tool.egress} == {"send_email", "thing"}


def test_sources_and_budgets_are_those_that_were_seen() -> None:
    text = propose("shop", TOOLS, SESSIONS)
    tool = read_contract(text).tools["refundOrder"]
    assert {one.name: [str(vouch) for vouch in one.vouches] for one in tool.arguments} == {
        "order": ["user"],
        "to": ["get_order.account"],
    }
    assert tool.limits[0].calls == 2
    assert "    # seen 5 times in 5 sessions, at most 1 in one\n" in text
    assert "    # to: 5 values, all from get_order.account 5\n" in text


def test_what_was_seen_passes_what_is_proposed() -> None:
    contract = read_contract(propose("shop", TOOLS, SESSIONS).replace("mode: observe", "mode: enforce"))
    from trimtab.vocabulary.contract import Provenance

    for one in SESSIONS:
        said = Provenance()
        said.hear("user", one.user[0])
        for call in one.calls:
            decision = decide(
                contract, "pre_tool_call", Facts(tool=call.tool, args=call.args, provenance=said)
            )
            assert decision.verdict == "allow"
            said.read(contract.tools[call.tool], call.result)
        stolen = Facts(tool="refundOrder", args={"order": "A-1", "to": "EVIL-1"}, provenance=said)
        assert decide(contract, "pre_tool_call", stolen).verdict == "ask"


def test_too_little_or_unexplained_is_not_proposed() -> None:
    assert not read_contract(propose("shop", TOOLS, SESSIONS[:2])).tools["refundOrder"].arguments
    strange = [
        *SESSIONS,
        RecordedSession(calls=(RecordedCall(tool="refundOrder", args={"order": "Z", "to": "Q-1"}),)),
    ]
    assert not read_contract(propose("shop", TOOLS, strange)).tools["refundOrder"].arguments


def texts(*names: str) -> dict[str, object]:
    return {"type": "object", "properties": {one: {"type": "string"} for one in names}}


def rules(tool: ToolSchema) -> dict[str, tuple[list[str], list[str]]]:
    found = read_contract(propose("a", [tool])).tools[tool.name]
    return {one.name: ([str(v) for v in one.vouches], [str(v) for v in one.links]) for one in found.arguments}


def test_names_of_arguments_say_where_they_may_come_from() -> None:
    ours = ["user", "vouched"]
    label = ([*ours, "trusted", "model"], ours)
    named = ("to", "userEmail", "event_id", "new_password", "body", "title", "start_date", "amount")
    assert rules(ToolSchema(name="create_event", input=texts(*named))) == {
        "to": (ours, []),
        "userEmail": (ours, []),
        "event_id": (ours, []),
        "new_password": (["user"], []),
        "body": ([], ours),
        "title": label,
    }


def test_of_what_is_for_good_the_user_says_which_thing() -> None:
    tool = ToolSchema(name="delete_file", input=texts("file_id", "folder", "to"))
    assert rules(tool) == {
        "file_id": (["user"], []),
        "folder": (["user"], []),
        "to": (["user", "vouched"], []),
    }


def test_of_what_only_reads_just_addresses_have_sources() -> None:
    assert rules(ToolSchema(name="search_contacts_by_email", input=texts("email"))) == {}
    assert rules(ToolSchema(name="fetch_page", input=texts("url", "title"))) == {
        "url": (["user", "vouched"], [])
    }


@pytest.mark.parametrize(
    "schema",
    [
        {"enum": ["a", "b"]},
        {"type": "integer"},
        {"type": "string", "format": "date-time"},
        {"$ref": "#"},
        True,
    ],
)
def test_what_its_schema_bounds_needs_no_source(schema: object) -> None:
    tool = ToolSchema(name="create_thing", input={"type": "object", "properties": {"shape": schema}})
    assert rules(tool) == {}


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [{"type": "string"}, {"type": "null"}]},
        {"type": "array", "items": {"type": "string"}},
    ],
)
def test_texts_are_seen_within_lists_and_beside_null(schema: object) -> None:
    tool = ToolSchema(name="create_thing", input={"type": "object", "properties": {"shape": schema}})
    assert list(rules(tool)) == ["shape"]


def test_systems_vouch_for_what_they_number_and_say_what_is_private() -> None:
    row = {"type": "object", "properties": {"id": {"type": "integer"}, "note": {"type": "string"}}}
    listing = ToolSchema(
        name="list_rows",
        description="All rows, with the credit card number.",
        output={
            "type": "object",
            "properties": {"result": {"type": "array", "items": {"$ref": "#/$defs/Row"}}, "file_id": {}},
            "$defs": {"Row": row},
        },
    )
    output = read_contract(propose("a", [listing])).tools["list_rows"].output
    assert output.vouched == {("result", "[]", "id"), ("file_id",)}
    assert output.sensitive
    assert not output.trusted


def test_what_sessions_show_goes_before_what_names_say() -> None:
    tool = read_contract(propose("shop", TOOLS, SESSIONS)).tools["refundOrder"]
    assert {one.name for one in tool.arguments} == {"order", "to"}


@pytest.mark.parametrize("name", ["getOrder", "list-items", "orders.search", "HTTPGet"])
def test_names_are_read_in_every_spelling(name: str) -> None:
    assert read_contract(propose("a", [ToolSchema(name=name)])).tools[name].effect == "read"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=8),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=8), one, max_size=3),
    max_leaves=6,
)
CALLS = st.builds(
    RecordedCall,
    tool=st.sampled_from([*(one.name for one in TOOLS), "other"]),
    args=st.dictionaries(st.sampled_from(["to", "id", "a b", "x.y", "order", ""]), VALUES, max_size=3),
    result=VALUES,
)


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            RecordedSession,
            user=st.tuples(st.text(max_size=20)),
            calls=st.lists(CALLS, max_size=5).map(tuple),
        ),
        max_size=8,
    )
)
def test_any_sessions_give_a_contract_that_can_be_read(sessions: list[RecordedSession]) -> None:
    read_contract(propose("shop", TOOLS, sessions))
