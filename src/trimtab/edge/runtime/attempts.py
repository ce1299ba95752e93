"""Attempts at one call: rate, bulkhead, breaker, time, transport, schema; and another one where that does no harm."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

from trimtab.edge.runtime.deadline import CURRENT, RESERVE_S, remaining_s
from trimtab.edge.runtime.guard import Backoff, Guards, Permit, may_retry
from trimtab.edge.runtime.guard.retry import MAX_ATTEMPTS
from trimtab.edge.runtime.model import Act, Attempt, Context, Invoke, Reply, Sleep
from trimtab.edge.runtime.session import Session
from trimtab.edge.runtime.setting import RETRIES_PER_SESSION, Setting
from trimtab.vocabulary.contract import Tool

ENDLESS = float("inf")
POLL_S = (0.005, 0.02)
Steps = Generator[Act, Reply | None, Reply]


class Trying:
    """One call that is being tried: its tool, arguments and key, and the attempts so far."""

    def __init__(
        self, setting: Setting, session: Session, tool: Tool, args: Mapping[str, Any], key: str
    ) -> None:
        """Begin without an attempt."""
        self.setting = setting
        self.session = session
        self.tool = tool
        self.args = args
        self.key = key
        self.guards = setting.guards_of(tool.name)
        self.attempts: list[Attempt] = []
        self.begun_ns = 0
        self.before_send: Callable[[], bool] | None = None

    @cached_property
    def owner(self) -> str:
        """Who does this work, in the ledger."""
        return f"{self.setting.owner}/{next(self.setting.numbers)}"

    def remaining_s(self) -> float:
        """Seconds that are left for this call."""
        left = remaining_s(self.setting.clock)
        return ENDLESS if left is None else left - RESERVE_S


def attempt_all(trying: Trying) -> Steps:
    """Attempts until one is good or no other may follow; what may have happened once stays possible."""
    plan = trying.tool.running.retry
    most = min(plan.attempts, MAX_ATTEMPTS)
    last = Reply(ending="not_sent", message="not tried")
    backoff = Backoff(plan, trying.setting.dice)
    for number in range(1, most + 1):
        reply = yield from attempt_one(trying, number)
        last = reply if reply.ending == "ok" or not last.ambiguous else replace(last, message=reply.message)
        if reply.ending in ("ok", "failed") or number == most or not may_go_on(trying, reply):
            break
        wait_s = backoff.after(reply)
        if wait_s >= min(trying.remaining_s(), max(plan.most_s, trying.tool.running.timeout_s)):
            break
        trying.session.retries += 1
        yield Sleep(seconds=wait_s)
    return last


def may_go_on(trying: Trying, reply: Reply) -> bool:
    """Whether another attempt does no harm and is within the budgets of retries; throttling is not for what never left."""
    stopped = reply.ending == "not_sent" and reply.retry_after_s is not None
    return (
        not stopped
        and may_retry(trying.tool.effect, reply)
        and (reply.ending == "not_sent" or trying.guards.retries.allows())
        and trying.session.retries < RETRIES_PER_SESSION
    )


def attempt_one(trying: Trying, number: int) -> Steps:
    """One attempt, guarded; every place that is taken is given back, whatever happens."""
    guards = trying.guards
    if wait_s := guards.rate.take():
        refused = yield from wait_for_rate(trying, wait_s)
        if refused:
            return refused
    if not guards.bulkhead.enter():
        refused = yield from wait_for_place(trying)
        if refused:
            return refused
    try:
        permit = guards.breaker.enter()
        if permit is None:
            wait_s = guards.breaker.wait_s
            return Reply(
                ending="not_sent",
                message=f"{trying.tool.name} rests for {wait_s:.1f} s",
                retry_after_s=wait_s,
            )
        try:
            act = prepared(trying, number)
            if isinstance(act, Reply):
                return act
            reply = yield act
            return concluded(trying, permit, act, reply)
        finally:
            guards.breaker.give_back(permit)
    finally:
        guards.bulkhead.leave()


def wait_for_rate(trying: Trying, wait_s: float) -> Generator[Act, Reply | None, Reply | None]:
    """Wait until the rate lets a call through; a reply where that is too late."""
    while wait_s:
        if wait_s >= min(trying.remaining_s(), trying.tool.running.timeout_s):
            return Reply(ending="not_sent", message="over the rate", retry_after_s=wait_s)
        yield Sleep(seconds=wait_s)
        wait_s = trying.guards.rate.take()
    return None


def wait_for_place(trying: Trying) -> Generator[Act, Reply | None, Reply | None]:
    """Wait for a place; a reply where the queue is full, or it takes too long."""
    bulkhead = trying.guards.bulkhead
    if not bulkhead.queue():
        return Reply(ending="not_sent", message="too many wait already", retry_after_s=1.0)
    left_s = min(trying.remaining_s(), trying.tool.running.timeout_s)
    try:
        while left_s > 0:
            pause_s = trying.setting.dice.uniform(*POLL_S)
            left_s -= pause_s
            yield Sleep(seconds=pause_s)
            if bulkhead.enter():
                return None
    finally:
        bulkhead.unqueue()
    return Reply(ending="not_sent", message="no place in time", retry_after_s=1.0)


def prepared(trying: Trying, number: int) -> Invoke | Reply:
    """One sending, within the time that is left; a reply where there must be none."""
    ends_ns, timeout_s = CURRENT.get(), trying.tool.running.timeout_s
    left_s = ENDLESS if ends_ns is None else trying.remaining_s()
    timeout_s = min(timeout_s, left_s)
    if timeout_s <= 0 or (left_s < ENDLESS and left_s < trying.guards.usual_s):
        return Reply(ending="not_sent", message="it cannot be done in time", retry_after_s=0.0)
    if trying.before_send is not None and not trying.before_send():
        return Reply(ending="not_sent", message="somebody else has taken over", retry_after_s=0.0)
    trying.begun_ns = begun_ns = trying.setting.clock.now_ns()
    context = Context(
        tool=trying.tool.name,
        key=trying.key,
        attempt=number,
        previous=number - 1,
        deadline_ns=min(begun_ns + int(timeout_s * 1e9), ends_ns or 2**63),
    )
    return Invoke(tool=trying.tool.name, args=trying.args, context=context, timeout_s=timeout_s)


def concluded(trying: Trying, permit: Permit, act: Invoke, reply: Reply | None) -> Reply:
    """What came of a sending, accounted for and reported."""
    guards = trying.guards
    seconds = (trying.setting.clock.now_ns() - trying.begun_ns) / 1e9
    found = judged(trying, reply or Reply(ending="error", message="no reply"))
    account(guards, permit, found, seconds)
    attempt = Attempt(
        tool=act.tool,
        number=act.context.attempt,
        ending=found.ending,
        seconds=seconds,
        message=found.message,
        retry_tokens=guards.retries.tokens,
        breaker=guards.breaker.state,
    )
    trying.attempts.append(attempt)
    trying.setting.watch(attempt)
    return found


def judged(trying: Trying, reply: Reply) -> Reply:
    """The reply; of a reading tool, one that breaks the output schema is none, for another may be better."""
    schema = trying.tool.output.schema
    if schema is None or reply.ending != "ok" or fits(schema, reply.value):
        return reply
    if trying.tool.writes:
        trying.guards.breaker.note(good=False)
        return reply
    return Reply(ending="error", message="schema_drift: the result has another shape")


def fits(schema: Any, value: Any) -> bool:
    """Whether a value keeps to a schema; what cannot even be looked at does not."""
    try:
        return bool(schema.fits(value))
    except (ValueError, TypeError):
        return False


def account(guards: Guards, permit: Permit, reply: Reply, seconds: float) -> None:
    """Tell breaker and retry budget how it went; what the model got wrong counts for nothing."""
    if reply.ending == "ok":
        guards.retries.success()
        guards.took(seconds)
        guards.breaker.record(permit, good=True)
    elif reply.ending != "failed":
        if reply.ending != "not_sent":
            guards.retries.failure()
        pause_s = reply.retry_after_s if reply.ending == "busy" else None
        guards.breaker.record(permit, good=False, pause_s=pause_s)
