"""What every incident store does: the fake, and the adapter in memory and on a file that two servers share."""

import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.postgres import POSTGRES, new_state
from tests.support.routing import HOUR, T0

from trimtab.adapters.sql_state import SqlIncidentStore
from trimtab.loop.incident import (
    STALE,
    By,
    Event,
    IncidentStore,
    MemoryIncidentStore,
    acknowledge,
    change,
    declare,
    examine,
    fold,
    note,
    resolve,
    suppose,
    update,
)
from trimtab.vocabulary.kernel import Conflict, Invalid, Missing


@pytest.fixture(params=["fake", "memory", "file", *POSTGRES])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[IncidentStore]:
    makers: dict[str, Callable[[], IncidentStore]] = {
        "fake": MemoryIncidentStore,
        "memory": lambda: SqlIncidentStore(":memory:"),
        "file": lambda: SqlIncidentStore(str(tmp_path / "state.sqlite")),
        "postgres": lambda: SqlIncidentStore(new_state()),
    }
    found = makers[request.param]()
    yield found
    found.close()


def by(at: int = 0) -> By:
    return By(who="ann", at_ns=T0 + at)


def opened(title: str = "tasks fail", at: int = 0, project: str = "p") -> Event:
    return declare(project, by(at), title, "sev2", "tasks")


def test_events_are_appended_and_add_up(store: IncidentStore) -> None:
    incident = store.append([opened()])
    first = acknowledge(incident, by(1))
    known = store.append([first, replace(note(incident, by(2), "the index is new"), number=3)])
    known = change(store, "p", known.id, lambda at: suppose(at, by(3), "the index"))
    known = change(store, "p", known.id, lambda at: examine(at, by(4), "h1", "refuted", "older than that"))
    known = change(
        store, "p", known.id, lambda at: update(at, by(5), "1 of 8 tasks", ["roll back"], T0 + HOUR)
    )
    events = store.timeline("p", known.id)
    assert [one.number for one in events] == [1, 2, 3, 4, 5, 6]
    assert events[0] == opened()
    assert store.incident("p", known.id) == known == fold(None, events)
    assert (known.version, known.status, known.hypotheses[0].standing) == (6, "acknowledged", "refuted")
    assert store.incident("q", known.id) is None
    assert store.timeline("q", known.id) == []


def test_a_second_event_of_a_number_is_refused(store: IncidentStore) -> None:
    incident = store.append([opened()])
    store.append([acknowledge(incident, by(1))])
    for late in (acknowledge(incident, by(2)), opened(), replace(note(incident, by(2), "x"), number=9)):
        with pytest.raises(Conflict) as caught:
            store.append([late])
        assert caught.value.code == STALE
    assert [one.what for one in store.timeline("p", incident.id)] == ["opened", "acknowledged"]


def test_what_cannot_follow_leaves_nothing(store: IncidentStore) -> None:
    incident = store.append([opened()])
    with pytest.raises(Invalid):
        store.append([note(incident, by(1), "x"), note(incident, by(2), "y")])
    with pytest.raises(Invalid):
        store.append([replace(note(incident, by(1), "x"), incident="inc-new", number=1)])
    assert store.incident("p", incident.id) == incident
    assert store.incident("p", "inc-new") is None
    assert [one.what for one in store.timeline("p", incident.id)] == ["opened"]


def test_incidents_are_listed_by_status_and_time_the_latest_first(store: IncidentStore) -> None:
    one, two = store.append([opened("one", 1)]), store.append([opened("two", 2)])
    store.append([opened("other", 3, "q")])
    done = store.append([resolve(one, by(5))])
    assert store.incidents("p") == [two, done]
    assert store.incidents("p", ("open", "mitigated")) == [two]
    assert store.incidents("p", ("resolved",)) == [done]
    assert store.incidents("p", since_ns=T0 + 2) == store.incidents("p", limit=1) == [two]


def test_a_change_of_what_is_not_there_is_missing(store: IncidentStore) -> None:
    with pytest.raises(Missing):
        change(store, "p", "inc-none", lambda at: acknowledge(at, by()))
    incident = store.append([opened()])
    assert change(store, "p", incident.id, lambda _at: None) == incident


@pytest.mark.parametrize("where", ["file", *POSTGRES])
def test_two_servers_lose_no_event(where: str, tmp_path: Path) -> None:
    path = str(tmp_path / "state.sqlite") if where == "file" else new_state()
    servers = [SqlIncidentStore(path), SqlIncidentStore(path)]
    incident = servers[0].append([opened()])
    lost: list[int] = []

    def work(at: int) -> None:
        for number in range(10):
            for _ in range(20):
                try:
                    change(
                        servers[at],
                        "p",
                        incident.id,
                        lambda held, said=f"{at} {number}": note(held, by(5), said),
                    )
                    break
                except Conflict:
                    continue
            else:
                lost.append(number)

    threads = [threading.Thread(target=work, args=(at,)) for at in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = servers[1].timeline("p", incident.id)
    assert lost == []
    assert [one.number for one in events] == list(range(1, 22))
    assert {one.said["text"] for one in events[1:]} == {f"{at} {n}" for at in range(2) for n in range(10)}
    for server in servers:
        server.close()
