"""Whoever is to be forgotten goes from rows and bodies, once and for all, and nobody else."""

import json
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.support.bodies import gauge_of, log_of, span, traces_of
from tests.support.stores import NUMBERS, STEPS, Kit, everything, kit

from trimtab.adapters.sqlite_journal import SqliteJournal
from trimtab.loop.store import Journal, Row, erasure_key
from trimtab.loop.store.erase import carry_out, request
from trimtab.vocabulary.kernel import Invalid, VirtualClock


@pytest.fixture
def store() -> Generator[Kit]:
    with kit() as found:
        yield found


def names(body: bytes) -> list[int]:
    """The span ids of a traces body."""
    parsed = ExportTraceServiceRequest.FromString(body)
    return [
        int.from_bytes(s.span_id, "big")
        for r in parsed.resource_spans
        for scope in r.scope_spans
        for s in scope.spans
    ]


def body_at(store: Kit, position: int) -> bytes:
    found = store.journal.get(position)
    assert found is not None
    return found.body


def mixed(store: Kit) -> int:
    """One body with spans of three sessions, of which two name the user ann."""
    return store.take(
        traces_of(
            [
                span(1, {"session.id": "a", "user.id": "ann"}),
                span(2, {"session.id": "b"}),
                span(3, {"session.id": "a"}),
                span(4, {"session.id": "b", "user.id": "bob"}),
                span(5, {"session.id": "c", "enduser.id": "ann", "trimtab.tenant": "acme"}),
            ]
        )
    )


def test_a_user_goes_with_every_session_that_names_them(store: Kit) -> None:
    position = mixed(store)
    store.take(traces_of([span(9, {"session.id": "z", "user.id": "ann"})]), "q")
    _, done = store.keeper.erase("p", "user", "ann")
    assert (done.sessions, done.steps, done.bodies_rewritten, done.bodies_removed) == (2, 3, 1, 0)
    assert store.sessions() == {"b": 2}
    assert store.sessions("q") == {"z": 1}
    assert names(body_at(store, position)) == [2, 4]
    assert [(row["span_id"], row["ordinal"]) for row in store.rows(STEPS)] == [(2, 0), (4, 1)]
    assert store.forgotten == [position >> 32]


def test_a_tenant_and_a_session_go_likewise(store: Kit) -> None:
    mixed(store)
    assert store.keeper.erase("p", "tenant", "acme")[1].sessions == 1
    assert store.keeper.erase("p", "session", "a")[1].steps == 2
    assert store.sessions() == {"b": 2}


def test_rows_and_a_rebuild_agree(store: Kit) -> None:
    mixed(store)
    store.session("d", 20)
    store.fact("f", session="d")
    store.fact("g", session="a")
    store.keeper.erase("p", "user", "ann")
    before = store.rows(NUMBERS), store.rows(STEPS), store.count("facts")
    store.rebuild()
    assert (store.rows(NUMBERS), store.rows(STEPS), store.count("facts")) == before


def test_a_span_that_came_twice_goes_twice(store: Kit) -> None:
    twin = traces_of([span(1, {"session.id": "a"}), span(2, {"session.id": "b"})])
    first, second = store.take(twin), store.take(twin)
    done = store.keeper.erase("p", "session", "a")[1]
    assert (done.steps, done.bodies_rewritten) == (1, 2)
    assert names(body_at(store, first)) == names(body_at(store, second)) == [2]


def test_facts_and_logs_and_metrics_go_with_their_session(store: Kit) -> None:
    store.take(traces_of([span(1, {"session.id": "a", "user.id": "ann"}), span(2, {"session.id": "b"})]))
    rows = [
        {"id": "1", "kind": "label", "source": "app", "label": "x", "session": "a"},
        {"id": "2", "kind": "label", "source": "app", "label": "x", "session": "b"},
        {"id": "3", "kind": "label", "source": "app", "label": "x", "trace_id": f"{1:032x}"},
        {"id": "4", "kind": "label", "source": "app", "label": "x", "trace_id": f"{2:032x}"},
    ]
    facts = store.take(orjson.dumps(rows), signal="facts")
    of_span = store.take(log_of({"x": "y"}, "text", trace_id=(1).to_bytes(16, "big")), signal="logs")
    of_user = store.take(log_of({"user.id": "ann"}, "text"), signal="logs")
    of_other = store.take(log_of({"user.id": "bob"}, "text"), signal="logs")
    score = store.take(gauge_of("trimtab.fact.score", {"session.id": "a"}), signal="metrics")
    other = store.take(gauge_of("trimtab.fact.score", {"session.id": "b"}), signal="metrics")
    done = store.keeper.erase("p", "user", "ann")[1]
    assert (done.facts, done.bodies_removed, done.bodies_rewritten) == (3, 3, 2)
    assert [row["id"] for row in json.loads(body_at(store, facts))] == ["2", "4"]
    assert [store.journal.get(at) for at in (of_span, of_user, score)] == [None] * 3
    assert body_at(store, of_other)
    assert ExportMetricsServiceRequest.FromString(body_at(store, other)).resource_metrics
    assert store.count("facts") == 3


