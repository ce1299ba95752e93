"""The runtime as its callers see it: in threads and on an event loop, on a virtual clock where time matters."""

import asyncio
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.unit.edge.bank import HEAD

from trimtab.edge.runtime import (
    Attempt,
    Busy,
    Context,
    Failed,
    MemoryLedger,
    NotSent,
    Outcome,
    Runtime,
    carried,
    environment,
    received,
    within,
)
from trimtab.vocabulary.contract import Grant, narrow, parse_overlay, read_contract
from trimtab.vocabulary.kernel import Invalid, VirtualClock

TEXT = (
    HEAD
    + """\
    get:
      effect: read
      timeout: 1s
      retry: {attempts: 3, backoff: 100ms, most: 2s}
      breaker: {minimum: 4, window: 8, open: 30s}
      output: {schema: {type: object, required: [id]}, hidden: [secret], vouched: [id], trusted: true}
      fallback: [{cache: 10m}, {tool: other}, {human: true}]
    other: {effect: read, fallback: [{tool: get}, {answer: {id: none}}]}
    slow: {effect: read, timeout: 200ms, retry: {attempts: 1}, atOnce: 1}
    quick: {effect: read, perSecond: 2}
    watched: {effect: irreversible, mode: observe, pre: ["args.ok"], output: {schema: {type: string}}}
    pay:
      effect: irreversible
      timeout: 1s
      input: {type: object, properties: {to: {type: string}, amount: {type: number}}, required: [to, amount]}
      post: ["result.ok"]
      budget: {session: {sum: {amount: 100}}}
      approval: {when: args.amount > 50}
      undo: {tool: repay, arguments: {id: result.id}}
    repay: {effect: idempotent_write, retry: {attempts: 1}}
"""
)
Calls = list[tuple[str, Mapping[str, Any], Context]]


