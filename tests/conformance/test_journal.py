"""What every journal does."""

from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from tests.support.stores import DAY_S, entry

from trimtab.adapters.sqlite_journal import SqliteJournal
from trimtab.loop.store import POSITIONS_PER_DAY, Entry, Journal, MemoryJournal, day_of
from trimtab.vocabulary.kernel import Invalid, VirtualClock


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=["memory", "sqlite"])
def journal(request: pytest.FixtureRequest, tmp_path: Path, clock: VirtualClock) -> Generator[Journal]:
    build: dict[str, Callable[[], Journal]] = {
        "memory": lambda: MemoryJournal(clock),
        "sqlite": lambda: SqliteJournal(tmp_path / "journal", clock),
    }
    found = build[request.param]()
    yield found
    found.close()


def bodies(found: list[Entry]) -> list[bytes]:
    return [e.body for e in found]


def test_what_is_appended_is_read_in_order(journal: Journal) -> None:
    assert (journal.last(), journal.read(0, 10), journal.days()) == (0, [], [])
    positions = journal.append([entry(b"a", received_ns=5), entry(b"", "q", "facts"), entry(b"c")])
    assert positions == [positions[0], positions[0] + 1, positions[0] + 2]
    assert journal.last() == positions[-1]
    found = journal.read(0, 10)
    assert bodies(found) == [b"a", b"", b"c"]
    assert [(e.project, e.signal, e.received_ns, e.items, e.position) for e in found] == [
        ("p", "traces", 5, 1, positions[0]),
        ("q", "facts", 0, 1, positions[1]),
        ("p", "traces", 0, 1, positions[2]),
    ]
    assert bodies(journal.read(positions[0], 1)) == [b""]
    assert journal.get(positions[2]) == found[2]
    assert journal.get(positions[2] + 1) is None
    assert journal.get(7 * POSITIONS_PER_DAY) is None


def test_nothing_appended_changes_nothing(journal: Journal) -> None:
    assert journal.append([]) == []
    assert (journal.last(), journal.read(0, 10)) == (0, [])


def test_positions_name_their_day_and_only_grow(journal: Journal, clock: VirtualClock) -> None:
    first = journal.append([entry(b"a")])[0]
    clock.advance(2 * DAY_S)
    second = journal.append([entry(b"b")])[0]
    clock.advance(-DAY_S)  # a clock that goes back
    third = journal.append([entry(b"c")])[0]
    assert day_of(second) - day_of(first) == 2
    assert third == second + 1
    assert journal.days() == [day_of(first), day_of(second)]
    assert bodies(journal.read(0, 2)) == [b"a", b"b"]
    assert bodies(journal.read(first, 10)) == [b"b", b"c"]
    assert list(journal.positions()) == [first, second, third]
    assert [journal.reach(day) for day in (*journal.days(), 3)] == [first, third, 0]


def test_a_body_is_rewritten_or_removed_alone(journal: Journal) -> None:
    a, b, c = journal.append([entry(b"a" * 99), entry(b"b"), entry(b"c")])
    journal.rewrite(a, b"shorter")
    journal.rewrite(b, None)
    journal.rewrite(c + 1, b"not there")
    journal.rewrite(7 * POSITIONS_PER_DAY, None)
    assert journal.scrub()
    assert bodies(journal.read(0, 10)) == [b"shorter", b"c"]
    assert list(journal.positions()) == [a, c]
    assert journal.last() == c


def test_one_project_expires_alone_and_a_day_as_a_whole(journal: Journal, clock: VirtualClock) -> None:
    old = day_of(journal.append([entry(b"a"), entry(b"b", "q"), entry(b"c")])[0])
    clock.advance(DAY_S)
    new = day_of(journal.append([entry(b"d")])[0])
    assert journal.expire("p", old) == 2
    assert journal.expire("p", old) == 0
    assert journal.expire("p", 7) == 0
    assert bodies(journal.read(0, 10)) == [b"b", b"d"]
    assert journal.drop_day(old) == 1
    assert journal.drop_day(old) == 0
    assert (journal.days(), bodies(journal.read(0, 10))) == ([new], [b"d"])


def test_positions_are_never_given_out_twice(journal: Journal) -> None:
    last = journal.append([entry(b"a"), entry(b"b")])[-1]
    journal.rewrite(last, None)
    assert journal.append([entry(b"c")]) == [last + 1]


def test_sqlite_goes_on_after_it_was_closed(tmp_path: Path, clock: VirtualClock) -> None:
    first = SqliteJournal(tmp_path, clock)
    position = first.append([entry(b"a")])[0]
    first.close()
    again = SqliteJournal(tmp_path, clock)
    assert again.last() == position
    assert again.append([entry(b"b")]) == [position + 1]
    again.drop_day(day_of(position))
    again.close()
    clock.advance(DAY_S)
    third = SqliteJournal(tmp_path, clock)
    assert (third.last(), third.append([entry(b"c")])[0] > position) == (0, True)
    third.close()


def test_sqlite_backs_up_while_in_use(tmp_path: Path, clock: VirtualClock) -> None:
    journal = SqliteJournal(tmp_path / "a", clock)
    journal.append([entry(b"a")])
    clock.advance(DAY_S)
    journal.append([entry(b"b")])
    assert journal.backup(tmp_path / "b") == 2
    journal.append([entry(b"later")])
    copy = SqliteJournal(tmp_path / "b", clock)
    assert bodies(copy.read(0, 10)) == [b"a", b"b"]
    copy.close()
    journal.close()


def test_memory_has_nothing_to_copy(tmp_path: Path, clock: VirtualClock) -> None:
    with pytest.raises(Invalid):
        MemoryJournal(clock).backup(tmp_path)


def test_sqlite_scrubs_the_bytes_of_what_it_removes(tmp_path: Path, clock: VirtualClock) -> None:
    journal = SqliteJournal(tmp_path, clock)
    marked = bytes(range(256)) * 8  # does not compress to nothing, and its frame is the same each time
    a, b = journal.append([entry(marked), entry(b"stays")])
    packed = journal._pack.compress(marked)
    assert packed in stored(tmp_path)
    journal.rewrite(a, None)
    assert journal.scrub()
    assert packed not in stored(tmp_path)
    assert bodies(journal.read(0, 10)) == [b"stays"]
    assert b == a + 1
    journal.close()


def stored(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.iterdir()))
