"""Rules that others have published, each through the runtime's own door: gRPC A6 on retries, and the IETF's draft on idempotency
keys (draft-ietf-httpapi-idempotency-key-header-07).
"""

import random
import threading
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from trimtab.edge.runtime import (
    Attempt,
    Busy,
    Context,
    Failed,
    MemoryLedger,
    NotSent,
    Outcome,
    Runtime,
    Session,
    within,
)
from trimtab.vocabulary.contract import EFFECTS, read_contract
from trimtab.vocabulary.kernel import Invalid, VirtualClock

TEXT = """\
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: rules}
spec:
  tools:
    call:
      effect: EFFECT
      timeout: 60s
      retry: {attempts: ATTEMPTS, backoff: 1s, most: 4s, budget: 0.1}
      breaker: {failures: 1.0, minimum: 100, window: 100}
      idempotency: {key: [id], ttl: 1h}
"""
SILENCE, REFUSED, GONE = RuntimeError("reset"), Failed("bad request"), NotSent("refused")
REPEATABLE = ("read", "idempotent_write", "keyed_write")
Answers = list[Exception | None]


class Caller:
    """A runtime with one tool that answers as told, on a virtual clock that moves by the waits."""

    def __init__(
        self, *answers: Exception | None, effect: str = "read", attempts: int = 5, seed: int = 1
    ) -> None:
        self.clock = VirtualClock(10**18)
        self.answers: Answers = list(answers)
        self.seen: list[Context] = []
        self.attempts: list[Attempt] = []
        self.waits: list[float] = []
        self.during: Callable[[], None] = lambda: None
        self.ledger = MemoryLedger()
        self.seed = seed
        self.contract = read_contract(TEXT.replace("EFFECT", effect).replace("ATTEMPTS", str(attempts)))
        self.runtime = self.fresh()

    def fresh(self, **other: Any) -> Runtime:
        words = {"secret": b"s", "ledger": self.ledger, "clock": self.clock, "sleep": self.sleep} | other
        dice = random.Random(self.seed)
        return Runtime(self.contract, {"call": self.tool}, dice=dice, watch=self.watch, **words)

    def watch(self, one: Attempt | Outcome) -> None:
        if isinstance(one, Attempt):
            self.attempts.append(one)

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.clock.advance(seconds)

    def tool(self, args: Mapping[str, Any], context: Context) -> Any:
        self.seen.append(context)
        number = len(self.seen)
        self.during()
        answer = self.answers.pop(0) if self.answers else None
        if answer:
            raise answer
        return {"number": number}

    def session(self, name: str = "s", tenant: str = "") -> Session:
        return self.runtime.session(name, tenant=tenant)

    def call(self, session: Session | None = None, **args: Any) -> Outcome:
        return self.runtime.call(session or self.session(), "call", {"id": 1} | args)


# gRPC A6: retry policy


def test_attempts_are_at_most_five() -> None:
    """maxAttempts: five at most, the first included."""
    caller = Caller(*[SILENCE] * 9)
    assert caller.call().status == "failed"
    assert len(caller.seen) == 5
    with pytest.raises(Invalid, match="attempts"):
        Caller(attempts=6)


@pytest.mark.parametrize("attempts", [1, 2, 3])
def test_attempts_are_those_of_the_policy(attempts: int) -> None:
    caller = Caller(*[SILENCE] * 9, attempts=attempts)
    caller.call()
    assert len(caller.seen) == attempts


@settings(max_examples=50, deadline=None)
@given(st.integers())
def test_backoff_is_random_up_to_a_bound_that_doubles_to_a_maximum(seed: int) -> None:
    """The nth retry waits random(0, min(initialBackoff x multiplier^(n-1), maxBackoff))."""
    caller = Caller(*[SILENCE] * 5, seed=seed)
    caller.call()
    assert len(caller.waits) == 4
    for wait_s, most_s in zip(caller.waits, (1, 2, 4, 4), strict=True):
        assert 0 <= wait_s <= most_s


def test_backoff_uses_the_whole_range() -> None:
    found = [Caller(SILENCE, seed=seed) for seed in range(200)]
    for one in found:
        one.call()
    waits = [one.waits[0] for one in found]
    assert min(waits) < 0.1
    assert max(waits) > 0.9