def test_a_session_of_facts_alone_can_be_erased(store: Kit) -> None:
    position = store.fact("f", session="only facts")
    done = store.keeper.erase("p", "session", "only facts")[1]
    assert (done.facts, store.journal.get(position)) == (1, None)


def test_a_dry_run_removes_nothing(store: Kit) -> None:
    mixed(store)
    found = store.keeper.preview("p", "user", "ann")
    assert found == {"sessions": 2, "steps": 3, "bodies": 1, "named": ["a", "c"], "reached": {}, "left": {}}
    assert (store.sessions(), store.state.erasures()) == ({"a": 2, "b": 2, "c": 1}, [])


def test_what_is_left_of_a_request_names_nobody(store: Kit) -> None:
    mixed(store)
    name, done = store.keeper.erase("p", "user", "ann")
    row = store.state.erasures()[0]
    assert (row["id"], row["value"], row["finished_ns"]) == (name, None, store.clock.now_ns())
    assert json.loads(row["counts"])["steps"] == done.steps == 3
    assert "ann" not in json.dumps(row)
    assert store.recorded == [row]


@pytest.mark.parametrize(("what", "value"), [("user", ""), ("name", "ann"), ("", "")])
def test_nobody_is_not_erased(store: Kit, what: str, value: str) -> None:
    with pytest.raises(Invalid):
        store.keeper.erase("p", what, value)
    with pytest.raises(Invalid):
        store.keeper.preview("p", what, value)


class Crash(Exception):
    """The process ends here."""


class Fragile:
    """A port whose n-th change never returns: as after a kill, with the change made or not."""

    def __init__(self, real: Any, calls: list[str], at: int, *, done: bool) -> None:
        self._real, self._calls, self._at, self._done = real, calls, at, done

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name not in {"rewrite", "scrub", "erase", "renumber", "compact", "put_erasure", "forget"}:
            return found

        def call(*arguments: Any) -> Any:
            self._calls.append(name)
            crash = len(self._calls) - 1 == self._at
            result = found(*arguments) if not crash or self._done else None
            if crash:
                raise Crash(name)
            return result

        return call


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("at", range(14))
def test_an_interrupted_erasure_is_finished(store: Kit, at: int, done: bool) -> None:
    first = mixed(store)
    second = store.take(traces_of([span(7, {"session.id": "a"}), span(8, {"session.id": "b"})]))
    store.fact("f", session="a")
    whole = store.sources
    calls: list[str] = []
    row = request(whole, "p", "user", "ann")
    fragile = {
        port: Fragile(getattr(whole, port), calls, at, done=done)
        for port in ("journal", "analytics", "state")
    }
    try:
        carry_out(replace(whole, **fragile), row)
    except Crash:
        store.forgotten.clear()
        finished = dict(store.keeper.finish(store.recorded))
        assert len(finished) in {0, 1}
        if finished:
            assert finished[row["id"]].bytes_gone
            assert store.forgotten == [first >> 32]
    assert [r["finished_ns"] is not None and r["value"] is None for r in store.state.erasures()] == [True]
    assert store.sessions() == {"b": 3}
    assert (names(body_at(store, first)), names(body_at(store, second))) == ([2, 4], [8])
    places = {r["span_id"]: (r["body"], r["ordinal"]) for r in store.rows(STEPS)}
    assert places == {2: (first, 0), 4: (first, 1), 8: (second, 0)}
    assert store.count("facts") == 0
    counts = json.loads(store.state.erasures()[0]["counts"])
    assert counts["steps"] == 4
    assert counts["sessions"] == 2


def test_an_older_state_erases_again_what_is_on_record(store: Kit) -> None:
    mixed(store)
    key = erasure_key(store.state)
    name, done = store.keeper.erase("p", "user", "ann")
    on_record: list[Row] = list(store.recorded)
    with kit() as older:  # as a restore of a backup puts it in place
        older.state.set_setting("erasure.key", key.hex())
        mixed(older)
        again = older.keeper.finish(on_record)
        assert [(i, e.sessions, e.steps) for i, e in again] == [(name, done.sessions, done.steps)]
        assert older.sessions() == {"b": 2}
        assert older.keeper.finish(on_record) == []
    with kit() as stranger:  # another key recognises nobody, and says so
        mixed(stranger)
        ((_, nothing),) = stranger.keeper.finish(on_record)
        assert (nothing.steps, nothing.note) == (0, "nothing of it is in this store")


def test_the_bytes_are_gone(tmp_path: Path) -> None:
    clock = VirtualClock()
    journal: Journal = SqliteJournal(tmp_path / "journal", clock)
    with kit(tmp_path / "analytics.duckdb", journal) as store:
        mixed(store)
        store.session("Zacharias-1", 50, **{"user.id": "Zacharias", "note": "Zacharias was here"})
        assert b"Zacharias" in everything(tmp_path)
        assert store.keeper.erase("p", "user", "Zacharias")[1].bytes_gone
        assert b"Zacharias" not in everything(tmp_path)
        assert store.sessions() == {"a": 2, "b": 2, "c": 1}
