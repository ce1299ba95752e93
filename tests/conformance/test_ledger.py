"""One suite for every ledger, and for every budget: the fake and the file keep the same promises."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from trimtab.edge.runtime import (
    Budget,
    Claim,
    File,
    Ledger,
    MemoryLedger,
    Settlement,
    SqliteBudget,
    SqliteLedger,
    UndoEntry,
)
from trimtab.vocabulary.contract import Reservation, Tally
from trimtab.vocabulary.kernel import VirtualClock


def claim(key: str = "k", owner: str = "a", **other: Any) -> Claim:
    known = {
        "fingerprint": "f",
        "session": "s",
        "tool": "t",
        "args": {"x": 1},
        "now_ns": 100,
        "lease_ns": 10,
        "ttl_ns": 50,
    }
    return Claim(key=key, owner=owner, **known | other)


@pytest.fixture(params=["memory", "file"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    if request.param == "memory":
        yield MemoryLedger()
        return
    file = File(tmp_path / "ledger.db")
    yield SqliteLedger(file)
    file.close()


def test_work_is_given_once(ledger: Ledger) -> None:
    first, second = ledger.begin(claim()), ledger.begin(claim(owner="b"))
    assert (first.mine, first.state, first.sent) == (True, "pending", False)
    assert (second.mine, second.owner) == (False, "a")


def test_a_lease_ends(ledger: Ledger) -> None:
    ledger.begin(claim())
    ledger.mark_sent("k", "a")
    assert not ledger.begin(claim(owner="b", now_ns=109)).mine
    row = ledger.begin(claim(owner="b", now_ns=110))
    assert (row.mine, row.owner, row.sent) == (True, "b", True)
    assert not ledger.mark_sent("k", "a")
    assert not ledger.settle("k", "a", Settlement(state="failed"))
    assert not ledger.settle("k", "a", Settlement(state="unknown"))


def test_success_is_true_whoever_says_it_and_stays(ledger: Ledger) -> None:
    ledger.begin(claim())
    ledger.begin(claim(owner="b", now_ns=110))
    ledger.settle("k", "b", Settlement(state="unknown"))
    assert ledger.settle("k", "a", Settlement(state="succeeded", result={"id": 1}))
    assert not ledger.settle("k", "b", Settlement(state="succeeded", result={"id": 2}))
    assert not ledger.settle("k", "b", Settlement(state="failed"))
    row = ledger.look("k")
    assert row
    assert (row.state, row.result) == ("succeeded", {"id": 1})


def test_what_is_over_is_forgotten_and_what_is_open_never(ledger: Ledger) -> None:
    for key, state in (("done", "succeeded"), ("no", "failed"), ("open", "unknown")):
        ledger.begin(claim(key))
        ledger.settle(key, "a", Settlement(state=state))  # type: ignore[arg-type]
    for key, mine in (("done", True), ("no", True), ("open", False)):
        assert not ledger.begin(claim(key, owner="b", now_ns=149)).mine
        assert ledger.begin(claim(key, owner="b", now_ns=150)).mine is mine
    assert ledger.begin(claim("open", owner="b", now_ns=150, retake=True)).mine


def test_a_clear_no_stands_unless_it_is_wanted_again(ledger: Ledger) -> None:
    ledger.begin(claim())
    ledger.mark_sent("k", "a")
    ledger.settle("k", "a", Settlement(state="failed", result="no"))
    assert not ledger.begin(claim(owner="b", retake=True)).mine
    assert not ledger.begin(claim(owner="b", again=True, fingerprint="g")).mine
    row = ledger.begin(claim(owner="b", again=True))
    assert (row.mine, row.owner, row.sent) == (True, "b", False)


def test_other_arguments_are_shown_what_stands(ledger: Ledger) -> None:
    ledger.begin(claim())
    row = ledger.begin(claim(owner="b", fingerprint="g", now_ns=1000, retake=True))
    assert (row.mine, row.fingerprint) == (False, "f")


def test_only_the_owner_gives_back(ledger: Ledger) -> None:
    ledger.begin(claim())
    ledger.release("k", "b")
    assert ledger.look("k")
    ledger.release("k", "a")
    assert ledger.look("k") is None
    ledger.begin(claim())
    ledger.settle("k", "a", Settlement(state="unknown"))
    ledger.release("k", "a")
    assert ledger.look("k")


def test_what_nobody_knows_is_listed(ledger: Ledger) -> None:
    for key, session in (("b", "s"), ("a", "s"), ("c", "other")):
        ledger.begin(claim(key, session=session))
        ledger.settle(key, "a", Settlement(state="unknown"))
    assert [(row.key, row.args) for row in ledger.unresolved("s")] == [("a", {"x": 1}), ("b", {"x": 1})]


def test_undo_entries_come_latest_first_and_once(ledger: Ledger) -> None:
    for key in ("a", "b"):
        ledger.begin(claim(key))
        undo = UndoEntry(id=key, session="s", tool="back", args={"n": 1.5})
        assert ledger.settle(key, "a", Settlement(state="succeeded", undo=undo))
        assert not ledger.settle(key, "a", Settlement(state="succeeded", undo=undo))
    assert [(one.id, one.args) for one in ledger.undos("s")] == [("b", {"n": 1.5}), ("a", {"n": 1.5})]
    ledger.mark_undo("b", "undone")
    ledger.mark_undo("a", "stuck", "why")
    assert [(one.id, one.state, one.message) for one in ledger.undos("s")] == [("a", "stuck", "why")]


def test_an_approval_is_used_once(ledger: Ledger) -> None:
    assert ledger.use_grants(["a", "b"])
    assert not ledger.use_grants(["c", "a"])
    assert ledger.use_grants(["c"])
    assert ledger.use_grants([])


@pytest.mark.parametrize(
    "value", [None, {"a": [1, 2.5, "x"]}, {1, 2}, object(), float("nan"), "\ud800", b"x"]
)
def test_any_result_can_be_kept(ledger: Ledger, value: Any) -> None:
    ledger.begin(claim())
    assert ledger.settle("k", "a", Settlement(state="succeeded", result=value))
    assert ledger.look("k")


def test_a_file_is_the_same_after_it_was_closed(tmp_path: Path) -> None:
    file = File(tmp_path / "x.db")
    SqliteLedger(file).begin(claim())
    SqliteLedger(file).mark_sent("k", "a")
    SqliteBudget(file, VirtualClock()).reserve([Reservation(key="b", amount=1.5, most=2)])
    file.close()
    file = File(tmp_path / "x.db")
    row = SqliteLedger(file).look("k")
    assert row
    assert (row.state, row.sent, row.args) == ("pending", True, {"x": 1})
    assert SqliteBudget(file, VirtualClock()).spent == {"b": 1.5}
    file.close()


def test_two_open_files_agree(tmp_path: Path) -> None:
    files = [File(tmp_path / "x.db") for _ in range(2)]
    assert [SqliteLedger(file).begin(claim(owner=str(number))).mine for number, file in enumerate(files)] == [
        True,
        False,
    ]
    for file in files:
        file.close()


@pytest.fixture(params=["memory", "file"])
def budget(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Budget]:
    if request.param == "memory":
        yield Tally()
        return
    file = File(tmp_path / "budget.db")
    yield SqliteBudget(file, VirtualClock())
    file.close()


def test_budgets_are_reserved_all_or_none(budget: Budget) -> None:
    one, two = Reservation(key="a", amount=0.1, most=0.3), Reservation(key="b", amount=1, most=1)
    assert budget.reserve([one, two])
    assert not budget.reserve([one, two])
    assert budget.spent == {"a": 0.1, "b": 1.0}
    assert budget.reserve([one, one])
    assert not budget.reserve([one])
    budget.release([one])
    assert budget.spent["a"] == 0.2
    budget.release([one, one, one])
    assert budget.spent["a"] == 0.0
    assert budget.reserve([])


def test_a_day_ends(tmp_path: Path) -> None:
    file, clock = File(tmp_path / "x.db"), VirtualClock(100)
    budget = SqliteBudget(file, clock)
    assert budget.reserve([Reservation(key="a", amount=1, most=1, ends_ns=200)])
    clock.set(200)
    assert budget.spent == {}
    file.close()


KEYS, OWNERS = st.sampled_from(["k", "l"]), st.sampled_from(["a", "b", "c"])


class Ledgers(RuleBasedStateMachine):
    """The fake and the file, told the same, say the same; and what succeeded never changes."""

    def __init__(self) -> None:
        super().__init__()
        self.file = File(":memory:")
        self.both: list[Ledger] = [MemoryLedger(), SqliteLedger(self.file)]
        self.now = 100
        self.done: dict[str, Any] = {}

    def teardown(self) -> None:
        self.file.close()

    def same(self, found: list[Any]) -> Any:
        assert found[0] == found[1]
        return found[0]

    @rule(key=KEYS, owner=OWNERS, fingerprint=st.sampled_from(["f", "f", "g"]), retake=st.booleans())
    def begin(self, key: str, owner: str, fingerprint: str, retake: bool) -> None:
        asked = claim(key, owner, fingerprint=fingerprint, retake=retake, now_ns=self.now, ttl_ns=10_000_000)
        row = self.same([one.begin(asked) for one in self.both])
        assert not (row.mine and key in self.done)

    @rule(key=KEYS, owner=OWNERS)
    def mark_sent(self, key: str, owner: str) -> None:
        self.same([one.mark_sent(key, owner) for one in self.both])

    @rule(
        key=KEYS,
        owner=OWNERS,
        state=st.sampled_from(["succeeded", "failed", "unknown"]),
        result=st.integers(),
    )
    def settle(self, key: str, owner: str, state: Any, result: int) -> None:
        undo = UndoEntry(id=key, session="s", tool="back", args={}) if state == "succeeded" else None
        said = Settlement(state=state, result=result, undo=undo)
        if self.same([one.settle(key, owner, said) for one in self.both]) and state == "succeeded":
            self.done[key] = result

    @rule(key=KEYS, owner=OWNERS)
    def release(self, key: str, owner: str) -> None:
        for one in self.both:
            one.release(key, owner)

    @rule(seconds=st.integers(1, 30))
    def wait(self, seconds: int) -> None:
        self.now += seconds

    @invariant()
    def agree(self) -> None:
        for key in ("k", "l"):
            row = self.same([one.look(key) for one in self.both])
            assert key not in self.done or row.result == self.done[key]
        self.same([one.unresolved("s") for one in self.both])
        assert [one.id for one in self.both[0].undos("s")] == [one.id for one in self.both[1].undos("s")]


TestLedgers = Ledgers.TestCase
TestLedgers.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