def test_success_is_returned_at_once() -> None:
    caller = Caller()
    assert (caller.call().value, len(caller.seen), caller.waits) == ({"number": 1}, 1, [])


def test_a_fatal_status_is_returned_at_once() -> None:
    """A status that is not retryable: no retry."""
    caller = Caller(REFUSED)
    assert (caller.call().code, len(caller.seen), caller.waits) == ("tool_failed", 1, [])


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_retryable_status_is_retried_where_repeating_does_no_harm(effect: str) -> None:
    """A6 leaves to the owner of a service which methods may be repeated; the contract's effect says it here."""
    caller = Caller(SILENCE, effect=effect)
    outcome = caller.call()
    assert len(caller.seen) == (2 if effect in REPEATABLE else 1)
    assert outcome.status == ("succeeded" if effect in REPEATABLE else "unknown")


def test_the_deadline_holds_for_all_attempts_together() -> None:
    caller = Caller(*[SILENCE] * 9)
    with within(2.0, caller.clock) as ends_ns:
        caller.call()
        assert caller.clock.now_ns() < ends_ns
    assert all(one.deadline_ns <= ends_ns for one in caller.seen)
    assert len(caller.seen) < 5


# gRPC A6: commit


@pytest.mark.parametrize("effect", [one for one in EFFECTS if one != "read"])
def test_what_was_answered_is_committed(effect: str) -> None:
    """Once an answer has arrived nothing is sent again, whatever is wrong with the answer."""
    caller = Caller(effect=effect)
    caller.contract = read_contract(
        TEXT.replace("EFFECT", effect).replace("ATTEMPTS", "5")
        + "      post: ['result.number == 7']\n      output: {schema: {type: object, required: [other]}}\n"
    )
    caller.runtime = caller.fresh()
    outcome = caller.call()
    assert (outcome.status, outcome.certainty, len(caller.seen)) == ("succeeded", "contradicted", 1)
    assert caller.call().source == "ledger"
    assert len(caller.seen) == 1


# gRPC A6: transparent retries


@pytest.mark.parametrize("effect", EFFECTS)
def test_what_never_left_is_retried_whatever_it_does(effect: str) -> None:
    caller = Caller(GONE, GONE, effect=effect)
    assert (caller.call().status, len(caller.seen)) == ("succeeded", 3)


def test_what_never_left_does_not_count_against_the_throttle() -> None:
    caller = Caller(*[GONE] * 4)
    caller.call()
    assert {one.retry_tokens for one in caller.attempts} == {10.0}
    spent = Caller(*[SILENCE] * 5, *[GONE] * 4)
    spent.call()
    assert spent.attempts[-1].retry_tokens == 5.0
    assert spent.call(id=2).status == "succeeded"


def test_what_never_left_is_bounded_all_the_same() -> None:
    """A6 lets a client go on until the deadline; a tool may have none, so the policy's attempts bound it."""
    caller = Caller(*[GONE] * 99, effect="irreversible")
    outcome = caller.call()
    assert (outcome.status, outcome.code, len(caller.seen)) == ("failed", "not_sent", 5)


# gRPC A6: pushback


@pytest.mark.parametrize("effect", EFFECTS)
def test_pushback_names_the_wait(effect: str) -> None:
    """Retry in n ms; the other side did nothing, so any effect may be tried again."""
    caller = Caller(Busy("full", retry_after_s=2.5), effect=effect)
    assert (caller.call().status, caller.waits) == ("succeeded", [2.5])


@pytest.mark.parametrize("seed", range(20))
def test_after_pushback_backoff_begins_anew(seed: int) -> None:
    caller = Caller(SILENCE, SILENCE, Busy("full", retry_after_s=2.5), SILENCE, seed=seed)
    caller.call()
    assert caller.waits[2] == 2.5
    assert caller.waits[3] <= 1


def test_pushback_of_nothing_means_at_once() -> None:
    caller = Caller(Busy("full", retry_after_s=0))
    assert (caller.call().status, caller.waits) == ("succeeded", [0])


