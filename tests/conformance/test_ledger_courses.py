"""Any course of claims, words and time: every ledger says what the one in memory says; so do budgets."""

import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from tests.support.ledgers import KEPT, new_place, opened

from trimtab.edge.runtime import Budget, Claim, Ledger, MemoryLedger, Settlement, UndoEntry
from trimtab.vocabulary.contract import Reservation, Tally
from trimtab.vocabulary.kernel import VirtualClock

S = 1_000_000_000
KEYS, OWNERS = st.sampled_from(["k", "l", "m"]), st.sampled_from(["a", "b", "c"])


class Course(RuleBasedStateMachine):
    """One of a kind beside the fake, on one clock."""

    kind = ""

    def __init__(self) -> None:
        super().__init__()
        self.clock = VirtualClock(100 * S)
        self.stack = ExitStack()
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        self.found = self.stack.enter_context(opened(new_place(self.kind, folder), self.clock))

    def teardown(self) -> None:
        self.stack.close()

    def same(self, found: list[Any]) -> Any:
        assert found[0] == found[1]
        return found[0]

    @rule(seconds=st.integers(1, 30))
    def wait(self, seconds: int) -> None:
        self.clock.advance(seconds)


class Ledgers(Course):
    """What succeeded never changes until it is forgotten, and then it may be done anew."""

    def __init__(self) -> None:
        super().__init__()
        self.both: list[Ledger] = [MemoryLedger(), self.found.ledger]
        self.done: dict[str, tuple[Any, int]] = {}
        self.grants: set[str] = set()

    @rule(
        key=KEYS,
        owner=OWNERS,
        fingerprint=st.sampled_from(["f", "f", "g"]),
        retake=st.booleans(),
        again=st.booleans(),
        ttl_s=st.sampled_from([20, 50, 1000]),
    )
    def begin(self, key: str, owner: str, fingerprint: str, retake: bool, again: bool, ttl_s: int) -> None:
        asked = Claim(
            key=key,
            owner=owner,
            fingerprint=fingerprint,
            session="s" if key < "m" else "t",
            tool="pay",
            args={"x": key},
            now_ns=self.clock.now_ns(),
            lease_ns=10 * S,
            ttl_ns=ttl_s * S,
            retake=retake,
            again=again,
        )
        row = self.same([one.begin(asked) for one in self.both])
        if row.mine:
            self.done = {key: one for key, one in self.done.items() if one[1] > self.clock.now_ns()}
            assert key not in self.done

    @rule(key=KEYS, owner=OWNERS)
    def mark_sent(self, key: str, owner: str) -> None:
        self.same([one.mark_sent(key, owner) for one in self.both])

    @rule(
        key=KEYS,
        owner=OWNERS,
        state=st.sampled_from(["succeeded", "failed", "unknown"]),
        result=st.none() | st.integers() | st.text("aé\0"),
        undone=st.booleans(),
    )
    def settle(self, key: str, owner: str, state: Any, result: Any, undone: bool) -> None:
        undo = UndoEntry(id=f"{key}-undo", session="s", tool="back", args={"key": key}) if undone else None
        said = Settlement(state=state, result=result, undo=undo if state == "succeeded" else None)
        if self.same([one.settle(key, owner, said) for one in self.both]) and state == "succeeded":
            row = self.both[0].look(key)
            assert row
            self.done[key] = (result, row.expires_ns)

    @rule(key=KEYS, owner=OWNERS)
    def release(self, key: str, owner: str) -> None:
        for one in self.both:
            one.release(key, owner)

    @rule(key=KEYS, state=st.sampled_from(["undone", "stuck"]), message=st.text("x", max_size=2))
    def mark_undo(self, key: str, state: Any, message: str) -> None:
        for one in self.both:
            one.mark_undo(f"{key}-undo", state, message)

    @rule(ids=st.lists(st.sampled_from("pqrs"), max_size=3))
    def use_grants(self, ids: list[str]) -> None:
        fresh = not self.grants & set(ids)
        assert self.same([one.use_grants(ids) for one in self.both]) is fresh
        self.grants |= set(ids) if fresh else set()

    @invariant()
    def agree(self) -> None:
        for key in ("k", "l", "m"):
            row = self.same([one.look(key) for one in self.both])
            if key in self.done:
                assert row.result == self.done[key][0]
        for session in ("s", "t"):
            self.same([one.unresolved(session) for one in self.both])
            self.same([[(u.id, u.args, u.state, u.message) for u in one.undos(session)] for one in self.both])


