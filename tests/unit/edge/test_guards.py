"""Retries, breaker, bulkhead and rate, on a virtual clock."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from trimtab.edge.runtime.guard import Breaker, Bulkhead, Permit, Rate, RetryBudget, backoff_s, may_retry
from trimtab.edge.runtime.model import Reply
from trimtab.vocabulary.contract import EFFECTS, Retry
from trimtab.vocabulary.contract import Breaker as Plan
from trimtab.vocabulary.kernel import VirtualClock

# Retries: gRPC A6


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize(
    ("reply", "allowed"),
    [
        (Reply(ending="not_sent"), set(EFFECTS)),
        (Reply(ending="busy", retry_after_s=1), set(EFFECTS)),
        (Reply(ending="busy", retry_after_s=None), set()),
        (Reply(ending="failed"), set()),
        (Reply(ending="ok"), set()),
        (Reply(ending="timeout"), {"read", "idempotent_write", "keyed_write"}),
        (Reply(ending="error"), {"read", "idempotent_write", "keyed_write"}),
    ],
)
def test_what_may_be_tried_again(effect: str, reply: Reply, allowed: set[str]) -> None:
    assert may_retry(effect, reply) is (effect in allowed)  # type: ignore[arg-type]


def test_the_example_of_the_proposal() -> None:
    budget = RetryBudget(0.1)
    for _ in range(4):
        budget.failure()
    assert budget.allows()
    budget.failure()
    assert not budget.allows()
    budget.success()
    assert budget.allows()


@settings(deadline=None)
@given(st.lists(st.booleans()), st.floats(0, 1), st.floats(1, 1000))
def test_tokens_stay_within_bounds_and_rule_retries(results: list[bool], ratio: float, most: float) -> None:
    budget = RetryBudget(ratio, most)
    for good in results:
        (budget.success if good else budget.failure)()
        assert 0 <= budget.tokens <= most
        assert budget.allows() is (budget.tokens > most / 2)


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(), st.floats(0.001, 5), st.floats(5, 60))
def test_waits_are_random_and_bounded(attempt: int, seed: int, first: float, most: float) -> None:
    wait_s = backoff_s(Retry(backoff_s=first, most_s=most), attempt, random.Random(seed))
    assert 0 <= wait_s <= min(first * 2 ** (attempt - 1), most)


# Breaker

PLAN = Plan(failures=0.5, window=10, minimum=4, open_s=30)


def tell(breaker: Breaker, *results: bool) -> None:
    for good in results:
        permit = breaker.enter()
        assert permit
        breaker.record(permit, good=good)


def test_it_opens_at_the_share_and_not_below_the_minimum() -> None:
    breaker = Breaker(PLAN, VirtualClock())
    tell(breaker, False, False, False)
    assert breaker.state == "closed"
    tell(breaker, True)
    assert breaker.state == "open"
    assert breaker.enter() is None
    assert breaker.wait_s == 30


def test_one_trial_decides_and_pauses_grow() -> None:
    clock = VirtualClock()
    breaker = Breaker(PLAN, clock)
    tell(breaker, False, False, False, False)
    for pause_s in (60, 120, 240, 300, 300):
        clock.advance(breaker.wait_s)
        trial = breaker.enter()
        assert trial
        assert breaker.enter() is None
        breaker.record(trial, good=False)
        assert breaker.wait_s == pause_s
    clock.advance(300)
    tell(breaker, True)
    assert breaker.state == "closed"
    tell(breaker, False, False, False, False)
    assert breaker.wait_s == 30


def test_a_trial_that_was_not_made_leaves_room_for_another() -> None:
    clock = VirtualClock()
    breaker = Breaker(PLAN, clock)
    tell(breaker, False, False, False, False)
    clock.advance(30)
    trial = breaker.enter()
    assert trial
    breaker.give_back(trial)
    assert breaker.enter()


def test_answers_from_before_are_ignored() -> None:
    clock = VirtualClock()
    breaker = Breaker(PLAN, clock)
    late = [breaker.enter() for _ in range(4)]
    tell(breaker, False, False, False, False)
    clock.advance(30)
    trial = breaker.enter()
    for permit in late:
        assert permit
        breaker.record(permit, good=True)
        breaker.give_back(permit)
    assert breaker.state == "half_open"
    assert breaker.enter() is None
    assert trial
    breaker.record(trial, good=True)
    assert breaker.state == "closed"


def test_the_other_side_names_the_pause() -> None:
    clock = VirtualClock()
    breaker = Breaker(PLAN, clock)
    permit = breaker.enter()
    assert permit
    breaker.record(permit, good=False, pause_s=7)
    assert breaker.wait_s == 7
    clock.advance(7)
    assert breaker.state == "half_open"


def test_what_is_learned_later_counts_too() -> None:
    breaker = Breaker(PLAN, VirtualClock())
    for _ in range(4):
        breaker.note(good=False)
    assert breaker.state == "open"
    breaker.note(good=True)
    assert breaker.state == "open"


class Breakers(RuleBasedStateMachine):
    """In any course: at most one trial while half open, none while open, and it always comes back."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock()
        self.breaker = Breaker(PLAN, self.clock)
        self.out: list[tuple[Permit, str]] = []

    @rule()
    def enter(self) -> None:
        before = self.breaker.state
        permit = self.breaker.enter()
        trials = [
            one
            for one, state in self.out
            if state == "half_open" and one.generation == self.generation(permit)
        ]
        if before == "open":
            assert permit is None
        if before == "closed":
            assert permit
        if before == "half_open":
            assert permit is None or not trials
        if permit:
            self.out.append((permit, before))

    def generation(self, permit: Permit | None) -> int:
        return permit.generation if permit else -1

    @precondition(lambda self: self.out)
    @rule(good=st.booleans(), which=st.integers(0, 9), pause=st.sampled_from([None, None, 5.0]))
    def record(self, good: bool, which: int, pause: float | None) -> None:
        permit, _ = self.out.pop(which % len(self.out))
        self.breaker.record(permit, good=good, pause_s=pause)

    @precondition(lambda self: self.out)
    @rule(which=st.integers(0, 9))
    def give_back(self, which: int) -> None:
        self.breaker.give_back(self.out.pop(which % len(self.out))[0])

    @rule(seconds=st.floats(0, 400))
    def wait(self, seconds: float) -> None:
        self.clock.advance(seconds)

    @invariant()
    def comes_back(self) -> None:
        assert 0 <= self.breaker.wait_s <= 300
        assert (self.breaker.wait_s > 0) is (self.breaker.state == "open")


