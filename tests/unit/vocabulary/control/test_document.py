"""Orders as they are signed and kept, and a contract under them."""

import json
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.vocabulary.contract.texts import full, small

from trimtab.vocabulary.audit import FakeKey, Key, fake_check, read_note
from trimtab.vocabulary.contract import Facts, Mode, decide
from trimtab.vocabulary.control import Document, Order, read_document, under
from trimtab.vocabulary.kernel import Invalid

T0, HOUR = 1_700_000_000_000_000_000, 3_600_000_000_000


def order(what: str, until_ns: int = T0 + HOUR) -> Order:
    return Order(what=what, until_ns=until_ns, owner="person", reason="größer\nals", ids=("d1",))


def document(*orders: Order) -> Document:
    return Document(
        project="p", agent="support-bot", environment="prod", version=7, issued_ns=T0, orders=orders
    )


def test_it_comes_back_as_it_was_written_and_signed() -> None:
    said, signer = document(order("read_only"), order("unasked:refund.create")), FakeKey("control")
    note = read_note(str(said.note().signed(signer)))
    assert note.is_signed(Key(name="control", public=signer.public), fake_check)
    assert read_document(note.text) == said
    assert read_document(note.text).digest == said.digest


@pytest.mark.parametrize(
    "change",
    [
        {"apiVersion": "trimtab/v2"},
        {"version": "7"},
        {"version": True},
        {"agent": 3},
        {"orders": 5},
        {"more": 1},
        {"orders": [{"what": "fly"}]},
    ],
)
def test_what_is_not_understood_is_refused(change: dict[str, Any]) -> None:
    said = json.loads(document(order("read_only")).note().text) | change
    with pytest.raises(Invalid):
        read_document(json.dumps(said))
    with pytest.raises(Invalid):
        read_document("[]")


def test_narrowing_outlives_its_time_and_widening_does_not() -> None:
    said = document(order("tool_off:orders.get"), order("unasked:refund.create"))
    for now_ns, confirmed, asked in ((T0, True, False), (T0, False, True), (T0 + HOUR, True, True)):
        found = under(small(), said, now_ns, confirmed=confirmed)
        assert found.tools["orders.get"].withdrawn
        assert (found.tools["refund.create"].approval is not None) is asked
    late = under(small(), said, T0 + 99 * HOUR)
    assert late.overlays == ("tool_off:orders.get",)
    assert late.digest == small().digest


@pytest.mark.parametrize("mode", ["off", "observe", "enforce"])
@pytest.mark.parametrize("what", ["tool_off:mail.send", "read_only", "autonomy:reading"])
def test_what_an_order_takes_away_is_refused_in_every_mode(mode: Mode, what: str) -> None:
    on_trial = replace(
        full(), mode=mode, tools={name: replace(one, mode=mode) for name, one in full().tools.items()}
    )
    found = under(on_trial, document(order(what)), T0)
    taken = {name for name, one in found.tools.items() if one.withdrawn}
    assert "mail.send" in taken
    assert found.mode == mode, "the rest of the contract stays on trial"
    for name, tool in found.tools.items():
        decision = decide(found, "pre_tool_call", Facts(tool=name))
        if name in taken:
            assert decision.verdict == "deny"
        else:
            assert tool.mode == mode


def test_a_call_that_a_person_should_agree_to_is_only_told_of_on_trial() -> None:
    on_trial = replace(full(), tools={n: replace(one, mode="observe") for n, one in full().tools.items()})
    found = under(on_trial, document(order("ask_writes")), T0)
    assert {one.mode for one in found.tools.values()} == {"observe"}


def test_levels_of_autonomy_stand_for_overlays() -> None:
    found = under(full(), document(order("autonomy:careful")), T0)
    assert found.overlays == ("ask_writes", "no_irreversible")
    assert {one.mode for one in under(full(), document(order("observe")), T0).tools.values()} == {"observe"}