@pytest.mark.parametrize("asked", [None, -1.0, float("nan")])
@pytest.mark.parametrize("effect", EFFECTS)
def test_pushback_that_is_negative_or_unreadable_means_never(effect: str, asked: float | None) -> None:
    caller = Caller(Busy("full", retry_after_s=asked), effect=effect)
    outcome = caller.call()
    assert (outcome.status, outcome.code, len(caller.seen)) == ("failed", "busy", 1)
    assert caller.attempts[0].retry_tokens == 9.0


def test_pushback_gives_no_further_attempt() -> None:
    caller = Caller(*[Busy("full", retry_after_s=0.1)] * 9, attempts=3)
    assert (caller.call().code, len(caller.seen)) == ("busy", 3)


# gRPC A6: throttling, maxTokens 10 and tokenRatio 0.1


def test_each_failure_takes_a_token_and_each_success_gives_a_tenth() -> None:
    caller = Caller(SILENCE, SILENCE, None, None)
    caller.call()
    caller.call(id=2)
    assert [round(one.retry_tokens, 6) for one in caller.attempts] == [9.0, 8.0, 8.1, 8.2]


def test_a_fatal_status_takes_no_token() -> None:
    caller = Caller(REFUSED)
    caller.call()
    assert [one.retry_tokens for one in caller.attempts] == [10.0]


def test_at_half_of_the_tokens_nothing_is_retried_but_first_attempts_are_sent() -> None:
    caller = Caller(*[SILENCE] * 5, *[SILENCE] * 3)
    caller.call()
    assert caller.attempts[-1].retry_tokens == 5.0
    for number in range(3):
        caller.call(id=number)
    assert len(caller.seen) == 8
    assert caller.attempts[-1].retry_tokens == 2.0


def test_once_tokens_are_above_half_retries_come_back() -> None:
    caller = Caller(*[SILENCE] * 5, None, SILENCE, None)
    caller.call()
    caller.call(id=2)
    assert round(caller.attempts[-1].retry_tokens, 6) == 5.1
    caller.call(id=3)
    assert len(caller.seen) == 7  # the failure took the count below half again
    for number in range(20):
        caller.call(id=f"good {number}")
    caller.answers = [SILENCE, None]
    assert caller.call(id=4).status == "succeeded"


# gRPC A6: metadata


def test_the_other_side_is_told_of_earlier_attempts() -> None:
    """grpc-previous-rpc-attempts: none on the first, 1 on the second, and so on."""
    caller = Caller(*[SILENCE] * 3)
    outcome = caller.call()
    assert [(one.attempt, one.previous) for one in caller.seen] == [(1, 0), (2, 1), (3, 2), (4, 3)]
    assert [one.number for one in outcome.attempts] == [1, 2, 3, 4]


class Throttled(RuleBasedStateMachine):
    """In any course of answers: tokens are those of A6, and each call is retried as A6 says.

    Without pushback in time, which rests the breaker as well: it decides then.
    """

    def __init__(self) -> None:
        super().__init__()
        self.caller = Caller()
        self.tokens = 10.0
        self.number = 0

    @rule(answers=st.lists(st.sampled_from(["ok", "silence", "refused", "gone", "never"]), max_size=6))
    def call(self, answers: list[str]) -> None:
        known: dict[str, Exception | None] = {
            "ok": None,
            "silence": SILENCE,
            "refused": REFUSED,
            "gone": GONE,
            "never": Busy("full", retry_after_s=None),
        }
        self.number += 1
        before = len(self.caller.seen)
        self.caller.answers = [known[one] for one in answers]
        session = self.caller.session(f"s{self.number}")
        self.caller.call(session, id=self.number)
        assert len(self.caller.seen) - before == self.expected(answers)

    def expected(self, answers: list[str]) -> int:
        for number, answer in enumerate([*answers, *["ok"] * 5], 1):
            if answer == "ok":
                self.tokens = min(10.0, self.tokens + 0.1)
            elif answer in ("silence", "never"):
                self.tokens = max(0.0, self.tokens - 1)
            over = answer in ("ok", "refused", "never") or number == 5
            if over or (answer != "gone" and self.tokens <= 5.0):
                return number
        raise AssertionError

    @invariant()
    def tokens_agree(self) -> None:
        if self.caller.attempts:
            assert self.caller.attempts[-1].retry_tokens == pytest.approx(self.tokens)


