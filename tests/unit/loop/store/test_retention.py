"""What a project no longer keeps goes, what it keeps stays exactly as it was."""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.bodies import good
from tests.support.stores import DAY_S, NUMBERS, STEPS, Kit, entry, kit

from trimtab.adapters.sqlite_journal import SqliteJournal
from trimtab.loop.store import DAY_NS, MemoryJournal, Retention, changed
from trimtab.loop.store.keep import EVERY_S
from trimtab.loop.store.retain import DAYS_A_PASS
from trimtab.vocabulary.kernel import Invalid, VirtualClock

SAMPLE = entry(good(99), received_ns=1_700_000_000_000_000_000)
FOREVER = Retention(bodies=None, steps=None, sessions=None, facts=None)


@pytest.fixture
def store() -> Generator[Kit]:
    with kit() as found:
        yield found


def keep(store: Kit, project: str = "p", **days: int | None) -> None:
    """Keep for so long; what is not named is kept for ever."""
    store.state.set_retention(project, replace(FOREVER, **days))


def keep_all(store: Kit) -> None:
    keep(store)
    keep(store, "q")


def test_a_day_that_no_project_keeps_is_dropped(store: Kit) -> None:
    keep(store, bodies=7)
    keep(store, "q", bodies=3)
    store.session("s", 1)
    old = store.journal.days()
    store.clock.advance(7 * DAY_S)
    assert store.keeper.retain()["days_dropped"] == []
    store.clock.advance(DAY_S)
    found = store.keeper.retain()
    assert (found["days_dropped"], found["removed"]) == (old, {"": {"bodies": 1}})
    assert (store.journal.days(), store.forgotten) == ([], old)
    assert (store.sessions(), store.count("steps")) == ({"s": 2}, 2)


def test_another_projects_bodies_stay(store: Kit) -> None:
    keep(store, bodies=2)
    keep(store, "q")
    store.session("s", 1)
    kept = store.take(store.journal.read(0, 1)[0].body, "q")
    day = store.journal.days()[0]
    store.clock.advance(3 * DAY_S)
    assert store.keeper.retain()["removed"] == {"p": {"bodies": 1}}
    assert (list(store.journal.positions()), store.forgotten) == ([kept], [day])
    assert store.keeper.retain()["removed"] == {}
    assert store.forgotten == [day], "a later pass does not look at that day again"


def test_a_pass_that_was_cut_off_is_made_up_for(store: Kit) -> None:
    keep(store, bodies=2)
    keep(store, "q")
    store.session("s", 1)
    store.take(store.journal.read(0, 1)[0].body, "q")
    day = store.journal.days()[0]
    store.clock.advance(3 * DAY_S)
    store.state.set_setting("retention.day", str(day))  # the bodies went, the words did not
    store.journal.expire("p", day)
    store.keeper.retain()
    assert store.forgotten == [day]


def test_what_is_not_applied_yet_is_not_dropped(store: Kit) -> None:
    keep(store, bodies=1)
    keep(store, "q", bodies=1)
    store.session("s", 1)
    store.analytics.clear()
    store.clock.advance(5 * DAY_S)
    passed = store.keeper.tick()
    assert passed is not None
    assert (passed.more, store.journal.days() != []) == (True, True)
    store.follow()
    store.keeper.tick()
    assert store.journal.days() == []


def test_a_rebuild_keeps_what_outlives_its_bodies(store: Kit) -> None:
    keep_all(store)
    store.session("gone", 1)
    store.session("half gone", 10)
    store.fact("f", session="gone")
    store.clock.advance(3 * DAY_S)
    store.session("half gone", 20)
    store.session("whole", 30)
    store.fact("g", session="whole", label="failure")
    before = (
        store.rows(NUMBERS),
        store.rows(STEPS),
        store.rows("select * from facts where project = $p order by id"),
    )
    keep(store, bodies=1)
    keep(store, "q", bodies=1)
    assert store.keeper.retain()["removed"] == {"": {"bodies": 3}}
    for _ in range(2):
        store.rebuild()
        after = (
            store.rows(NUMBERS),
            store.rows(STEPS),
            store.rows("select * from facts where project = $p order by id"),
        )
        assert after == before


def test_a_rebuild_keeps_the_numbers_of_sessions_whose_steps_have_expired(store: Kit) -> None:
    keep_all(store)
    store.session("old", 1)
    store.fact("f", session="old")
    store.clock.advance(5 * DAY_S)
    store.session("new", 10)
    before = store.rows(NUMBERS)
    for project in ("p", "q"):
        keep(store, project, bodies=2, steps=2)
    assert store.keeper.retain()["removed"] == {"p": {"steps": 2}, "": {"bodies": 2}}
    store.rebuild()
    assert store.rows(NUMBERS) == before
    assert store.count("facts") == 1