TestBreakers = Breakers.TestCase
TestBreakers.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

# Bulkhead and rate


def test_places_are_limited_and_so_is_the_queue() -> None:
    bulkhead = Bulkhead(2)
    assert [bulkhead.enter() for _ in range(3)] == [True, True, False]
    assert [bulkhead.queue() for _ in range(9)] == [True] * 8 + [False]
    bulkhead.leave()
    assert bulkhead.enter()
    bulkhead.unqueue()
    assert bulkhead.queue()
    assert all(Bulkhead(None).enter() for _ in range(1000))


def test_a_rate_says_exactly_how_long_to_wait() -> None:
    clock = VirtualClock()
    rate = Rate(4, clock)
    assert [rate.take() for _ in range(4)] == [0, 0, 0, 0]
    assert rate.take() == pytest.approx(0.25)
    clock.advance(0.25)
    assert rate.take() == 0
    assert rate.take() == pytest.approx(0.25)
    assert Rate(None, clock).take() == 0


@settings(deadline=None)
@given(st.floats(0.1, 50), st.lists(st.floats(0, 3), max_size=60))
def test_no_more_calls_than_rate_and_burst_allow(per_s: float, pauses: list[float]) -> None:
    clock = VirtualClock()
    rate = Rate(per_s, clock)
    taken = 0
    begun = clock.now_ns()
    for pause in pauses:
        clock.advance(pause)
        taken += rate.take() == 0
        assert taken <= max(1, int(per_s)) + (clock.now_ns() - begun) / 1e9 * per_s + 1e-6


@settings(deadline=None)
@given(st.floats(0.1, 50), st.integers(1, 40))
def test_who_waits_as_told_is_let_through(per_s: float, times: int) -> None:
    clock = VirtualClock()
    rate = Rate(per_s, clock)
    for _ in range(times):
        wait_s = rate.take()
        if wait_s:
            clock.advance(wait_s + 1e-9)
            assert rate.take() == 0
