"""Handing telemetry on: in order, until it is there, and never anything of another project."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trimtab.adapters.sql_state import SqlState
from trimtab.loop.ingest import Destination, Forwarder, Lane, MemorySender, Progress, Reply, destination_of
from trimtab.loop.store import Entry, MemoryJournal, Signal
from trimtab.vocabulary.kernel import Conflict, Invalid, Missing, VirtualClock

NOW_NS = 1_790_000_000_000_000_000
TO = Destination(project="p", name="other", url="http://127.0.0.1:9")
AGAIN, REFUSED, TAKEN = Reply(again=True, reason="HTTP 503"), Reply(reason="HTTP 400"), Reply(taken=True)


def entry(number: int, project: str = "p", signal: Signal = "traces") -> Entry:
    return Entry(project=project, signal=signal, received_ns=NOW_NS, body=b"%d" % number, items=1)


def journal_of(entries: Sequence[Entry]) -> MemoryJournal:
    journal = MemoryJournal(VirtualClock(NOW_NS))
    if entries:
        journal.append(entries)
    return journal


def lane_of(journal: MemoryJournal, sender: MemorySender, reached: Progress | None = None) -> Lane:
    return Lane(TO, reached or Progress(position=0), journal, sender, lambda: 0.0)


def drive(lane: Lane) -> list[float]:
    waits: list[float] = []
    while (wait_s := lane.step(lambda _: None)) is not None:
        waits.append(wait_s)
    return waits


BODIES = st.lists(st.tuples(st.sampled_from("pq"), st.sampled_from(["traces", "logs", "facts"])), max_size=30)


@given(BODIES, st.lists(st.sampled_from([AGAIN, REFUSED, TAKEN]), max_size=40), st.integers(0, 40))
def test_every_body_of_the_project_is_taken_or_refused_in_order_over_any_trouble(
    bodies: list[tuple[str, Any]], replies: list[Reply], restart_after: int
) -> None:
    journal = journal_of([entry(n, project, signal) for n, (project, signal) in enumerate(bodies)])
    sender, noted = MemorySender(), [Progress(position=0)]
    sender.replies = list(replies)
    lane = lane_of(journal, sender)
    steps = 0
    while (
        lane.step(
            lambda reached: noted.append(
                Progress(position=reached.position, sent=reached.sent, refused=reached.refused)
            )
        )
        is not None
    ):
        steps += 1
        if steps == restart_after:  # what was noted is all that a restart knows
            lane = lane_of(journal, sender, noted[-1])
    mine = [b"%d" % n for n, (project, signal) in enumerate(bodies) if (project, signal) == ("p", "traces")]
    taken = [body for _, _, body in sender.taken]
    assert taken == [body for body in mine if body in taken], "in order, each once"
    assert lane.reached.sent == len(taken)
    assert lane.reached.sent + lane.reached.refused == len(mine)
    assert lane.waiting() is None


def test_it_waits_longer_with_each_failure_and_as_long_as_it_is_told_to() -> None:
    sender = MemorySender()
    sender.replies = [AGAIN, AGAIN, AGAIN, Reply(again=True, retry_after_s=90.0), *[AGAIN] * 10, TAKEN, AGAIN]
    journal = journal_of([entry(1), entry(2)])
    waits = [wait for wait in drive(lane_of(journal, sender)) if wait]
    assert waits[:5] == [1.0, 2.0, 4.0, 90.0, 16.0]
    assert waits[-2:] == [300.0, 1.0], "after a success it begins anew"
    jittered = Lane(TO, Progress(position=0), journal, MemorySender(), lambda: 1.0)
    jittered._sender.replies = [AGAIN]  # type: ignore[attr-defined]
    assert jittered.step(lambda _: None) == 1.5


def test_a_body_that_is_erased_while_it_waits_is_not_sent() -> None:
    sender, journal = MemorySender(), journal_of([entry(1), entry(2), entry(3)])
    sender.replies = [AGAIN]
    lane = lane_of(journal, sender)
    assert lane.step(lambda _: None) == 1.0
    first, second, _ = journal.positions()
    journal.rewrite(first, None)
    journal.rewrite(second, b"2 less one")
    drive(lane)
    assert [body for _, _, body in sender.taken] == [b"2 less one", b"3"]


def test_destinations_are_kept_with_how_far_they_are_and_without_secrets() -> None:
    state, sender, clock = SqlState(":memory:"), MemorySender(), VirtualClock(NOW_NS)
    journal = journal_of([entry(1)])
    state.add_project("p", 1)
    forwarder = Forwarder(journal, state, sender, clock)
    given = {"name": "jaeger", "url": "http://127.0.0.1:9/", "headers": {"authorization": "JAEGER_TOKEN"}}
    forwarder.add(destination_of("p", given), from_start=True)
    with pytest.raises(Conflict):
        forwarder.add(destination_of("p", given))
    forwarder.close()
    again = Forwarder(journal, state, sender, clock)
    journal.append([entry(2)])
    again.start()
    while len(sender.taken) < 2:
        pass
    again.close()
    assert [body for _, _, body in sender.taken] == [b"1", b"2"], "it went on where it was"
    third = Forwarder(journal, state, sender, clock)
    third.start()
    (row,) = third.status("p")
    assert (row["name"], row["sent"], row["waits_s"]) == ("jaeger", 2, None)
    assert row["headers"] == {"authorization": "JAEGER_TOKEN"}
    assert third.status("q") == []
    third.remove("p", "jaeger")
    with pytest.raises(Missing):
        third.remove("p", "jaeger")
    third.close()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": "No Name"}, "not a name"),
        ({"url": "localhost:4318"}, "not an address"),
        ({"signals": ["spans"]}, "no signal: spans"),
        ({"headers": {"authorization": "Bearer secret"}}, "not the name of a variable"),
    ],
)
def test_what_is_wrong_with_a_destination_is_said(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(Invalid, match=said):
        destination_of("p", {"name": "jaeger", "url": "http://127.0.0.1:9"} | wrong)
