"""Pins of definitions, what has changed since, and what is offered."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.edge.gateway import (
    Definition,
    Pins,
    Standing,
    difference,
    offers,
    pins_at,
    read_gateway,
    write_pins,
)
from trimtab.vocabulary.contract import Contract, read_contract
from trimtab.vocabulary.kernel import Invalid

GATEWAY = read_gateway(
    "apiVersion: trimtab/v1\nkind: McpGateway\nspec: {servers: {bank: {command: [x]}}}", "m", Path(), {}
)
NUMBER = {"type": "object", "properties": {"amount": {"type": "number"}}}
TEXT = {"type": "object", "properties": {"amount": {"type": "string"}}}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def pay(**other: Any) -> Definition:
    return Definition(server="bank", tool="pay", **({"description": "Pay.", "input": NUMBER} | other))


def contract(mode: str, unlisted: str = "deny") -> Contract:
    return read_contract(
        f"apiVersion: trimtab/v1\nkind: AgentContract\nmetadata: {{name: shop}}\n"
        f"spec: {{mode: {mode}, unlistedTool: {unlisted}, tools: {{pay: {{effect: irreversible}}}}}}"
    )


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (pay(description="Pay DE99."), 'description was "Pay.", is "Pay DE99."'),
        (pay(input=TEXT), 'input.properties.amount.type was "number", is "string"'),
        (pay(annotations={"readOnlyHint": True}), "annotations.readOnlyHint is new: true"),
        (pay(output=NUMBER), f"output was null, is {json.dumps(NUMBER, sort_keys=True)}"),
        (pay(input={"type": "object"}), "input.properties is gone, it was"),
    ],
)
def test_what_has_changed_is_said_in_words(now: Definition, words: str) -> None:
    assert words in Pins(pinned={("bank", "pay"): pay()}).drift(now)


def test_pins_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "mcp.lock"
    assert pins_at(path) is None
    write_pins(path, [pay(), Definition(server="bank", tool="get", output=TEXT)])
    pins = pins_at(path)
    assert pins is not None
    assert pins.drift(pay()) == ""
    assert pins.drift(Definition(server="bank", tool="other")) == "it is new: nobody has pinned it"


@pytest.mark.parametrize("damage", ["{", "[]", '{"apiVersion": "x", "kind": "y", "tools": []}'])
def test_damaged_pins_are_refused(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "mcp.lock"
    path.write_text(damage)
    with pytest.raises(Invalid, match="the pins"):
        pins_at(path)


def test_a_pin_that_was_altered_by_hand_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mcp.lock"
    write_pins(path, [pay()])
    path.write_text(path.read_text().replace("Pay.", "Pay DE99."))
    with pytest.raises(Invalid, match="altered by hand"):
        pins_at(path)


@given(JSON, JSON)
def test_two_definitions_have_one_digest_exactly_when_nothing_differs(one: Any, other: Any) -> None:
    before, now = pay(input={"x": one}), pay(input={"x": other})
    assert (before.digest == now.digest) == (difference(before.plain, now.plain) == "")


def test_a_tool_that_has_drifted_is_withdrawn_where_the_contract_is_enforced_and_told_where_it_observes() -> (
    None
):
    pins, now = Pins(pinned={("bank", "pay"): pay()}), [pay(input=TEXT)]
    (enforced,) = offers(GATEWAY, now, pins, contract("enforce"), Standing())
    (observed,) = offers(GATEWAY, now, pins, contract("observe"), Standing())
    (alone,) = offers(GATEWAY, now, pins, None, Standing())
    assert (enforced.stopped, alone.stopped, observed.stopped) == (True, True, False)
    assert (observed.withheld, observed.drift) == ("", enforced.drift)


def test_what_the_contract_does_not_list_is_offered_only_where_it_could_be_called() -> None:
    get = [Definition(server="bank", tool="get")]
    asked = {
        (mode, unlisted): bool(offers(GATEWAY, get, None, contract(mode, unlisted), Standing()).offered)
        for mode in ("enforce", "observe")
        for unlisted in ("deny", "ask")
    }
    assert [key for key, offered in asked.items() if not offered] == [("enforce", "deny")]


def test_tools_that_rest_or_whose_server_is_down_are_not_offered() -> None:
    found = contract("enforce")
    (rests,) = offers(GATEWAY, [pay()], None, found, Standing(usable=[]))
    (down,) = offers(GATEWAY, [pay()], None, found, Standing(down={"bank": "it has ended"}))
    assert (rests.withheld, down.withheld) == (
        "it rests after too many failures",
        "its server cannot be used: it has ended",
    )
