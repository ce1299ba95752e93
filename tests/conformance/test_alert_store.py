"""What every alert store does: the fake, and the adapter in memory and on a file that two servers share."""

import threading
from collections.abc import Callable, Generator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from tests.support.postgres import POSTGRES, new_state
from tests.support.routing import HOUR, T0, S, alert

from trimtab.adapters.sql_state import SqlAlertStore
from trimtab.loop.alert import (
    Acknowledgement,
    AlertStore,
    Attempt,
    Lease,
    MemoryAlertStore,
    Message,
    Queued,
    Silence,
    Writes,
    read_matcher,
)
from trimtab.vocabulary.kernel import Conflict

LANE = ("p", "chat")
HOLD = 60 * S


@pytest.fixture(params=["fake", "memory", "file", *POSTGRES])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[AlertStore]:
    makers: dict[str, Callable[[], AlertStore]] = {
        "fake": MemoryAlertStore,
        "memory": lambda: SqlAlertStore(":memory:"),
        "file": lambda: SqlAlertStore(str(tmp_path / "state.sqlite")),
        "postgres": lambda: SqlAlertStore(new_state()),
    }
    found = makers[request.param]()
    yield found
    found.close()


def message(name: str = "m", key: str = "k", receiver: str = "chat", at_ns: int = T0) -> Message:
    return Message(
        id=name,
        kind="trigger",
        project="p",
        receiver=receiver,
        key=key,
        title="t",
        at_ns=at_ns,
        alerts=(alert(),),
    )


def outcome(taken: Queued, at_ns: int = T0, reason: str = "") -> Attempt:
    one = taken.message
    return Attempt(
        message_id=one.id, project=one.project, receiver=one.receiver, key=one.key, kind=one.kind,
        number=taken.attempts, at_ns=at_ns, outcome="delivered", reason=reason,
    )  # fmt: skip


def take(store: AlertStore, now_ns: int = T0, holder: str = "a") -> Queued:
    taken = store.take(LANE, holder, now_ns, now_ns + HOLD)
    assert taken is not None
    return taken


def test_alerts_are_kept_by_their_labels(store: AlertStore) -> None:
    later, other = alert("B", starts_ns=T0 + 1), replace(alert(), project="q")
    store.write(Writes(alerts=(later, alert(), other)), T0)
    assert store.alerts("p") == [alert(), later]
    store.write(Writes(alerts=(alert(ends_ns=T0 + 5),)), T0)
    assert store.alerts("p") == [alert(ends_ns=T0 + 5), later]
    assert store.forget_alerts("p", T0 + 5) == 0
    assert store.forget_alerts("p", T0 + 6) == 1
    assert (store.alerts("p"), store.alerts("q")) == ([later], [other])


def test_states_of_rules_and_groups_are_kept_and_removed(store: AlertStore) -> None:
    long = "x" * 9000
    store.write(Writes(rules={("p", "r"): "1", ("q", "r"): "2"}, groups={("p", long): "{}"}), T0)
    store.write(Writes(rules={("p", "r"): "3", ("p", "gone"): None}), T0)
    assert (store.rules("p"), store.rules("q"), store.groups("p")) == ({"r": "3"}, {"r": "2"}, {long: "{}"})
    store.write(Writes(groups={("p", long): None}), T0)
    assert store.groups("p") == {}


def test_silences_are_kept_by_id_until_they_are_pruned(store: AlertStore) -> None:
    held = Silence(
        id="s", project="p", matchers=(read_matcher('a=~"b|c"'),), starts_ns=T0, ends_ns=T0 + HOUR,
        author="ann", comment="why",
    )  # fmt: skip
    store.put_silence(held)
    store.put_silence(replace(held, id="q", project="q"))
    assert store.silences("p") == [held]
    store.put_silence(replace(held, ends_ns=T0 + 5))
    assert store.silences("p", T0 + 4) == [replace(held, ends_ns=T0 + 5)]
    assert store.silences("p", T0 + 5) == []
    assert store.prune(T0 + 6) == 1
    assert (store.silences("p"), len(store.silences("q"))) == ([], 1)


def test_the_first_acknowledgement_holds(store: AlertStore) -> None:
    first = Acknowledgement(project="p", key="k", by="ann", at_ns=T0, note="looking")
    assert store.acknowledge(first)
    assert not store.acknowledge(replace(first, by="bo"))
    assert store.acknowledge(replace(first, project="q", by="bo"))
    assert store.acknowledgements("p") == {"k": first}


def test_a_message_enters_once_and_leaves_when_it_is_settled(store: AlertStore) -> None:
    store.write(Writes(messages=(message(), message())), T0)
    store.write(Writes(messages=(message(),)), T0)
    assert store.lanes(T0) == [LANE]
    taken = take(store)
    assert (taken.message, taken.attempts, taken.holder, taken.until_ns) == (message(), 1, "a", T0 + HOLD)
    assert store.lanes(T0) == []
    assert store.settle(taken, outcome(taken, T0 + 1, "ok"), "delivered", taken.due_ns)
    assert store.take(LANE, "a", T0 + HOUR, T0 + 2 * HOUR) is None
    assert [one.reason for one in store.queued("p", "delivered")] == ["ok"]
    assert store.log("p") == [outcome(taken, T0 + 1, "ok")]
    assert store.log("p", T0 + 2) == store.log("q") == []
    assert store.prune(T0 + 1) == 1
    assert store.prune(T0 + 2) == 1
    assert store.queued("p", "delivered") == store.log("p") == []


