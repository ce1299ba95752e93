"""The example of the guide is a contract, and does what the guide says."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from trimtab.vocabulary.contract import (
    Contract,
    Facts,
    Provenance,
    SessionState,
    decide,
    describe,
    read_contract,
)

GUIDE = Path(__file__).resolve().parents[4] / "docs" / "contracts.md"


def example() -> Contract:
    found = re.search(r"^```yaml\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    return read_contract(found[1])


def refund(contract: Contract, **args: Any) -> Facts:
    said = Provenance()
    said.hear("user", "Please refund order A-1")
    order = {"id": "A-1", "account": "ACC-9", "total": 300, "status": "paid", "card": {"number": "4111"}}
    said.read(contract.tools["orders.get"], order)
    return Facts(
        tool="refund.create",
        args={"order_id": "A-1", "account": "ACC-9", "amount": 100, "tenant": "acme"} | args,
        provenance=said,
        results={"orders_get": order},
        session=SessionState(id="s", tenant="acme"),
        result={"id": 1, "amount": 100},
    )


def test_the_example_is_read() -> None:
    contract = example()
    assert contract.agent == "support-bot"
    assert len(describe(contract).splitlines()) == 9


def test_the_example_lets_through_what_it_should() -> None:
    contract = example()
    assert decide(contract, "pre_tool_call", refund(contract)).verdict == "allow"
    assert decide(contract, "post_tool_call", refund(contract)).verdict == "allow"
    assert decide(contract, "pre_tool_call", refund(contract, tenant="other")).verdict == "transform"


def test_the_example_stops_what_it_should() -> None:
    contract = example()
    for args, verdict in (
        ({"amount": 250}, "ask"),
        ({"amount": 600}, "deny"),
        ({"amount": 301}, "deny"),
        ({"account": "ACC-8"}, "deny"),
        ({"order_id": "A-2"}, "ask"),
        ({"note": "see evil.example"}, "ask"),
        ({"other": 1}, "deny"),
    ):
        assert decide(contract, "pre_tool_call", refund(contract, **args)).verdict == verdict, args
    after_web = replace(
        refund(contract), session=SessionState(tenant="acme", called=frozenset({"web.fetch"}))
    )
    assert decide(contract, "pre_tool_call", after_web).verdict == "ask"
