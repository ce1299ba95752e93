"""One suite for every ledger and every budget: memory, file, Redis and PostgreSQL keep the same promises."""

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.ledgers import KEPT, KINDS, Doomed, Opened, new_place, opened

from trimtab.adapters.postgres_ledger import PostgresDatabase
from trimtab.adapters.redis_ledger import RedisServer
from trimtab.edge.runtime import Budget, Claim, Ledger, Settlement, UndoEntry
from trimtab.vocabulary.contract import Reservation
from trimtab.vocabulary.kernel import Invalid, VirtualClock

S = 1_000_000_000


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


@pytest.fixture(params=KINDS)
def both(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opened]:
    with opened(new_place(request.param, tmp_path)) as found:
        yield found


@pytest.fixture
def ledger(both: Opened) -> Ledger:
    return both.ledger


@pytest.fixture
def budget(both: Opened) -> Budget:
    return both.budget


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
    over = (("done", True), ("no", True), ("open", False))
    assert not any(ledger.begin(claim(key, owner="b", now_ns=149)).mine for key, _ in over)
    for key, mine in over:
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
    ledger.mark_undo("gone", "stuck")
    assert len(ledger.undos("s")) == 1
    assert ledger.undos("other") == []


def test_work_that_is_done_anew_can_be_undone_anew(ledger: Ledger) -> None:
    for now_s in (0, 100):
        ledger.begin(claim(now_ns=now_s * S, ttl_ns=10 * S))
        undo = UndoEntry(id="k", session="s", tool="back", args={"at": now_s})
        ledger.settle("k", "a", Settlement(state="succeeded", undo=undo))
        assert [one.args for one in ledger.undos("s")] == [{"at": now_s}]
        ledger.mark_undo("k", "undone")


def test_what_is_over_is_swept(ledger: Ledger) -> None:
    for number in range(30):
        ledger.begin(claim(f"{number}", now_ns=0, ttl_ns=number * S))
        if number < 20:
            state = "failed" if number % 2 else "succeeded"
            ledger.settle(f"{number}", "a", Settlement(state=state))
    ledger.begin(claim("next", now_ns=15 * S))
    assert [number for number in range(30) if not ledger.look(f"{number}")] == list(range(16))
    ledger.begin(claim("next but one", now_ns=3600 * S))
    assert [number for number in range(30) if ledger.look(f"{number}")] == list(range(20, 30))


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


@pytest.mark.parametrize("kind", KEPT)
def test_a_day_ends_and_a_session_is_forgotten(kind: str, tmp_path: Path) -> None:
    clock = VirtualClock(100 * S)
    with opened(new_place(kind, tmp_path), clock) as found:
        assert found.budget.reserve(
            [
                Reservation(key="day", amount=1, most=1, ends_ns=200 * S),
                Reservation(key="session", amount=1, most=2),
            ]
        )
        clock.set(200 * S)
        assert found.budget.spent == {"session": 1.0}
        assert (found.budget.spent.get("session"), found.budget.spent.get("day")) == (1.0, None)
        clock.advance(20 * 86_400)
        assert found.budget.reserve([Reservation(key="session", amount=1, most=2)])
        clock.advance(20 * 86_400)
        assert dict(found.budget.spent) == {"session": 2.0}
        clock.advance(11 * 86_400)
        assert len(found.budget.spent) == 0
        assert found.budget.reserve([Reservation(key="session", amount=2, most=2)])


# Several at once


def at_once(count: int, work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()


@pytest.mark.parametrize("kind", KINDS)
def test_of_many_that_race_one_gets_the_work(kind: str, tmp_path: Path) -> None:
    place = new_place(kind, tmp_path)
    got: dict[int, list[int]] = {number: [] for number in range(15)}
    with opened(place) as first, opened(place) as second:
        ledgers = [first.ledger, first.ledger, second.ledger if kind != "memory" else first.ledger]

        def race(me: int) -> None:
            for number, winners in got.items():
                if ledgers[me].begin(claim(f"{number}", str(me))).mine:
                    winners.append(me)
                    assert ledgers[me].mark_sent(f"{number}", str(me))
                    assert ledgers[me].settle(f"{number}", str(me), Settlement(state="succeeded", result=me))

        at_once(3, race)
        for number, owners in got.items():
            row = first.ledger.look(f"{number}")
            assert row
            assert [row.result] == owners


@pytest.mark.parametrize("kind", KINDS)
def test_of_many_that_race_one_uses_the_approval(kind: str, tmp_path: Path) -> None:
    used: list[int] = []
    with opened(new_place(kind, tmp_path)) as found:
        at_once(4, lambda me: used.append(me) if found.ledger.use_grants(["g", f"own {me}"]) else None)
        assert len(used) == 1
        assert [found.ledger.use_grants([f"own {me}"]) for me in range(4)].count(True) == 3


@pytest.mark.parametrize("kind", KINDS)
def test_many_at_once_never_spend_more_than_there_is(kind: str, tmp_path: Path) -> None:
    one, two = Reservation(key="a", amount=0.1, most=1), Reservation(key="b", amount=1, most=7)
    got: list[int] = []
    with opened(new_place(kind, tmp_path)) as found:

        def spend(me: int) -> None:
            wanted = [one, two] if me % 2 else [two, one]
            got.extend(me for _ in range(5) if found.budget.reserve(wanted))

        at_once(4, spend)
        assert len(got) == 7
        assert dict(found.budget.spent) == {"a": 0.7, "b": 7.0}
        at_once(4, lambda _: found.budget.release([one]))
        assert found.budget.spent["a"] == 0.3


# Death


@pytest.mark.parametrize("kind", KEPT)
@pytest.mark.parametrize("sent", [False, True])
def test_a_process_dies_between_begin_and_settle(kind: str, tmp_path: Path, sent: bool) -> None:
    place = new_place(kind, tmp_path)
    values = "fingerprint='f', session='s', tool='t', args={'x': 1}, now_ns=100, lease_ns=10, ttl_ns=50"
    Doomed(
        place,
        "from trimtab.edge.runtime import Claim\nfrom trimtab.vocabulary.contract import Reservation\n"
        f"assert ledger.begin(Claim(key='k', owner='dead', {values})).mine\n"
        "assert budget.reserve([Reservation(key='b', amount=1.5, most=2)])\n"
        "assert ledger.use_grants(['g'])\n" + ("assert ledger.mark_sent('k', 'dead')\n" if sent else ""),
    ).die()
    with opened(place) as found:
        row = found.ledger.look("k")
        assert row
        assert (row.state, row.sent, row.args, row.owner) == ("pending", sent, {"x": 1}, "dead")
        assert not found.ledger.begin(claim(owner="b", now_ns=109)).mine
        row = found.ledger.begin(claim(owner="b", now_ns=110))
        assert (row.mine, row.sent) == (True, sent)
        assert dict(found.budget.spent) == {"b": 1.5}
        assert not found.ledger.use_grants(["g"])


@pytest.mark.parametrize(
    ("package", "build", "extra"),
    [("redis", RedisServer, "redis"), ("psycopg_pool", PostgresDatabase, "postgres")],
)
def test_a_driver_that_is_missing_is_said(
    package: str, build: Callable[[str], Any], extra: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(Invalid, match="is not installed") as error:
        build("redis://127.0.0.1:1")
    assert f"trimtab[{extra}]" in error.value.hint
