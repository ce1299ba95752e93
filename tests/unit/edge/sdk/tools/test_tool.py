"""`@trimtab.tool`: under no contract, one that observes, and one that enforces; in threads and on an event loop."""

import asyncio
import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

import trimtab

CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: support}
spec:
  mode: MODE
  ruleOfTwo: "off"
  tools:
    orders.get:
      effect: read
      output: {schema: {type: object, required: [id]}, trusted: true, vouched: [id], hidden: [card]}
    refund:
      effect: keyed_write
      input:
        type: object
        properties: {order: {type: string}, amount: {type: number}, when: {type: string}}
        required: [order, amount]
        additionalProperties: false
      arguments:
        order: {from: [user, orders.get.id]}
        amount: {max: 500}
      idempotency: {key: [order]}
      retry: {attempts: 3}
      undo: {tool: cancel, arguments: {order: args.order}}
    cancel: {effect: idempotent_write}
  session: {tokens: 1000}
  checks:
    - {at: input, when: "text.contains('DROP TABLE')", then: deny, message: Not so.}
    - {at: output, when: "text.contains('4111')", then: transform, replacement: "[card]"}
"""
ENFORCE, OBSERVE = CONTRACT.replace("MODE", "enforce"), CONTRACT.replace("MODE", "observe")


@dataclass(frozen=True)
class Refund:
    order: str
    amount: Decimal
    when: dt.date | None = None


class Bank:
    """What was paid back, and what goes wrong next."""

    def __init__(self) -> None:
        self.paid: list[Any] = []
        self.wrong: list[BaseException] = []
        self.keys: list[str] = []

    def pay(self, order: str, amount: Decimal, when: dt.date | None = None) -> Refund:
        call = trimtab.this_call()
        self.keys.append(call.key if call else "")
        if self.wrong:
            raise self.wrong.pop(0)
        self.paid.append((order, amount, when))
        return Refund(order, amount, when)


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture(params=["thread", "loop"])
def refund(request: pytest.FixtureRequest, bank: Bank) -> Any:
    """The same tool, synchronous and asynchronous, called from a test that is not."""
    if request.param == "thread":

        @trimtab.tool("refund")
        def refund(order: str, amount: Decimal, when: dt.date | None = None) -> Refund:
            return bank.pay(order, amount, when)

        return refund

    @trimtab.tool("refund")
    async def refund_later(order: str, amount: Decimal, when: dt.date | None = None) -> Refund:
        await asyncio.sleep(0)
        return bank.pay(order, amount, when)

    return lambda *args, **kwargs: asyncio.run(refund_later(*args, **kwargs))


def test_without_a_contract_it_is_a_step(refund: Any, bank: Bank) -> None:
    assert refund("o-1", Decimal(3)) == Refund("o-1", Decimal(3))
    with trimtab.testing() as told, trimtab.session():
        assert refund("o-1", amount=Decimal("2.5")) == Refund("o-1", Decimal("2.5"))
        bank.wrong = [KeyError("o-2")]
        with pytest.raises(KeyError):
            refund("o-2", Decimal(1))
    good, bad = told.of_kind("tool")
    assert good["attributes"]["gen_ai.tool.call.arguments"] == '{"order": "o-1", "amount": 2.5}'
    assert "trimtab.contract.verdict" not in good["attributes"]
    assert bad["error"]["type"] == "KeyError"


def test_wrong_arguments_are_told_as_python_does(refund: Any) -> None:
    for contract in (None, ENFORCE):
        with trimtab.testing(contract=contract), trimtab.session():
            with pytest.raises(TypeError, match="nonsense"):
                refund("o-1", amount=Decimal(1), nonsense=1)
            with pytest.raises(TypeError, match="amount"):
                refund("o-1")


def test_enforced_it_keeps_the_agents_own_types(refund: Any, bank: Bank) -> None:
    day = dt.date(2026, 1, 2)
    with trimtab.testing(contract=ENFORCE) as told, trimtab.session(user="ann", tenant="shop") as s:
        s.input("refund o-1 please")
        first = refund("o-1", Decimal("12.5"), when=day)
        again = refund("o-1", Decimal("12.5"), when=day)
    assert first == again == Refund("o-1", Decimal("12.5"), day)
    assert bank.paid == [("o-1", Decimal("12.5"), day)]
    assert len(bank.keys[0]) == 64
    one, two = (span["attributes"] for span in told.of_kind("tool"))
    assert one["trimtab.contract.verdict"] == "allow"
    assert one["trimtab.contract.effect"] == "keyed_write"
    assert (one.get("trimtab.contract.source"), two["trimtab.contract.source"]) == (None, "ledger")
    assert one["trimtab.contract.key"] == two["trimtab.contract.key"] == bank.keys[0]


def test_enforced_what_nobody_said_waits_for_a_person(refund: Any, bank: Bank) -> None:
    with trimtab.testing(contract=ENFORCE) as told, trimtab.session(user="ann") as s:
        s.input("refund o-1 please")
        with pytest.raises(trimtab.Stopped, match="comes from model") as stopped:
            refund("o-2", Decimal(3))
        assert (stopped.value.status, stopped.value.code) == ("waiting", "source")
    assert bank.paid == []
    (span,) = told.of_kind("tool")
    assert span["error"]["type"] == "source"
    assert span["attributes"]["trimtab.contract.reasons"] == "source"


def test_a_person_says_yes_to_exactly_this_call(refund: Any, bank: Bank) -> None:
    asked: list[Any] = []

    def ask(question: Any) -> str:
        asked.append(question)
        return "bob" if question.args["amount"] < 10 else ""

    with trimtab.testing(contract=ENFORCE, ask=ask), trimtab.session(user="ann"):
        assert refund("o-2", Decimal(3)).order == "o-2"
        with pytest.raises(trimtab.Stopped):
            refund("o-3", Decimal(30))
    assert [question.args["order"] for question in asked] == ["o-2", "o-3"]
    assert "comes from model" in asked[0].why
    assert [paid[0] for paid in bank.paid] == ["o-2"]


def test_a_yes_without_a_name_is_an_error_of_the_program(refund: Any, bank: Bank) -> None:
    wrong: Any = lambda _question: True
    told = pytest.raises(TypeError, match="gives the name of who said yes")
    with trimtab.testing(contract=ENFORCE, ask=wrong), trimtab.session(user="ann"), told:
        refund("o-2", Decimal(3))
    assert bank.paid == []


@pytest.mark.parametrize("order", ["\ud83d", "o-\U0001f600"])
def test_whatever_text_a_model_writes_can_be_agreed_to(refund: Any, bank: Bank, order: str) -> None:
    with trimtab.testing(contract=ENFORCE, ask=lambda _: "bob"), trimtab.session(user="ann"):
        refund(order, Decimal(3))
    assert [paid[0] for paid in bank.paid] == [order]


def test_observed_nothing_is_blocked_and_what_would_be_is_told(refund: Any, bank: Bank) -> None:
    bank.wrong = [ConnectionResetError("gone")]
    with trimtab.testing(contract=OBSERVE) as told, trimtab.session() as s:
        assert s.input("DROP TABLE refunds") == "DROP TABLE refunds"
        with pytest.raises(ConnectionResetError):
            refund("o-9", Decimal(9000))
        assert refund("o-9", Decimal(9000)) == Refund("o-9", Decimal(9000))
        assert refund("o-9", Decimal(9000)) == Refund("o-9", Decimal(9000))
    assert len(bank.paid) == 2
    spans = told.of_kind("tool")
    assert {span["attributes"]["trimtab.contract.would"] for span in spans[1:]} == {"deny"}
    assert spans[1]["error"] is None
    (guard,) = told.of_kind("guardrail")
    assert guard["attributes"]["trimtab.contract.would"] == "deny"


def test_each_failed_attempt_is_a_step_below_the_call(refund: Any, bank: Bank) -> None:
    bank.wrong = [ConnectionRefusedError("no"), ConnectionResetError("gone")]
    with trimtab.testing(contract=ENFORCE) as told, trimtab.session() as s:
        s.input("refund o-1")
        assert refund("o-1", Decimal(1)).order == "o-1"
    (call,) = told.of_kind("tool")
    attempts = told.of_kind("other")
    assert [span["attributes"]["trimtab.attempt.ending"] for span in attempts] == ["not_sent", "error", "ok"]
    assert {span["parent_id"] for span in attempts} == {call["span_id"]}
    assert call["attributes"]["trimtab.contract.attempts"] == 3
    assert len(set(bank.keys)) == 1
    assert call["end_ns"] > call["start_ns"]


def test_the_tools_own_error_reaches_the_agent(refund: Any, bank: Bank) -> None:
    class Declined(Exception):
        pass

    bank.wrong = [ConnectionRefusedError("no")] * 3
    with trimtab.testing(contract=ENFORCE), trimtab.session() as s:
        s.input("refund o-1")
        with pytest.raises(ConnectionRefusedError):
            refund("o-1", Decimal(1))


def test_work_of_which_nobody_knows_is_not_repeated(bank: Bank) -> None:
    contract = ENFORCE.replace("effect: keyed_write", "effect: irreversible").replace("idempotency", "#")

    @trimtab.tool("refund")
    def refund(order: str, amount: Decimal) -> Refund:
        return bank.pay(order, amount)

    bank.wrong = [TimeoutError("?")]
    with trimtab.testing(contract=contract), trimtab.session() as s:
        s.input("refund o-1")
        for _ in range(2):
            with pytest.raises(trimtab.Stopped, match="do not repeat") as stopped:
                refund("o-1", Decimal(1))
            assert stopped.value.status == "unknown"
    assert len(bank.keys) == 1


def test_a_unit_tells_equal_calls_apart(refund: Any, bank: Bank) -> None:
    with trimtab.testing(contract=ENFORCE), trimtab.session() as s:
        s.input("refund o-1 twice")
        refund("o-1", Decimal(1))
        with s.unit("second"):
            refund("o-1", Decimal(1))
    assert len(bank.paid) == 2


def test_a_session_is_taken_back(refund: Any, bank: Bank) -> None:
    with trimtab.testing(contract=ENFORCE, tools={"cancel": "done"}) as told, trimtab.session() as s:
        s.input("refund o-1")
        refund("o-1", Decimal(1))
        undone = s.undo()
        assert undone
        assert [one.tool for one in undone.undone] == ["cancel"]
        assert not undone.left
        again = asyncio.run(s.aundo())
        assert again
        assert not again.undone
    assert told.spans
    with trimtab.session() as free:
        assert free.undo() is None


def test_calls_outside_of_a_session_are_strangers_to_each_other(refund: Any, bank: Bank) -> None:
    with trimtab.testing(contract=ENFORCE.replace("from: [user, orders.get.id]", "from: [model]")):
        refund("o-1", Decimal(1))
        refund("o-1", Decimal(1))
    assert len(bank.paid) == 2


def test_what_a_trusted_tool_vouches_for_may_be_used() -> None:
    @trimtab.tool("orders.get")
    def get(order: str) -> dict[str, str]:
        return {"id": order.upper(), "card": "4111"}

    with trimtab.testing(contract=ENFORCE, tools={"refund": {"done": True}}), trimtab.session():

        @trimtab.tool("refund")
        def refund(order: str, amount: Decimal) -> dict[str, Any]:
            raise AssertionError("the recorded answer stands in for it")

        assert get("o-7") == {"id": "O-7", "card": "[hidden]"}
        assert refund("O-7", Decimal(1)) == {"done": True}


def test_points_that_are_no_tool_call() -> None:
    with trimtab.testing(contract=ENFORCE) as told, trimtab.session() as s:
        with pytest.raises(trimtab.Stopped, match=r"Not so\."):
            s.input("DROP TABLE refunds")
        assert s.output("your card 4111 1111") == "[card]"
        assert s.before_model("hi", "m") == "hi"
        with trimtab.step("llm", model="m") as m:
            m.usage(input=900, output=200, cache_read=800)
        with pytest.raises(trimtab.Stopped, match="1100 tokens of 1000"):
            s.before_model("hi", "m")
    names = [(span["name"], span["error"] is None) for span in told.of_kind("guardrail")]
    assert names == [
        ("input", False),
        ("output", True),
        ("pre_model_call", True),
        ("pre_model_call", False),
    ]


def test_an_answer_is_held_against_what_strangers_said() -> None:
    contract = ENFORCE.replace("  session:", "  answer: {links: [user], then: transform}\n  session:")
    with (
        trimtab.testing(contract=contract, tools={"cancel": "see https://evil.example/x"}),
        trimtab.session() as s,
    ):

        @trimtab.tool("cancel")
        def cancel() -> str:
            """The recorded answer stands in for it."""
            return ""

        cancel()
        assert (
            s.output("It is done. See https://evil.example/x for more.")
            == "It is done. [left out: it names what only strangers said]"
        )


def test_methods_and_any_arguments() -> None:
    class Shop:
        name = "shop"

        @trimtab.tool("cancel")
        def cancel(self, order: str, /, *rest: str, **more: int) -> str:
            return f"{self.name} {order} {rest} {more}"

    shop = Shop()
    for contract in (None, ENFORCE, OBSERVE):
        with trimtab.testing(contract=contract) as told, trimtab.session():
            assert shop.cancel("o", "a", n=1) == "shop o ('a',) {'n': 1}"
        (span,) = told.of_kind("tool")
        arguments = span["attributes"]["gen_ai.tool.call.arguments"]
        assert arguments == '{"order": "o", "rest": ["a"], "n": 1}'


def test_a_result_that_is_no_json_is_the_agents_all_the_same() -> None:
    strange = object()

    @trimtab.tool("cancel")
    def cancel() -> object:
        return strange

    for contract in (None, ENFORCE, OBSERVE):
        with trimtab.testing(contract=contract), trimtab.session():
            assert cancel() is strange


def test_a_generator_is_no_tool() -> None:
    with pytest.raises(TypeError, match="returns once"):

        @trimtab.tool
        def pages() -> Any:
            yield 1


def test_tools_to_offer(refund: Any) -> None:
    contract = ENFORCE.replace(
        "cancel: {effect: idempotent_write}", "cancel: {effect: idempotent_write, retry: {attempts: 1}}"
    )
    assert refund
    with (
        trimtab.testing(contract=contract, tools={"cancel": ConnectionRefusedError("no")}),
        trimtab.session() as s,
    ):

        @trimtab.tool
        def cancel(order: str) -> None:
            """Never called: the recorded answer is an error."""

        assert s.tools(["cancel", "refund", "other"]) == ["cancel", "refund", "other"]
        for number in range(10):
            with pytest.raises(ConnectionRefusedError):
                cancel(f"o-{number}")
        assert s.tools(["cancel", "refund", "other"]) == ["refund", "other"]


def test_observed_what_a_tool_raised_is_never_done_again() -> None:
    ran: list[str] = []

    @trimtab.tool
    def cancel(order: str) -> None:
        ran.append(order)

    observing = trimtab.testing(contract=OBSERVE, tools={"cancel": LookupError("gone")})
    with observing, trimtab.session(), pytest.raises(LookupError):
        cancel("o-1")
    assert ran == []


def test_arguments_without_a_plain_form_pass_only_where_nothing_is_enforced() -> None:
    ring: list[Any] = []
    ring.append(ring)

    @trimtab.tool
    def cancel(order: Any) -> int:
        return len(order)

    for contract in (None, OBSERVE):
        with trimtab.testing(contract=contract), trimtab.session():
            assert cancel(ring) == 1
    refused = pytest.raises(trimtab.Stopped, match="cannot be read")
    with trimtab.testing(contract=ENFORCE), trimtab.session(), refused as stopped:
        cancel(ring)
    assert (stopped.value.status, stopped.value.code) == ("refused", "arguments")


async def test_an_asynchronous_tool_that_takes_too_long_was_stopped_not_cancelled() -> None:
    """The agent goes on: it reads why, instead of being cancelled itself."""
    contract = ENFORCE.replace(
        "      effect: read\n", "      effect: read\n      timeout: 20ms\n      retry: {attempts: 1}\n"
    )

    @trimtab.tool("orders.get")
    async def slow(order: str) -> Any:
        await asyncio.sleep(3600)
        return {"id": order}

    with (
        trimtab.testing("support", contract=contract),
        trimtab.session(),
        pytest.raises(trimtab.Stopped, match="no answer within"),
    ):
        await slow("A1")
