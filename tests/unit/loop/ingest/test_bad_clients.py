"""Clients that leave and a journal that fails: the others are served, and nobody hears a yes that is none."""

import threading
from collections.abc import Generator, Sequence
from concurrent.futures import Future

import pytest

from trimtab.loop.ingest import GroupCommit
from trimtab.loop.store import Entry
from trimtab.vocabulary.kernel import Unavailable


class SlowJournal:
    """A journal that writes when it is told to, and fails when it has an error."""

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.error: Exception | None = None
        self.written: list[Entry] = []

    def append(self, entries: Sequence[Entry]) -> list[int]:
        assert self.gate.wait(60)
        if self.error is not None:
            raise self.error
        self.written += entries
        return list(range(1, len(entries) + 1))


@pytest.fixture
def journal() -> SlowJournal:
    return SlowJournal()


@pytest.fixture
def commit(journal: SlowJournal) -> Generator[GroupCommit]:
    found = GroupCommit(journal, lambda entries: None, window_s=0.05)  # type: ignore[arg-type]
    yield found
    journal.gate.set()
    found.close()


def entry(number: int) -> Entry:
    return Entry(project="p", signal="traces", received_ns=number, body=b"x", items=1)


def test_a_client_that_left_while_waiting_is_not_stored_and_the_others_are(
    journal: SlowJournal, commit: GroupCommit
) -> None:
    left: Future[int] = commit.submit(entry(1))
    stays = commit.submit(entry(2))
    assert left.cancel()
    journal.gate.set()
    assert stays.result(5) == 1
    assert [e.received_ns for e in journal.written] == [2]
    assert commit.submit(entry(3)).result(5) == 1


def test_a_client_that_leaves_while_its_body_is_written_stops_nobody(
    journal: SlowJournal, commit: GroupCommit
) -> None:
    leaves, stays = commit.submit(entry(1)), commit.submit(entry(2))
    while not leaves.running():
        pass
    assert not leaves.cancel()
    journal.gate.set()
    assert stays.result(5) == 2
    assert commit.submit(entry(3)).result(5) == 1


@pytest.mark.parametrize("error", [ValueError("x"), OSError(28, "No space left on device"), MemoryError()])
def test_a_journal_that_fails_is_a_refusal_that_may_be_retried(
    journal: SlowJournal, commit: GroupCommit, error: Exception
) -> None:
    journal.error = error
    journal.gate.set()
    with pytest.raises(Unavailable, match="the journal failed"):
        commit.submit(entry(1)).result(5)
    journal.error = None
    assert commit.submit(entry(2)).result(5) == 1


def test_a_closed_commit_refuses(journal: SlowJournal) -> None:
    commit = GroupCommit(journal, lambda entries: None)  # type: ignore[arg-type]
    commit.close()
    with pytest.raises(Unavailable, match="shutting down"):
        commit.submit(entry(1))
