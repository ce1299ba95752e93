"""Overlays take autonomy away; they never give any."""

from dataclasses import replace

import pytest
from tests.unit.vocabulary.contract.texts import full

from trimtab.vocabulary.contract import Facts, decide, narrow, parse_overlay
from trimtab.vocabulary.kernel import Invalid


@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("read_only", {"mail.send", "refund.cancel", "refund.create"}),
        ("no_irreversible", set()),
        ("no_egress", {"mail.send", "refund.create"}),
        ("family_off:payments", {"refund.create"}),
        ("tool_off:orders.get", {"orders.get"}),
        ("ask_writes", set()),
        ("enforce", set()),
    ],
)
def test_an_overlay_takes_tools_away(text: str, gone: set[str]) -> None:
    contract = narrow(full(), parse_overlay(text))
    assert {name for name, tool in contract.tools.items() if tool.withdrawn} == gone
    assert contract.overlays == (text,)
    assert contract.digest == full().digest


def test_writes_can_be_asked_for_and_modes_be_raised() -> None:
    asked = narrow(full(), parse_overlay("ask_writes")).tools
    approval = asked["refund.create"].approval
    assert approval
    assert (approval.when, approval.role, approval.quorum) == (None, "finance", 2)
    assert asked["mail.send"].approval
    assert not asked["orders.get"].approval
    assert {one.mode for one in narrow(full(), parse_overlay("enforce")).tools.values()} == {"enforce"}


@pytest.mark.parametrize("text", ["", "readonly", "read_only:x", "family_off", "family_off:"])
def test_what_is_no_overlay_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_overlay(text)


@pytest.mark.parametrize("text", ["read_only", "no_irreversible", "no_egress", "ask_writes"])
def test_what_is_not_listed_could_be_anything(text: str) -> None:
    contract = replace(full(), unlisted="ask", mode="enforce")
    assert decide(contract, "pre_tool_call", Facts(tool="other")).verdict == "ask"
    assert (
        decide(narrow(contract, parse_overlay(text)), "pre_tool_call", Facts(tool="other")).verdict == "deny"
    )
