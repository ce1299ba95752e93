"""What an edge believes and does: signatures, versions, clocks that jump, a server that is gone."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from tests.unit.vocabulary.contract.texts import small

from trimtab.edge.runtime import MemoryLedger, Runtime
from trimtab.edge.sdk.control.fetch import Answer
from trimtab.edge.sdk.control.follower import Follower
from trimtab.edge.sdk.control.kept import Kept
from trimtab.edge.sdk.control.watch import LOCKED_S, Watch
from trimtab.edge.sdk.tools.bound import Bound
from trimtab.edge.sdk.warn import told
from trimtab.vocabulary.audit import FakeKey, Key, Note, fake_check
from trimtab.vocabulary.control import Document, Order
from trimtab.vocabulary.kernel import VirtualClock

T0, SECOND = 1_700_000_000_000_000_000, 1_000_000_000
SIGNER = FakeKey("control")
WHOM = ("support-bot", "prod")
OFF, FREE = "tool_off:orders.get", "unasked:refund.create"


def trusted(note: Note) -> bool:
    return note.is_signed(Key(name="control", public=SIGNER.public), fake_check)


def document(version: int, *whats: str, issued_ns: int = T0, lasts_s: int = 60, **more: Any) -> Document:
    orders = tuple(
        Order(what=one, until_ns=issued_ns + lasts_s * SECOND, owner="person", reason="why", ids=("d",))
        for one in sorted(whats)
    )
    said = {"project": "p", "agent": WHOM[0], "environment": WHOM[1]} | more
    return Document(version=version, issued_ns=issued_ns, orders=orders, **said)


def signed(found: Document, signer: FakeKey = SIGNER) -> str:
    return str(found.note().signed(signer))


class World:
    """An edge, the clock on its wall, and the time that passes steadily."""

    def __init__(self) -> None:
        self.wall, self.steady = VirtualClock(T0), VirtualClock(5)
        self.begin()

    def begin(self) -> None:
        """Start the process (again)."""
        contract = small()
        runtime = Runtime(contract, {}, secret=b"s", ledger=MemoryLedger(), clock=self.wall)
        self.bound = Bound(contract, runtime, self.wall)
        self.follower = Follower(self.bound, trusted, WHOM, (self.wall.now_ns, self.steady.now_ns))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.wall.advance(seconds)
        self.steady.advance(seconds)
        self.follower.look()

    def take(self, raw: str, *, confirmed: bool = True) -> bool:
        return self.follower.take(raw, confirmed=confirmed)

    @property
    def off(self) -> bool:
        return "orders.get" not in self.bound.runtime.usable()

    @property
    def free(self) -> bool:
        return self.bound.contract.tools["refund.create"].approval is None


def test_a_switch_is_at_work_at_once_and_ends_with_the_next_version() -> None:
    world = World()
    assert not world.off
    assert world.take(signed(document(1, OFF)))
    assert (world.off, world.bound.version) == (True, 1)
    assert world.take(signed(document(2)))
    assert (world.off, world.bound.version, world.bound.contract) == (False, 2, small())


def test_with_the_server_gone_narrowing_stays_and_widening_ends() -> None:
    world = World()
    world.take(signed(document(1, OFF, FREE)))
    assert (world.off, world.free) == (True, True)
    world.wait(59)
    assert (world.off, world.free) == (True, True)
    world.wait(1)
    assert (world.off, world.free) == (True, False)
    world.wait(10**7)
    assert (world.off, world.free) == (True, False)


def test_after_a_restart_only_narrowing_is_taken_from_the_disk() -> None:
    world = World()
    raw = signed(document(1, OFF, FREE))
    world.take(raw)
    world.begin()
    assert world.take(raw, confirmed=False)
    assert (world.off, world.free) == (True, False)
    assert world.take(raw)
    assert (world.off, world.free) == (True, True)


def test_what_is_chosen_ends_at_its_time_and_is_taken_from_the_disk() -> None:
    world = World()
    raw = signed(document(1, "bundle:b1", "split:new=10,old=90", OFF))
    world.take(raw)
    assert world.bound.chosen == {"bundle": "b1", "split": "new=10,old=90"}
    world.wait(30)
    world.begin()
    assert world.bound.chosen == {}
    world.take(raw, confirmed=False)
    assert world.bound.chosen == {"bundle": "b1", "split": "new=10,old=90"}
    assert world.follower.next_end_s(10**6) == 30
    world.wait(30)
    assert (world.bound.chosen, world.off) == ({}, True)
    world.take(signed(document(2, "bundle:b2", issued_ns=T0 + 60 * SECOND)))
    assert world.bound.chosen == {"bundle": "b2"}


@pytest.mark.parametrize(("jump", "free"), [(-(10**6), True), (30, True), (61, False)])
def test_a_clock_that_jumps_makes_nothing_last_longer(jump: int, free: bool) -> None:
    world = World()
    world.take(signed(document(1, OFF, FREE)))
    world.wall.advance(jump)
    world.wait(0)
    assert (world.off, world.free) == (True, free)
    world.wait(60)
    assert (world.off, world.free) == (True, False)


WRONG: list[Callable[[], str]] = [
    lambda: signed(document(1)),
    lambda: signed(document(2)),
    lambda: signed(document(3), FakeKey("other")),
    lambda: str(document(3).note()),
    lambda: signed(document(3, OFF)).replace(OFF, "tool_off:orders.gex"),
    lambda: signed(document(3, agent="sales-bot")),
    lambda: signed(document(3, environment="staging")),
    lambda: signed(document(3, project="q")),
    lambda: "",
    lambda: "<html>" * 20_000,
    lambda: str(Note(text="{}\n").signed(SIGNER)),
]


@pytest.mark.parametrize("wrong", WRONG, ids=range(len(WRONG)))
def test_what_must_not_be_believed_is_told_once(
    wrong: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    world = World()
    assert world.take(signed(document(2, OFF)))
    assert not world.take(wrong())
    assert not world.take(wrong())
    assert (world.off, world.bound.version) == (True, 2)
    assert len([one for one in told if one.startswith("control ")]) == 1
    assert len(caplog.records) == 1


class Edge(RuleBasedStateMachine):
    """A server that gives out versions, a network that replays and alters them, restarts, and clocks that jump."""

    @initialize()
    def start(self) -> None:
        self.world, self.disk, self.given, self.version = World(), "", [], 0
        self.held: Document | None = None
        self.since_ns = 0
        self.confirmed = False

    @rule(whats=st.sets(st.sampled_from([OFF, FREE, "read_only", "model:m"])), lasts_s=st.integers(1, 9))
    def publish(self, whats: set[str], lasts_s: int) -> None:
        self.version += 1
        # The server's clock is right: it is the edge's that jumps.
        found = document(self.version, *whats, issued_ns=T0 + self.world.steady.now_ns() - 5, lasts_s=lasts_s)
        self.given.append(found)

    @rule(which=st.integers(0, 5), altered=st.booleans())
    def deliver(self, which: int, altered: bool) -> None:
        if which >= len(self.given):
            return
        found = self.given[-1 - which]
        if altered:
            raw = signed(found).replace('"version":', '"version":9')
            assert not self.world.take(raw)
            return
        fresh = self.held is None or found.version >= self.held.version
        assert self.world.take(signed(found)) is fresh
        if fresh:
            if self.held is None or found.version > self.held.version:
                self.held, self.since_ns = found, self.world.steady.now_ns()
            self.confirmed, self.disk = True, signed(found)

    @rule(seconds=st.integers(1, 5))
    def wait(self, seconds: int) -> None:
        self.world.wait(seconds)

    @rule(seconds=st.integers(-20, 20))
    def jump(self, seconds: int) -> None:
        self.world.wall.advance(seconds)
        self.world.follower.look()

    @rule()
    def restart(self) -> None:
        self.world.begin()
        self.confirmed = False
        if self.disk:
            assert self.world.take(self.disk, confirmed=False)
            self.since_ns = self.world.steady.now_ns()
        else:
            self.held = None

    @invariant()
    def obeys(self) -> None:
        held = self.held
        whats = {one.what for one in held.orders} if held else set[str]()
        assert self.world.bound.version == (held.version if held else 0)
        assert self.world.off == (OFF in whats)
        if self.world.free:
            assert held
            assert FREE in whats
            assert self.confirmed
            until_ns = held.orders[0].until_ns
            assert self.world.wall.now_ns() < until_ns
            assert self.world.steady.now_ns() - self.since_ns < until_ns - held.issued_ns


def test_an_edge_in_all_weathers() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Edge, settings=settings(max_examples=150, stateful_step_count=30, deadline=None)
    )


class Answers:
    """A server that answers as it was told, the last answer for ever."""

    def __init__(self, *answers: Answer | Exception) -> None:
        self.answers, self.tags = list(answers), list[str]()

    def ask(self, tag: str, wait_s: int) -> Answer:
        self.tags.append(tag)
        found = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(found, Exception):
            raise found
        return found


def test_a_watch_asks_keeps_and_goes_on_where_the_server_is_gone(tmp_path: Path) -> None:
    world, kept = World(), Kept(tmp_path / "deep" / "control")
    raw = signed(document(1, OFF))
    answers = Answers(
        OSError("gone"),
        Answer(status=200, text=raw, tag='"1"'),
        Answer(status=304),
        Answer(status=500),
        Answer(status=403, text="no"),
    )
    watch = Watch(answers, world.follower, kept)  # type: ignore[arg-type]
    waits = [watch.turn() for _ in range(5)]
    assert answers.tags == ["", "", '"1"', '"1"', '"1"']
    assert [waits[1], waits[2], waits[4]] == [0.0, 0.0, LOCKED_S]
    assert 0 < waits[0] <= 1 > waits[3] > 0
    assert world.off
    assert kept.read() == raw
    world.begin()
    Watch(Answers(OSError("gone")), world.follower, kept)  # type: ignore[arg-type]
    assert (world.off, world.bound.version) == (True, 1)


def test_a_folder_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    world, kept = World(), Kept(tmp_path / "file" / "control")
    watch = Watch(Answers(Answer(status=200, text=signed(document(1, OFF)))), world.follower, kept)  # type: ignore[arg-type]
    assert watch.turn() == 0.0
    assert world.off


def test_a_document_may_hold_less_than_an_edge_knows_of() -> None:
    world = World()
    assert world.take(signed(replace(document(1, "model:m", "bundle:b"), version=4)))
    assert world.bound.contract == small()