class Desk:
    """A runtime whose tools do as the test says, and a clock that moves by itself while it waits."""

    def __init__(self, **functions: Callable[..., Any]) -> None:
        self.clock = VirtualClock()
        self.calls: Calls = []
        self.seen: list[Attempt | Outcome] = []
        self.slept: list[float] = []
        self.ledger = MemoryLedger()
        self.functions = {name: self.noted(name, one) for name, one in functions.items()}
        self.runtime = self.fresh()
        self.session = self.runtime.session("s", user="ann")

    def noted(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(args: Mapping[str, Any], context: Context) -> Any:
            self.calls.append((name, args, context))
            return function(args)

        return run

    def fresh(self) -> Runtime:
        return Runtime(
            read_contract(TEXT),
            self.functions,
            secret=b"s",
            ledger=self.ledger,
            clock=self.clock,
            dice=random.Random(1),
            watch=self.seen.append,
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds)

    def call(self, tool: str, **args: Any) -> Outcome:
        return self.runtime.call(self.session, tool, args)


def failing(*errors: Exception | None, value: Any = None) -> Callable[[Any], Any]:
    left = list(errors)

    def run(_: Any) -> Any:
        error = left.pop(0) if left else None
        if error:
            raise error
        return value

    return run


GOOD = {"id": "A", "secret": "x"}


def test_a_read_is_tried_again_masked_and_remembered() -> None:
    desk = Desk(get=failing(RuntimeError("reset"), None, value=GOOD))
    outcome = desk.call("get", id="A")
    assert (outcome.status, outcome.value) == ("succeeded", {"id": "A", "secret": "[hidden]"})
    assert [(one.number, one.ending) for one in outcome.attempts] == [(1, "error"), (2, "ok")]
    assert [context.previous for _, _, context in desk.calls] == [0, 1]
    assert desk.session.results == {"get": GOOD}
    assert desk.session.state.calls == 1
    assert desk.seen[-1] == outcome


def test_a_result_of_another_shape_is_a_failure_of_the_tool() -> None:
    desk = Desk(get=failing(value={"no": 1}), other=failing(value="o"))
    outcome = desk.call("get", id="A")
    assert outcome.hops == ("cache", "tool:other")
    assert (outcome.value, len(desk.calls)) == ("o", 4)
    assert "schema_drift" in outcome.attempts[0].message


def test_stand_ins_come_in_their_order_and_do_not_go_round() -> None:
    desk = Desk(get=failing(None, *[NotSent("down")] * 9, value=GOOD), other=failing(*[NotSent("down")] * 9))
    desk.call("get", id="A")
    desk.clock.advance(60)
    kept = desk.call("get", id="A")
    assert (kept.value["id"], kept.source, kept.code, kept.hops) == ("A", "cache", "stale", ("cache",))
    assert kept.age_s >= 60
    other = desk.call("get", id="B")
    assert (other.value, other.source) == ({"id": "none"}, "answer")
    assert other.hops == ("cache", "tool:other", "tool:get", "answer")


def test_the_other_sides_pause_is_the_least_wait_and_no_is_no() -> None:
    desk = Desk(get=failing(Busy("full", retry_after_s=1.5), value=GOOD))
    assert desk.call("get").status == "succeeded"
    assert desk.slept == [1.5]
    desk = Desk(get=failing(Busy("full", retry_after_s=None), value=GOOD), other=failing(value="o"))
    assert desk.call("get").value == "o"
    assert [name for name, _, _ in desk.calls] == ["get", "other"]


def test_a_tool_at_rest_is_not_offered() -> None:
    desk = Desk(get=failing(*[NotSent("down")] * 4, value=GOOD), other=failing(value="o"))
    desk.call("get")
    desk.call("get")
    assert "get" not in desk.runtime.usable()
    calls = len(desk.calls)
    assert desk.call("get").value == "o"
    assert len(desk.calls) == calls + 1
    desk.clock.advance(30)
    assert "get" in desk.runtime.usable()
    assert desk.call("get").value["id"] == "A"


def test_what_the_model_got_wrong_does_not_rest_a_tool() -> None:
    desk = Desk(get=failing(*[Failed("no such order")] * 20))
    assert {desk.call("get", id=str(one)).code for one in range(20)} == {"tool_failed"}
    assert "get" in desk.runtime.usable()


def test_a_rate_is_kept_by_waiting() -> None:
    desk = Desk(quick=failing(value=1))
    for _ in range(4):
        assert desk.call("quick").status == "succeeded"
    assert sum(desk.slept) == pytest.approx(1.0, abs=0.01)


def test_nobody_waits_for_hours_without_a_deadline() -> None:
    desk = Desk(get=failing(Busy("full", retry_after_s=3600), value=GOOD), other=failing(value="o"))
    assert desk.call("get").value == "o"
    assert desk.slept == []


def test_what_was_done_is_told_also_where_it_may_not_be_done_now() -> None:
    desk = Desk(pay=failing(value={"ok": True, "id": 1}))
    desk.call("pay", to="A", amount=5)
    desk.session.provenance.tainted = desk.session.provenance.sensitive = True
    assert desk.call("pay", to="A", amount=5).source == "ledger"
    assert desk.call("pay", to="B", amount=5).status == "waiting"


# The deadline


def test_nothing_begins_that_cannot_end() -> None:
    desk = Desk(get=failing(*[RuntimeError("x")] * 9), other=failing(value="o"))
    with within(0.04, desk.clock):
        assert desk.call("get").source == "answer"
    assert desk.calls == []
    with within(0.5, desk.clock):
        desk.call("get")
    assert desk.calls[0][2].deadline_ns <= desk.clock.now_ns() + 500_000_000


def test_a_deadline_only_shrinks_and_is_carried() -> None:
    clock = VirtualClock(1_000_000_000)
    assert carried() == {}
    with within(10, clock) as outer, within(60, clock) as inner:
        assert outer == inner == 11_000_000_000
        assert received({"X-Trimtab-Deadline-Ms": carried()["x-trimtab-deadline-ms"]}) == outer
        assert received(environment()) == outer
    assert environment() == {}
    assert received({"x-trimtab-deadline-ms": "soon"}) is None
    assert received({}) is None


# Policy


def test_a_denied_call_is_explained_and_not_made() -> None:
    desk = Desk(pay=failing(value={"ok": True, "id": 1}))
    outcome = desk.call("pay", to="DE12")
    assert (outcome.status, outcome.code, desk.calls) == ("refused", "input_schema", [])
    assert outcome.message.startswith("pay is denied")
    assert desk.call("nothing").code == "unlisted"


def test_a_call_waits_for_its_yes_which_counts_once() -> None:
    desk = Desk(pay=failing(value={"ok": True, "id": 1}))
    waiting = desk.call("pay", to="DE12", amount=60)
    assert waiting.status == "waiting"
    assert waiting.decision
    need = waiting.decision.need
    assert need
    grant = Grant(
        id="g",
        approver="bea",
        tool="pay",
        args_digest=need.args_digest,
        contract_digest=need.contract_digest,
        granted_ns=desk.clock.now_ns(),
    )
    args = {"to": "DE12", "amount": 60}
    assert desk.runtime.call(desk.session, "pay", args, grants=(grant,)).status == "succeeded"
    assert desk.runtime.call(desk.session, "pay", args, grants=(grant,)).source == "ledger"
    assert desk.call("pay", **args).source == "ledger"
    again = desk.runtime.call(desk.session, "pay", args, unit="second", grants=(grant,))
    assert (again.status, len(desk.calls)) == ("refused", 1)


def test_an_approval_is_used_up_across_sessions() -> None:
    desk = Desk(pay=failing(value={"ok": True, "id": 1}))
    need = desk.call("pay", to="DE12", amount=60).decision
    assert need
    assert need.need
    grant = Grant(
        id="g",
        approver="bea",
        tool="pay",
        args_digest=need.need.args_digest,
        contract_digest=need.need.contract_digest,
        granted_ns=desk.clock.now_ns(),
    )
    statuses = [
        desk.runtime.call(
            desk.runtime.session(name, user="ann"), "pay", {"to": "DE12", "amount": 60}, grants=(grant,)
        ).code
        for name in ("one", "two")
    ]
    assert statuses == ["", "approval_used"]


def test_budgets_hold_and_give_back_what_did_not_happen() -> None:
    desk = Desk(pay=failing(NotSent("x"), NotSent("x"), NotSent("x"), None, value={"ok": True, "id": 1}))
    assert desk.call("pay", to="A", amount=50).code == "not_sent"
    assert desk.call("pay", to="A", amount=50).status == "succeeded"
    assert desk.call("pay", to="B", amount=50).status == "succeeded"
    assert desk.call("pay", to="C", amount=1).code == "budget"
    assert desk.call("pay", to="A", amount=50).source == "ledger"


def test_a_write_that_broke_its_promise_did_happen() -> None:
    desk = Desk(pay=failing(value={"ok": False, "id": 1}))
    outcome = desk.call("pay", to="A", amount=5)
    assert (outcome.status, outcome.certainty, outcome.code, outcome.value) == (
        "succeeded",
        "contradicted",
        "post",
        None,
    )
    assert len(desk.ledger.undos("s")) == 1


def test_observing_changes_nothing() -> None:
    desk = Desk(watched=failing(None, ValueError("its own"), value=7))
    outcome = desk.call("watched", ok=False)
    assert (outcome.status, outcome.value, outcome.key) == ("succeeded", 7, "")
    assert outcome.decision
    assert outcome.after
    assert (outcome.decision.would, outcome.after.would) == ("deny", "deny")
    with pytest.raises(ValueError, match="its own"):
        desk.call("watched", ok=False)
    assert len(desk.calls) == 2


def test_it_obeys_an_overlay_at_once() -> None:
    desk = Desk(get=failing(value=GOOD), pay=failing(value={"ok": True, "id": 1}))
    desk.runtime.obey(narrow(read_contract(TEXT), parse_overlay("read_only")))
    assert desk.call("pay", to="A", amount=1).code == "withdrawn"
    assert "pay" not in desk.runtime.usable()
    assert desk.call("get").status == "succeeded"


def test_a_tool_without_a_function_is_said() -> None:
    with pytest.raises(Invalid, match="no function"):
        Desk().call("quick")


# Taking back


def test_effects_are_taken_back_latest_first_and_once() -> None:
    desk = Desk(pay=failing(value={"ok": True, "id": 1}), repay=failing(value="done"))
    for to in ("A", "B"):
        desk.call("pay", to=to, amount=5)
    undone = desk.runtime.undo(desk.session)
    assert (len(undone.undone), undone.left, undone.unresolved) == (2, (), ())
    assert [args for name, args, _ in desk.calls if name == "repay"] == [{"id": 1}, {"id": 1}]
    assert desk.runtime.undo(desk.session).undone == ()


def test_what_cannot_be_taken_back_stops_it_and_is_shown() -> None:
    desk = Desk(pay=failing(value={"ok": True, "id": 1}), repay=failing(Failed("too late"), value="done"))
    for to in ("A", "B"):
        desk.call("pay", to=to, amount=5)
    undone = desk.runtime.undo(desk.session)
    assert undone.undone == ()
    assert [(one.state, one.message) for one in undone.left] == [("stuck", "Failed: too late"), ("ready", "")]
    assert len(desk.runtime.undo(desk.session).undone) == 2


# Threads and event loops


def test_a_slow_tool_is_left_behind() -> None:
    go = threading.Event()
    runtime = Runtime(read_contract(TEXT), {"slow": lambda _, __: go.wait(60)}, secret=b"s")
    begun = time.monotonic()
    outcome = runtime.call(runtime.session("s"), "slow", {})
    assert (outcome.status, outcome.code) == ("failed", "timeout")
    assert time.monotonic() - begun < 30
    go.set()


async def test_the_same_on_an_event_loop() -> None:
    async def slow(args: Mapping[str, Any], _: Context) -> Any:
        await asyncio.sleep(args["s"])
        return args["s"]

    runtime = Runtime(read_contract(TEXT), {"slow": slow, "quick": lambda args, _: args["x"]}, secret=b"s")
    session = runtime.session("s")
    assert (await runtime.acall(session, "slow", {"s": 0.01})).value == 0.01
    assert (await runtime.acall(session, "slow", {"s": 5})).code == "timeout"
    assert (await runtime.acall(session, "quick", {"x": 3})).value == 3
    both = await asyncio.gather(*(runtime.acall(session, "slow", {"s": 0.1}) for _ in range(2)))
    assert sorted(one.status for one in both) in (["succeeded", "succeeded"], ["failed", "succeeded"])


async def test_a_cancelled_write_is_unknown_and_not_repeated() -> None:
    paid: list[int] = []

    async def pay(_: Mapping[str, Any], __: Context) -> Any:
        paid.append(1)
        await asyncio.sleep(10)

    ledger = MemoryLedger()
    runtime = Runtime(read_contract(TEXT), {"pay": pay}, secret=b"s", ledger=ledger)
    session = runtime.session("s")
    task = asyncio.create_task(runtime.acall(session, "pay", {"to": "A", "amount": 5}))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [row.tool for row in ledger.unresolved("s")] == ["pay"]
    assert (await runtime.acall(session, "pay", {"to": "A", "amount": 5})).status == "unknown"
    assert len(paid) == 1


def test_many_threads_pay_once() -> None:
    paid: list[int] = []

    def pay(_: Mapping[str, Any], __: Context) -> Any:
        paid.append(1)
        time.sleep(0.02)
        return {"ok": True, "id": 1}

    runtime = Runtime(read_contract(TEXT), {"pay": pay}, secret=b"s")
    session = runtime.session("s")
    found: list[Outcome] = []
    threads = [
        threading.Thread(target=lambda: found.append(runtime.call(session, "pay", {"to": "A", "amount": 5})))
        for _ in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(paid) == 1
    assert {one.status for one in found} == {"succeeded"}


async def test_an_asynchronous_tool_needs_an_event_loop() -> None:
    async def get(_: Mapping[str, Any], __: Context) -> Any: ...

    runtime = Runtime(read_contract(TEXT), {"quick": get}, secret=b"s")
    with pytest.raises(Invalid, match="asynchronous"):
        runtime.call(runtime.session("s"), "quick", {})


def test_a_restart_goes_on_with_the_same_work() -> None:
    desk = Desk(pay=failing(value={"ok": True, "id": 1}))
    first = desk.call("pay", to="A", amount=5)
    runtime = desk.fresh()
    again = runtime.call(runtime.session("s", user="ann"), "pay", {"amount": 5.0, "to": "A"} | {"amount": 5})
    assert (again.source, again.key) == ("ledger", first.key)
    other = Runtime(
        read_contract(TEXT), desk.functions, secret=b"other", ledger=desk.ledger, clock=desk.clock
    )
    assert other.call(other.session("s"), "pay", {"to": "A", "amount": 5}).key != first.key


def test_retries_of_a_session_are_limited() -> None:
    desk = Desk(slow=failing(value=1), quick=failing(*[None, RuntimeError("x")] * 60, value=1))
    for _ in range(40):
        desk.clock.advance(10)
        desk.call("quick")
    assert desk.session.retries <= 20
    assert replace(desk.session.state, calls=0).calls == 0


def test_a_page_that_the_user_named_may_say_who_is_written_to() -> None:
    contract = read_contract(
        HEAD
        + """\
    page: {effect: read}
    mail: {effect: irreversible, arguments: {to: {from: [user, named], otherwise: deny}}}
"""
    )
    sent: list[Any] = []
    runtime = Runtime(
        contract,
        {
            "page": lambda args, _: {"text": f"My address is {args['at']}@example.com"},
            "mail": lambda args, _: sent.append(args["to"]),
        },
        secret=b"s",
    )
    session = runtime.session("s-1")
    session.provenance.hear("user", "Write to the one on dora")
    runtime.call(session, "page", {"at": "eve"})
    assert runtime.call(session, "mail", {"to": "eve@example.com"}).status == "refused"
    runtime.call(session, "page", {"at": "dora"})
    assert runtime.call(session, "mail", {"to": "dora@example.com"}).status == "succeeded"
    assert sent == ["dora@example.com"]