class Budgets(Course):
    """What is spent is the sum of what was reserved and not given back, and never more than there is."""

    def __init__(self) -> None:
        super().__init__()
        self.both: list[Budget] = [Tally(), self.found.budget]

    amounts = st.lists(st.tuples(st.sampled_from("xyz"), st.sampled_from([0.1, 0.2, 1.0])), max_size=3)

    def reservations(self, amounts: list[tuple[str, float]]) -> list[Reservation]:
        return [Reservation(key=key, amount=amount, most=2) for key, amount in amounts]

    @rule(amounts=amounts)
    def reserve(self, amounts: list[tuple[str, float]]) -> None:
        self.same([one.reserve(self.reservations(amounts)) for one in self.both])

    @rule(amounts=amounts)
    def release(self, amounts: list[tuple[str, float]]) -> None:
        for one in self.both:
            one.release(self.reservations(amounts))

    @invariant()
    def agree(self) -> None:
        spent = self.same([{key: v for key, v in one.spent.items() if v} for one in self.both])
        assert all(0 <= amount <= 2 for amount in spent.values())


DAY_NS, MONTH_NS = 86_400 * S, 30 * 86_400 * S


class Days(Course):
    """A day's budget ends with the day, a session's a month after it was last reserved; each begins anew then."""

    def __init__(self) -> None:
        super().__init__()
        self.model: dict[str, tuple[float, int]] = {}

    def open(self) -> dict[str, float]:
        now_ns = self.clock.now_ns()
        self.model = {key: one for key, one in self.model.items() if one[1] > now_ns}
        return {key: amount for key, (amount, _) in self.model.items()}

    def reservation(self, key: str, amount: int) -> Reservation:
        ends_ns = (self.clock.now_ns() // DAY_NS + 1) * DAY_NS if key.startswith("day") else 0
        return Reservation(key=key, amount=amount, most=4, ends_ns=ends_ns)

    @rule(
        wanted=st.lists(
            st.tuples(st.sampled_from(["day", "day 2", "session"]), st.integers(1, 3)), max_size=3
        )
    )
    def reserve(self, wanted: list[tuple[str, int]]) -> None:
        asked = [self.reservation(key, amount) for key, amount in wanted]
        after = dict(self.open())
        for one in asked:
            after[one.key] = after.get(one.key, 0.0) + one.amount
        fits = all(after[one.key] <= one.most for one in asked)
        assert self.found.budget.reserve(asked) is fits
        if fits:
            for one in asked:
                ends_ns = one.ends_ns or self.clock.now_ns() + MONTH_NS
                self.model[one.key] = (after[one.key], ends_ns)

    @rule(key=st.sampled_from(["day", "session"]), amount=st.integers(1, 3))
    def release(self, key: str, amount: int) -> None:
        self.found.budget.release([self.reservation(key, amount)])
        if key in self.open():
            left, ends_ns = self.model[key]
            self.model[key] = (max(0.0, left - amount), ends_ns)

    @rule(days=st.sampled_from([0.3, 1.0, 29.0, 30.0]))
    def pass_days(self, days: float) -> None:
        self.clock.advance(days * 86_400)

    @invariant()
    def agree(self) -> None:
        assert dict(self.found.budget.spent) == self.open()
        assert [self.found.budget.spent.get(key) for key in ("day", "session")] == [
            self.open().get(key) for key in ("day", "session")
        ]


@pytest.mark.parametrize("kind", KEPT)
@pytest.mark.parametrize("course", [Ledgers, Budgets, Days])
def test_any_course(kind: str, course: type[Course]) -> None:
    quick = kind == "file"
    plan = settings(
        max_examples=60 if quick else 25,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(type(course.__name__, (course,), {"kind": kind}), settings=plan)