TestThrottled = Throttled.TestCase
TestThrottled.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


# The IETF's table


def keyed(*answers: Exception | None) -> Caller:
    return Caller(*answers, effect="keyed_write", attempts=1)


def test_first_time_the_request_is_processed() -> None:
    caller = keyed()
    outcome = caller.call()
    assert (outcome.status, outcome.value, outcome.source) == ("succeeded", {"number": 1}, "tool")
    assert caller.seen[0].key == outcome.key


def test_a_key_that_is_missing_is_an_error() -> None:
    """400 where the key is required."""
    caller = keyed()
    outcome = caller.runtime.call(caller.session(), "call", {"other": 1})
    assert (outcome.status, outcome.code, caller.seen) == ("refused", "key_missing", [])


def test_a_key_with_another_payload_is_an_error() -> None:
    """422, while the first is open, and once it is done."""
    caller = keyed()
    inside: list[Outcome] = []
    caller.during = lambda: inside.append(caller.call(note="b"))
    caller.call(note="a")
    caller.during = lambda: None
    for outcome in (*inside, caller.call(note="b")):
        assert (outcome.status, outcome.code, len(caller.seen)) == ("refused", "key_reused", 1)


def test_the_payload_is_compared_not_its_spelling() -> None:
    caller = keyed()
    caller.runtime.call(caller.session(), "call", {"id": 1, "a": {"x": 1, "y": [1, 2]}})
    again = caller.runtime.call(caller.session(), "call", {"a": {"y": [1, 2], "x": 1}, "id": 1})
    assert (again.source, len(caller.seen)) == ("ledger", 1)


def test_a_repetition_while_the_first_is_in_flight_conflicts() -> None:
    """409: it waits as long as the call may take, and then says so."""
    caller = keyed()
    inside: list[Outcome] = []
    caller.during = lambda: inside.append(caller.call())
    caller.call()
    assert [(one.status, one.code) for one in inside] == [("refused", "in_flight")]
    assert len(caller.seen) == 1


def test_a_repetition_joins_the_first_where_it_ends_in_time() -> None:
    caller = keyed()
    begun, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        begun.set()
        assert go_on.wait(30)

    caller.during = hold
    found: list[Outcome] = []
    first = threading.Thread(target=lambda: found.append(caller.call()))
    first.start()
    assert begun.wait(30)

    def sleep(_: float) -> None:
        go_on.set()
        first.join(30)

    outcome = caller.fresh(sleep=sleep).call(caller.session(), "call", {"id": 1})
    assert (outcome.status, outcome.source, outcome.value) == ("succeeded", "ledger", {"number": 1})
    assert len(caller.seen) == 1


def test_a_repetition_gets_the_stored_result() -> None:
    caller = keyed()
    first = caller.call()
    again = caller.fresh().call(caller.session(), "call", {"id": 1})
    assert (again.status, again.source, again.value, len(caller.seen)) == (
        "succeeded",
        "ledger",
        first.value,
        1,
    )


def test_a_repetition_gets_the_stored_error() -> None:
    """The result is replayed whether it is a success or an error; an error before anything was done is not kept."""
    caller = keyed(REFUSED)
    first = caller.call()
    again = caller.call()
    assert (again.status, again.code, again.source, len(caller.seen)) == (
        "failed",
        "tool_failed",
        "ledger",
        1,
    )
    assert again.message == first.message
    gone = keyed(GONE)
    assert (gone.call().code, gone.call().status, len(gone.seen)) == ("not_sent", "succeeded", 2)


def test_a_key_expires() -> None:
    caller = keyed()
    caller.call()
    caller.clock.advance(3599)
    assert caller.call().source == "ledger"
    caller.clock.advance(1)
    assert (caller.call().source, len(caller.seen)) == ("tool", 2)


def test_a_key_holds_for_one_client_only() -> None:
    """The key is combined with who asks: a tenant and a session; and nobody can make that of others up."""
    caller = keyed()
    keys = [
        caller.call(session).key
        for session in (caller.session("s"), caller.session("t"), caller.session("s", tenant="acme"))
    ]
    keys.append(caller.fresh(secret=b"other").call(caller.session("s"), "call", {"id": 1}).key)
    assert len(set(keys)) == len(caller.seen) == 4
