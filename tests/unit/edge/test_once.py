"""However a process dies and a network fails, the bank pays at most once, and what nobody knows is said."""

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.edge.bank import HEAD, World

from trimtab.edge.runtime import File, MemoryLedger, Outcome, Runtime, SqliteLedger
from trimtab.vocabulary.contract import read_contract
from trimtab.vocabulary.kernel import VirtualClock

EFFECTS = ["idempotent_write", "keyed_write", "unkeyed_write", "irreversible"]
FAULTS = "orbfteld"
HOUR_S = 3600


def check(world: World, outcome: object) -> None:
    """What must hold when all is over: at most one effect, and the outcome does not lie."""
    status = getattr(outcome, "status", None)
    if status == "failed":
        assert world.bank.effects == 0
    if status == "succeeded":
        assert world.bank.effects >= 1 or world.bank.late
    world.bank.arrive()
    assert world.bank.effects <= 1
    if status == "unknown":
        assert [row.tool for row in world.ledger.unresolved("s")] == ["pay"]


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("verifying", [False, True])
def test_every_network_fault_and_every_death(effect: str, verifying: bool) -> None:
    pairs = map("".join, itertools.product("rbtld", "otd"))
    for faults, then in [
        *itertools.product(["", *FAULTS], ["", "rrr", "f", "bbb"]),
        *((one, "") for one in pairs),
    ]:
        for kill_at in [None, *range(22)]:
            world = World(effect, verifying=verifying)
            world.pay(faults, kill_at)
            world.clock.advance(HOUR_S)
            last = world.pay(then)
            assert last
            check(world, last)
            assert last.status in ("succeeded", "unknown", "failed"), (faults, then, kill_at)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(EFFECTS),
    st.booleans(),
    st.lists(
        st.tuples(
            st.text(FAULTS, max_size=4),
            st.none() | st.integers(0, 25),
            st.sampled_from([0.0, 1.0, HOUR_S]),
            st.booleans(),
        ),
        min_size=1,
        max_size=5,
    ),
)
def test_any_course_of_lives(
    effect: str, verifying: bool, lives: list[tuple[str, int | None, float, bool]]
) -> None:
    world = World(effect, verifying=verifying)
    outcome = None
    for faults, kill_at, pause_s, arrives in lives:
        outcome = world.pay(faults, kill_at)
        if arrives:
            world.bank.arrive()
        world.clock.advance(pause_s)
    check(world, outcome)
    world.clock.advance(HOUR_S)
    check(world, world.pay())


@pytest.mark.parametrize("effect", EFFECTS)
def test_a_file_survives_what_a_process_does_not(effect: str, tmp_path: Path) -> None:
    for kill_at in range(14):
        file = File(tmp_path / f"{kill_at}.db")
        world = World(effect, ledger=SqliteLedger(file))
        world.pay("t", kill_at)
        world.clock.advance(HOUR_S)
        file.close()
        again = File(tmp_path / f"{kill_at}.db")
        world.ledger = SqliteLedger(again)
        check(world, world.pay())
        again.close()


@pytest.mark.parametrize(
    ("effect", "fault", "status", "sent"),
    [
        ("keyed_write", "t", "succeeded", 2),
        ("keyed_write", "e", "succeeded", 2),
        ("idempotent_write", "t", "succeeded", 2),
        ("unkeyed_write", "t", "unknown", 1),
        ("irreversible", "e", "unknown", 1),
        ("irreversible", "r", "succeeded", 1),
        ("irreversible", "b", "succeeded", 1),
        ("irreversible", "rrr", "failed", 0),
        ("irreversible", "f", "failed", 0),
        ("keyed_write", "tf", "unknown", 1),
        ("keyed_write", "ttt", "unknown", 3),
    ],
)
def test_what_is_tried_again_depends_on_effect_and_certainty(
    effect: str, fault: str, status: str, sent: int
) -> None:
    world = World(effect)
    outcome = world.pay(fault)
    assert outcome
    assert (outcome.status, len(world.bank.sent)) == (status, sent)
    assert world.bank.effects <= 1
    assert len(set(world.bank.sent)) <= 1


def test_a_reading_resolves_what_nobody_knew() -> None:
    world = World("irreversible", verifying=True)
    outcome = world.pay("t")
    assert outcome
    assert (outcome.status, outcome.certainty) == ("succeeded", "verified")
    assert world.ledger.unresolved("s") == []


def test_what_is_not_seen_yet_is_not_sent_again() -> None:
    world = World("irreversible", verifying=True)
    first = world.pay("d")
    second = world.pay()
    assert first
    assert second
    assert (first.status, second.status) == ("unknown", "unknown")
    assert "do not repeat" in second.message
    world.bank.arrive()
    third = world.pay()
    assert third
    assert (third.status, world.bank.effects) == ("succeeded", 1)


@pytest.mark.parametrize("effect", EFFECTS)
def test_what_another_took_over_has_no_stand_in(effect: str) -> None:
    """A process that hung past its lease finds the work done: it must not do it another way."""
    clock, paid = VirtualClock(10**18), list[str]()
    text = f"    pay: {{effect: {effect}, idempotency: {{key: [id]}}, fallback: [{{tool: wire}}]}}\n    wire: {{effect: {effect}, idempotency: {{key: [id]}}}}\n"
    other: list[Outcome] = []

    class Hanging(MemoryLedger):
        def mark_sent(self, key: str, owner: str) -> bool:
            if not other:
                other.append(Outcome(status="waiting"))
                clock.advance(HOUR_S)
                other.append(runtime.call(runtime.session("s"), "pay", {"id": 1}))
            return super().mark_sent(key, owner)

    functions = {
        "pay": lambda args, context: paid.append("pay"),
        "wire": lambda args, context: paid.append("wire"),
    }
    runtime = Runtime(read_contract(HEAD + text), functions, secret=b"s", ledger=Hanging(), clock=clock)
    outcome = runtime.call(runtime.session("s"), "pay", {"id": 1})
    assert (other[-1].status, outcome.status, outcome.source, outcome.hops, paid) == (
        "succeeded",
        "succeeded",
        "ledger",
        (),
        ["pay"],
    )