def test_a_late_fact_restates_only_the_outcome_of_a_session_without_steps(store: Kit) -> None:
    store.session("s", 1)
    before = store.rows(NUMBERS)[0]
    store.clock.advance(5 * DAY_S)
    store.analytics.expire("p", "steps", store.clock.now_ns(), 10)
    store.fact("f", session="s", label="failure")
    outcome = {"outcome": "failure", "outcome_source": "human"}
    after = store.rows(NUMBERS)[0]
    assert {n: v for n, v in after.items() if not n.startswith("outcome")} == {
        n: v for n, v in before.items() if not n.startswith("outcome")
    }
    assert {n: after[n] for n in outcome} == outcome


def test_a_late_span_changes_nothing_of_a_session_without_steps(store: Kit) -> None:
    store.session("s", 1)
    before = store.rows(NUMBERS)
    store.clock.advance(5 * DAY_S)
    store.analytics.expire("p", "steps", store.clock.now_ns(), 10)
    store.session("s", 7, steps=1)
    assert store.rows(NUMBERS) == before


def test_what_came_late_for_a_session_without_steps_goes_as_it_ages(store: Kit) -> None:
    store.session("s", 1)
    store.clock.advance(5 * DAY_S)
    store.analytics.expire("p", "steps", store.clock.now_ns(), 10)
    store.session("s", 7, steps=1)
    assert store.analytics.expire("p", "steps", store.clock.now_ns() - DAY_NS, 10) == 0
    store.clock.advance(5 * DAY_S)
    assert store.analytics.expire("p", "steps", store.clock.now_ns() - DAY_NS, 10) == 1


def test_imported_logs_are_as_old_as_their_import(store: Kit) -> None:
    keep_all(store)
    keep(store, bodies=1, steps=1, sessions=1, facts=1)
    store.clock.advance(-400 * DAY_S)
    body = MemoryJournal(store.clock)
    with kit(journal=body) as last_year:
        last_year.session("s", 1)
        lines = body.read(0, 1)[0].body
    store.clock.advance(400 * DAY_S)
    store.take(lines)
    assert store.keeper.retain()["removed"] == {}
    store.clock.advance(2 * DAY_S)
    assert store.keeper.retain()["removed"]["p"] == {"bodies": 1, "steps": 2, "sessions": 1}


def test_the_keeper_runs_every_hour_by_the_clock(store: Kit) -> None:
    assert store.keeper.last_pass() is None
    assert store.keeper.tick() is not None
    assert store.keeper.tick() is None
    store.clock.advance(EVERY_S - 1)
    assert store.keeper.tick() is None
    store.clock.advance(1)
    assert store.keeper.tick() is not None
    last = store.keeper.last_pass()
    assert last is not None
    assert last["at_ns"] == store.clock.now_ns()


def test_a_pass_is_bounded_and_the_next_goes_on(store: Kit) -> None:
    for _ in range(DAYS_A_PASS + 5):
        store.journal.append([SAMPLE])
        store.clock.advance(DAY_S)
    store.follow()
    keep(store, bodies=1)
    keep(store, "q", bodies=1)
    first = store.keeper.tick()
    assert first is not None
    assert (len(first.days_dropped), first.more) == (DAYS_A_PASS, True)
    second = store.keeper.tick()
    assert second is not None
    assert (len(second.days_dropped), second.more, len(store.journal.days())) == (4, False, 1)


def test_days_make_sense() -> None:
    assert changed(Retention(), "bodies", 14).bodies == 14
    assert changed(Retention(), "facts", None).facts is None
    for kind, days in (("bodies", 0), ("bodies", -1), ("bodies", 10**9), ("spans", 1)):
        with pytest.raises(Invalid):
            changed(Retention(), kind, days)
    with pytest.raises(Invalid, match="bodies cannot be kept longer than steps"):
        changed(Retention(), "bodies", 91)
    with pytest.raises(Invalid, match="steps cannot be kept longer than sessions"):
        changed(Retention(), "steps", None)
    with pytest.raises(Invalid, match="steps cannot be kept longer than facts"):
        changed(Retention(), "facts", 89)


def test_the_bytes_of_expired_bodies_are_gone(tmp_path: Path) -> None:
    clock = VirtualClock()
    journal = SqliteJournal(tmp_path, clock)
    with kit(journal=journal) as store:
        store.clock.set(clock.now_ns())
        keep(store, bodies=1)
        keep(store, "q")
        store.take(SAMPLE.body, "q")
        store.session("session-of-Zacharias", 1)
        packed = journal._pack.compress(journal.read(0, 10)[1].body)
        assert packed in b"".join(path.read_bytes() for path in tmp_path.iterdir())
        clock.advance(2 * DAY_S)
        store.clock.advance(2 * DAY_S)
        found = store.keeper.retain()
        assert (found["removed"], found["bodies_gone"]) == ({"p": {"bodies": 1}}, True)
        assert packed not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