def test_what_is_held_is_free_when_its_time_is_over(store: AlertStore) -> None:
    store.write(Writes(messages=(message(),)), T0)
    first = take(store)
    assert store.take(LANE, "b", T0 + HOLD - 1, T0 + 2 * HOLD) is None
    second = take(store, T0 + HOLD, "b")
    assert second.attempts == 2
    assert not store.settle(first, outcome(first), "delivered", T0)
    assert store.settle(second, outcome(second), "delivered", T0)
    assert not store.settle(second, outcome(second), "delivered", T0)
    assert len(store.log("p")) == 1


def test_a_worker_that_took_it_twice_settles_the_last_attempt_only(store: AlertStore) -> None:
    store.write(Writes(messages=(message(),)), T0)
    first, second = take(store), take(store, T0 + HOLD)
    assert not store.settle(first, outcome(first), "delivered", T0)
    assert store.settle(second, outcome(second), "delivered", T0)


def test_messages_of_a_key_keep_their_order_and_others_pass(store: AlertStore) -> None:
    both = (message("1", "k"), message("2", "k"), message("3", "other"), message("4", "k", "mail"))
    store.write(Writes(messages=both), T0)
    first = take(store)
    assert first.message.id == "1"
    assert take(store).message.id == "3"
    assert store.take(LANE, "a", T0, T0 + HOLD) is None
    assert store.lanes(T0) == [("p", "mail")]
    assert store.settle(first, outcome(first), "waiting", T0 + 5)
    assert store.take(LANE, "a", T0 + 4, T0 + HOLD) is None
    again = take(store, T0 + 5)
    assert (again.message.id, again.attempts) == ("1", 2)
    assert store.settle(again, outcome(again), "dead", T0)
    assert take(store, T0 + 5).message.id == "2"


def test_what_was_given_up_can_wait_again(store: AlertStore) -> None:
    store.write(Writes(messages=(message(),)), T0)
    assert not store.revive("p", "m", T0)
    taken = take(store)
    store.settle(taken, outcome(taken), "dead", T0)
    assert [one.message.id for one in store.queued("p", "dead")] == ["m"]
    assert not store.revive("q", "m", T0)
    assert store.revive("p", "m", T0 + 9)
    assert take(store, T0 + 9).attempts == 1


def test_all_is_written_or_nothing(store: AlertStore) -> None:
    lease = store.lease("evaluate", "a", T0, T0 + HOLD)
    assert lease is not None
    store.write(Writes(rules={("p", "r"): "1"}), T0 + HOLD - 1, lease)
    late = Writes(
        alerts=(alert(),), rules={("p", "r"): "2"}, groups={("p", "g"): "{}"}, messages=(message(),)
    )
    for now_ns, given in ((T0 + HOLD, lease), (T0, replace(lease, token=7)), (T0, replace(lease, name="x"))):
        with pytest.raises(Conflict):
            store.write(late, now_ns, given)
    assert (store.rules("p"), store.groups("p"), store.alerts("p"), store.lanes(T0)) == (
        {"r": "1"},
        {},
        [],
        [],
    )


def test_a_lease_is_held_by_one_and_its_token_only_grows(store: AlertStore) -> None:
    first = store.lease("x", "a", T0, T0 + HOLD)
    assert first == Lease(name="x", holder="a", token=1, until_ns=T0 + HOLD)
    assert store.lease("x", "b", T0 + HOLD - 1, T0 + 2 * HOLD) is None
    assert store.lease("x", "a", T0 + 1, T0 + 2 * HOLD) == replace(first, until_ns=T0 + 2 * HOLD)
    second = store.lease("x", "b", T0 + 2 * HOLD, T0 + 3 * HOLD)
    assert second == Lease(name="x", holder="b", token=2, until_ns=T0 + 3 * HOLD)
    store.release(first)
    assert store.lease("x", "a", T0 + 2 * HOLD, T0 + 3 * HOLD) is None
    store.release(second)
    third = store.lease("x", "b", T0 + 2 * HOLD, T0 + 3 * HOLD)
    assert third is not None
    assert third.token == 3


@pytest.mark.parametrize("where", ["file", *POSTGRES])
def test_two_servers_never_hold_the_same(where: str, tmp_path: Path) -> None:
    path = str(tmp_path / "state.sqlite") if where == "file" else new_state()
    servers = [SqlAlertStore(path), SqlAlertStore(path)]
    count = 40
    servers[0].write(Writes(messages=tuple(message(f"{at}", f"{at}") for at in range(count))), T0)
    found: list[str] = []
    leases: list[Lease] = []

    def work(store: SqlAlertStore, name: str) -> None:
        if (lease := store.lease("one", name, T0, T0 + HOLD)) is not None:
            leases.append(lease)
        misses = 0
        while misses < 20:
            taken = store.take(LANE, name, T0, T0 + HOLD)
            if taken is None:
                misses += 1
                continue
            found.append(taken.message.id)
            store.settle(taken, outcome(taken), "delivered", T0)

    threads = [threading.Thread(target=work, args=(servers[at % 2], f"w{at}")) for at in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found, key=int) == [str(at) for at in range(count)]
    assert len(leases) == 1
    assert len(servers[1].log("p", limit=100)) == count
    for server in servers:
        server.close()


def test_every_statement_is_one_that_postgresql_speaks() -> None:
    store = SqlAlertStore(":memory:")
    seen: list[sa.ClauseElement] = []
    sa.event.listen(store._engine, "before_execute", lambda _con, clause, *_: seen.append(clause))
    lease = store.lease("x", "a", T0, T0 + HOLD)
    store.write(Writes(alerts=(alert(),), groups={("p", "g"): "{}"}, messages=(message(),)), T0, lease)
    store.lanes(T0)
    taken = take(store)
    store.settle(taken, outcome(taken), "delivered", T0)
    store.prune(T0)
    dialect = postgresql.dialect()
    assert len(seen) > 15
    for clause in seen:
        assert str(clause.compile(dialect=dialect))
    store.close()
