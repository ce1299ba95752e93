"""A rule of OPA beside the contract: it only takes away, and where it cannot be asked nothing effectful happens."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.support.opa import FakeOpa, answering

import trimtab
from trimtab.vocabulary.contract import Rejected, read_contract

CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {{name: shop}}
spec:
  mode: {mode}
  decision: {{opa: {{url: "{url}", path: shop/decision, timeout: {timeout}}}}}
  tools:
    look: {{effect: read}}
    refund: {{effect: unkeyed_write, arguments: {{amount: {{max: 100}}}}}}
"""
done: list[str] = []


@trimtab.tool
def look() -> str:
    """Read."""
    done.append("look")
    return "seen"


@trimtab.tool
def refund(amount: int) -> str:
    """Write."""
    done.append(f"refund {amount}")
    return "paid"


@trimtab.tool("refund")
async def refund_later(amount: int) -> str:
    """Write, from asynchronous code."""
    done.append(f"refund {amount}")
    return "paid"


@pytest.fixture
def opa() -> Iterator[FakeOpa]:
    done.clear()
    with answering() as fake:
        yield fake


def contract(url: str, mode: str = "enforce", timeout: str = "60s") -> str:
    return CONTRACT.format(url=url, mode=mode, timeout=timeout)


def status_of(call: Any, *args: Any, text: str, **options: Any) -> str:
    """How a call ended: what it gave, or the status of what stopped it."""
    with trimtab.testing(contract=text, **options), trimtab.session():
        try:
            return str(call(*args))
        except trimtab.Stopped as stopped:
            return f"{stopped.status} {stopped.code}"


@pytest.mark.parametrize(
    ("result", "ended"),
    [
        (True, "paid"),
        ("allow", "paid"),
        ({"verdict": "warn", "message": "large"}, "paid"),
        (False, "refused advice"),
        ({"verdict": "deny", "message": "not on Sundays"}, "refused advice"),
        ({"verdict": "ask"}, "waiting advice"),
    ],
)
def test_the_strictest_word_counts(opa: FakeOpa, result: Any, ended: str) -> None:
    opa.says(result)
    assert status_of(refund, 5, text=contract(opa.address)) == ended
    assert done == (["refund 5"] if ended == "paid" else [])


def test_it_is_told_the_call_and_what_the_contract_says(opa: FakeOpa) -> None:
    assert status_of(refund, 5, text=contract(opa.address)) == "paid"
    ((path, given),) = opa.asked
    assert path == "/v1/data/shop/decision"
    assert (given["tool"], given["args"], given["effect"]) == ("refund", {"amount": 5}, "unkeyed_write")
    assert (given["verdict"], given["point"], given["egress"]) == ("allow", "pre_tool_call", False)


def test_nobody_is_asked_about_what_the_contract_denies(opa: FakeOpa) -> None:
    assert status_of(refund, 500, text=contract(opa.address)) == "refused bounds"
    assert opa.asked == []


def test_a_person_can_still_say_yes(opa: FakeOpa) -> None:
    opa.says("ask")
    assert status_of(refund, 5, text=contract(opa.address), ask=lambda _: ["bob"]) == "paid"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no json",
        b"[]",
        b"{}",
        b'{"result": null}',
        b'{"result": "transform"}',
        b'{"result": {"verdict": 1}}',
    ],
)
def test_an_answer_that_is_none_is_a_no_to_effects_alone(opa: FakeOpa, body: bytes) -> None:
    opa.body = body
    assert status_of(refund, 5, text=contract(opa.address)) == "refused advice"
    assert status_of(look, text=contract(opa.address)) == "seen"


@pytest.mark.parametrize("status", [302, 404, 500])
def test_no_redirect_is_followed_and_no_error_is_a_yes(opa: FakeOpa, status: int) -> None:
    opa.status = status
    assert status_of(refund, 5, text=contract(opa.address)) == "refused advice"
    assert len(opa.asked) == 1


def test_an_answer_that_does_not_come_is_a_no(opa: FakeOpa) -> None:
    opa.let_go.clear()
    assert status_of(refund, 5, text=contract(opa.address, timeout="50ms")) == "refused advice"
    assert status_of(refund, 5, text=contract("http://127.0.0.1:1")) == "refused advice"
    assert done == []


def test_observing_only_tells(opa: FakeOpa) -> None:
    opa.says(False)
    with trimtab.testing(contract=contract(opa.address, "observe")) as told, trimtab.session():
        assert refund(5) == "paid"
    (step,) = [one for one in told.spans if one["kind"] == "tool"]
    assert step["attributes"]["trimtab.contract.would"] == "deny"
    assert step["attributes"]["trimtab.contract.reasons"] == "advice"


async def test_from_asynchronous_code(opa: FakeOpa) -> None:
    opa.says(False)
    denied = pytest.raises(trimtab.Stopped, match="shop/decision says deny")
    with trimtab.testing(contract=contract(opa.address)), trimtab.session(), denied:
        await refund_later(5)


@pytest.mark.parametrize(
    "url",
    [
        "http://10.0.0.1:8181",
        "ftp://a",
        "https://u:p@a",
        "http://",
        "http://127.0.0.1:99999",
        "https://a?b=c",
    ],
)
def test_an_address_that_must_not_be_asked_is_no_contract(url: str) -> None:
    with pytest.raises(Rejected, match=r"address|clear|password"):
        read_contract(contract(url))


def test_what_is_asked_is_part_of_the_contract() -> None:
    from trimtab.vocabulary.contract import compare, describe

    with_it = read_contract(contract("https://opa.example.com/a/"))
    without = read_contract(
        contract("https://x").replace(
            'decision: {opa: {url: "https://x", path: shop/decision, timeout: 60s}}', "onGate: ask"
        )
    )
    assert "shop/decision at https://opa.example.com/a is asked" in describe(with_it)
    assert compare(with_it, without).wider is not False
    assert compare(without, with_it).wider is False
