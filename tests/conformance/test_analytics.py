"""What every analytics engine does; the fake is the adapter in memory."""

import io
from collections.abc import Generator
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.support.bodies import span, traces_of
from tests.support.stores import DAY_S, NUMBERS, STEPS, Kit, kit

from trimtab.loop.store import Batch, Target
from trimtab.vocabulary.kernel import Invalid, Refused

FOREVER = 1 << 62


@pytest.fixture(params=["memory", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Generator[Kit]:
    with kit(tmp_path / "analytics.duckdb" if request.param == "file" else None) as found:
        yield found


def target(store: Kit, *sessions: str, project: str = "p") -> Target:
    rows = store.analytics.rows(
        "select trace_id, span_id from steps where project = $project and session in (select unnest($names::varchar[]))",
        {"project": project, "names": list(sessions)},
    )
    spans = frozenset((row["trace_id"].bytes, row["span_id"]) for row in rows)
    return Target(
        project=project,
        named=("session", sessions[0]),
        sessions=frozenset(sessions),
        spans=spans,
        traces=frozenset(trace_id for trace_id, _ in spans),
        upto=FOREVER,
    )


def test_a_batch_is_applied_once_with_its_position(store: Kit) -> None:
    assert store.analytics.applied() == 0
    position = store.session("s", 1)
    assert store.analytics.applied() == position
    before = store.rows(), store.rows(STEPS)
    store.analytics.clear()
    assert (store.analytics.applied(), store.count("steps")) == (0, 0)
    store.follow()
    assert (store.rows(), store.rows(STEPS)) == before


def test_a_project_sees_only_its_own(store: Kit) -> None:
    store.session("s", 1)
    store.take(traces_of([span(1, {"session.id": "s"})]), "q")
    assert (store.sessions("p"), store.sessions("q")) == ({"s": 2}, {"s": 1})
    assert store.analytics.user_rows("q", "select count(*) from steps", 10)[1] == [(1,)]
    with pytest.raises(Refused):
        store.analytics.user_rows("q", "select * from main.steps", 10)
    with pytest.raises(Invalid):
        store.analytics.user_rows("q", "select nothing from steps", 10)


def test_a_session_is_erased_whole_and_alone(store: Kit) -> None:
    store.session("s", 1)
    store.session("t", 10)
    store.take(traces_of([span(1, {"session.id": "s"})]), "q")
    store.fact("of s", session="s")
    store.fact("of its trace", trace_id=f"{1:032x}")
    store.fact("of its span", trace_id=f"{1:032x}", span_id=f"{2:016x}")
    store.fact("of t", session="t")
    assert store.analytics.erase(target(store, "s")) == {"sessions": 1, "steps": 2, "facts": 3}
    assert (store.sessions("p"), store.sessions("q")) == ({"t": 2}, {"s": 1})
    assert (store.count("steps"), store.count("facts")) == (2, 1)
    assert store.analytics.erase(target(store, "s")) == {"sessions": 0, "steps": 0, "facts": 0}


def test_what_came_after_the_request_is_counted_alone(store: Kit) -> None:
    upto = store.session("s", 1)
    found = target(store, "s")
    store.session("s", 10, steps=1)
    assert store.analytics.erase(
        Target(
            project="p",
            named=("session", "s"),
            sessions=found.sessions,
            spans=found.spans,
            traces=found.traces,
            upto=upto,
        )
    ) == {"sessions": 1, "steps": 2, "facts": 0}
    assert store.sessions() == {"s": 1}


def test_spans_of_a_rewritten_body_are_found_at_their_new_place(store: Kit) -> None:
    position = store.session("s", 1, steps=3)
    other = store.session("t", 10, steps=3)
    ids = {row["ordinal"]: (row["trace_id"].bytes, row["span_id"]) for row in store.rows(STEPS)[:3]}
    for _ in range(2):  # twice is once
        store.analytics.renumber({position: [ids[2], ids[0]]})
    places = {row["span_id"]: row["ordinal"] for row in store.rows(STEPS) if row["body"] == position}
    assert (places[ids[2][1]], places[ids[0][1]]) == (0, 1)
    assert [row["ordinal"] for row in store.rows(STEPS) if row["body"] == other] == [0, 1, 2]
    store.analytics.renumber({})


def test_steps_expire_by_whole_sessions_and_the_numbers_stand(store: Kit) -> None:
    store.session("old", 1)
    store.session("still going", 10)
    store.clock.advance(2 * DAY_S)
    bound = store.clock.now_ns() - DAY_S * 10**9
    store.session("still going", 20)
    store.session("new", 30)
    before = store.rows(NUMBERS)
    assert store.analytics.expire("q", "steps", bound, 10) == 0
    assert store.analytics.expire("p", "steps", bound, 10) == 2
    assert store.analytics.expire("p", "steps", bound, 10) == 0
    assert store.rows(NUMBERS) == before
    assert {row["session"] for row in store.rows(STEPS)} == {"still going", "new"}


def test_the_oldest_expire_first_and_no_more_than_asked(store: Kit) -> None:
    for number in range(3):
        store.session(f"s{number}", 10 * number + 1)
        store.clock.advance(60)
    now_ns = store.clock.now_ns()
    assert store.analytics.expire("p", "steps", now_ns, 2) == 4
    assert {row["session"] for row in store.rows(STEPS)} == {"s2"}
    assert store.analytics.expire("p", "sessions", now_ns, 2) == 2
    assert store.sessions() == {"s2": 2}
    assert store.analytics.expire("p", "sessions", now_ns, 2) == 1
    assert (store.sessions(), store.count("steps"), store.count("sealed")) == ({}, 0, 0)


def test_facts_expire_and_no_session_is_counted_anew(store: Kit) -> None:
    store.session("s", 1)
    store.fact("f", session="s")
    store.clock.advance(3 * DAY_S)
    store.fact("g", session="s", label="failure", time=store.clock.now_ns() / 1e9 - 2 * DAY_S)
    before = store.rows(NUMBERS)
    assert store.analytics.expire("p", "facts", store.clock.now_ns() - DAY_S * 10**9, 10) == 1
    assert store.rows("select id from facts where project = $p") == [{"id": "g"}]
    assert store.rows(NUMBERS) == before


def test_a_file_written_anew_holds_the_same_rows(store: Kit) -> None:
    store.session("s", 1, **{"trimtab.cohort.plan": "gold", "trimtab.tenant": "Ünï"})
    store.fact("f", session="s")
    everything = [store.rows(f"select * from {t} where project = $p") for t in ("steps", "sessions", "facts")]
    assert store.analytics.compact()
    assert everything == [
        store.rows(f"select * from {t} where project = $p") for t in ("steps", "sessions", "facts")
    ]
    store.session("t", 10)
    assert store.analytics.compact()
    assert store.sessions() == {"s": 2, "t": 2}


def test_the_bytes_of_erased_rows_are_gone(tmp_path: Path) -> None:
    with kit(tmp_path / "analytics.duckdb") as store:
        store.session("session-of-Zacharias", 1)
        store.session("t", 10)
        store.analytics.erase(target(store, "session-of-Zacharias"))
        assert store.analytics.compact()
        assert store.sessions() == {"t": 2}
        assert b"Zacharias" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())
        store.session("u", 20)
    assert {path.name for path in tmp_path.iterdir()} == {"analytics.duckdb"}
    with kit(tmp_path / "analytics.duckdb") as again:
        assert again.sessions() == {"t": 2, "u": 2}


def test_a_backup_is_taken_while_in_use(tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    with kit(tmp_path / "analytics.duckdb") as store:
        store.session("s", 1)
        store.analytics.backup(tmp_path / "b")
        store.session("later", 10)
    with kit(tmp_path / "b" / "analytics.duckdb") as copy:
        assert copy.sessions() == {"s": 2}


def test_memory_has_nothing_to_copy(tmp_path: Path) -> None:
    with kit() as store, pytest.raises(Invalid):
        store.analytics.backup(tmp_path)


def test_an_empty_batch_moves_the_position(store: Kit) -> None:
    store.analytics.apply(Batch(steps=[], facts=[], position=7, received_ns={}))
    assert store.analytics.applied() == 7


def test_a_day_of_a_table_is_taken_away_as_parquet(store: Kit) -> None:
    store.session("a", 10)
    store.session("b", 20)
    store.fact("1", session="a")
    days = {row["table"]: row for row in store.analytics.days("p")}
    assert {table: row["rows"] for table, row in days.items()} == {"facts": 1, "sessions": 2, "steps": 4}
    assert store.analytics.days("q") == []
    sink = io.BytesIO()
    assert store.analytics.parquet("p", "steps", days["steps"]["day"], sink) == 4
    assert set(pq.read_table(sink)["session"].to_pylist()) == {"a", "b"}
    assert store.analytics.parquet("q", "steps", days["steps"]["day"], io.BytesIO()) == 0
    store.session("a", 30)
    changed = {row["table"]: row["digest"] for row in store.analytics.days("p")}
    assert changed["facts"] == days["facts"]["digest"]
    assert changed["steps"] != days["steps"]["digest"]
    with pytest.raises(Invalid, match="no such table"):
        store.analytics.parquet("p", "keys", 0, io.BytesIO())
