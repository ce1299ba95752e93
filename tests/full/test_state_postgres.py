"""The state in PostgreSQL: servers that start at once, races between two of them, an outage, backups into either kind."""

import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from tests.support.bodies import JSON, good
from tests.support.people import join, sign_in
from tests.support.postgres import new_state
from tests.support.server import Served, inside, serving
from tests.support.servers import HOST, new_postgres, shared_postgres

from trimtab.adapters.sql_state import SqlAuditLog, SqlPeopleStore, SqlReplies, SqlState
from trimtab.adapters.sql_state.engine import open_engine, postgres_engine
from trimtab.app.bootstrap.care import back_up, restore
from trimtab.app.settings import Settings
from trimtab.loop.access import AuditEntry, Invitation, KeptReply, Person
from trimtab.vocabulary.kernel import Conflict, Invalid

pytestmark = pytest.mark.full
PASSWORD = "Pa:ss@Word"
ENTRY = AuditEntry(at_ns=1, project="p", who="w", action="a", target="", address="", outcome=200)


def at_once(count: int, work: Callable[[int], Any]) -> list[Any]:
    """What several threads bring back that begin at the same moment; an error counts as its class."""
    gate, found = threading.Barrier(count), list[Any]()

    def run(at: int) -> None:
        gate.wait()
        try:
            found.append(work(at))
        except Exception as error:  # noqa: BLE001 - what went wrong is what is asked
            found.append(type(error))

    threads = [threading.Thread(target=run, args=(at,)) for at in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_servers_that_start_at_once_make_the_tables_once() -> None:
    where = new_state()
    states = at_once(6, lambda _: SqlState(where))
    assert [type(one) for one in states] == [SqlState] * 6
    for one in states:
        one.close()


def test_a_database_that_cannot_keep_every_text_is_refused_in_words() -> None:
    url = shared_postgres()
    with psycopg.connect(url, autocommit=True) as con:
        con.execute("drop database if exists plain")
        con.execute("create database plain encoding 'SQL_ASCII' locale 'C' template template0")
    with pytest.raises(Invalid, match="keeps text as SQL_ASCII, not as UTF8"):
        open_engine(sa.make_url(url).set(database="plain").render_as_string(hide_password=False))


def test_the_database_refuses_to_change_the_log() -> None:
    where = new_state()
    log = SqlAuditLog(where)
    log.append(ENTRY)
    log.close()
    engine = postgres_engine(where)
    for statement in ("delete from audit", "update audit set who = 'nobody'", "truncate audit"):
        with pytest.raises(sa.exc.IntegrityError, match="only appended"), engine.begin() as con:
            con.execute(sa.text(statement))
    engine.dispose()


def test_whatever_a_write_is_called_is_in_the_log() -> None:
    log = SqlAuditLog(new_state())
    log.append(
        AuditEntry(at_ns=1, project="p", who="w\0" * 300, action="a", target="\ud800", address="", outcome=1)
    )
    assert [one.who[:2] for one in log.entries(["p"], 1 << 60, 9)] == ["w\N{REPLACEMENT CHARACTER}"]
    log.close()


def test_of_two_servers_one_has_a_link_a_name_and_a_key() -> None:
    where = new_state()
    servers = [SqlPeopleStore(where), SqlPeopleStore(where)]
    replies = [SqlReplies(where), SqlReplies(where)]
    states = [SqlState(where), SqlState(where)]
    for turn in range(20):
        servers[0].put_invitation(Invitation(digest=f"d{turn}", person="x", expires_ns=9))
        used = at_once(4, lambda at, turn=turn: servers[at % 2].use_invitation(f"d{turn}"))
        assert sorted(used) == [False, False, False, True]
        links = at_once(
            4,
            lambda at, turn=turn: servers[at % 2].put_invitation(
                Invitation(digest=f"e{turn}{at}", person="y", expires_ns=9)
            ),
        )
        assert links == [None] * 4
        assert sum(servers[0].invitation(f"e{turn}{at}") is not None for at in range(4)) == 1
        named = at_once(
            4,
            lambda at, turn=turn: servers[at % 2].add_person(
                Person(id=f"u{turn}-{at}", name=f"n{turn}", created_ns=1, roles={"p": "viewer"})
            ),
        )
        assert sorted(map(str, named)) == [str(Conflict)] * 3 + ["None"]
        begun = at_once(4, lambda at, turn=turn: replies[at % 2].begin("ann", f"k{turn}", "d", 1))
        assert [type(one) for one in begun].count(KeptReply) == 3
        kept = at_once(4, lambda at, turn=turn: states[at % 2].keep_setting(f"s{turn}", str(at)))
        assert len(set(kept)) == 1
        assert (
            at_once(4, lambda at, turn=turn: servers[at % 2].set_role("x", f"p{turn}", "viewer"))
            == [None] * 4
        )
    assert len({one.name for one in servers[1].people()}) == len(servers[1].people()) == 20
    for one in (*servers, *replies, *states):
        one.close()


def test_a_server_that_starts_leaves_the_answers_of_another_alone() -> None:
    where = new_state()
    first = SqlReplies(where)
    assert first.begin("ann", "k", "d", 1) is None
    second = SqlReplies(where)
    done = KeptReply(digest="d", status=200, media="m", body=b"{}")
    under_way = second.begin("ann", "k", "d", 2)
    assert under_way is not None
    assert under_way.status == 0
    crashed = second.begin("ann", "k", "d", 700 * 10**9)
    assert crashed is not None
    assert crashed.status == -1
    first.keep("ann", "k", done)
    assert second.begin("ann", "k", "d", 3) == done
    first.close()
    second.close()


def test_a_server_lives_through_an_outage_and_tells_nobody_the_password(tmp_path: Path) -> None:
    database = new_postgres()
    with psycopg.connect(f"postgresql://trimtab@{HOST}:{database.port}/postgres", autocommit=True) as con:
        con.execute("create role keeper login superuser password 'Pa:ss@Word'")
    url = f"postgresql://keeper:Pa%3Ass%40Word@{HOST}:{database.port}/postgres"
    with serving(tmp_path / "data", env={"TRIMTAB_STATE_URL": url}) as served:
        assert not (served.data / "state.sqlite").exists()
        assert promised(served, "before") == 200
        database.kill()
        started = time.monotonic()
        outage = served.request("POST", "/api/v1/silences", body_of("during"), content_type=JSON)
        assert (outage.status, outage.headers["retry-after"]) == (503, "5")
        assert time.monotonic() - started < 60
        assert served.send(good(1)).status == 200  # telemetry needs no state
        said = served.request("GET", "/api/v1/doctor").body + outage.body
        database.start()
        assert promised(served, "after") == 200
        database.kill()
        database.start()
        assert promised(served, "as if nothing had been") == 200
        served.settle()
        kept = served.request("GET", "/api/v1/silences").json["silences"]
        assert {one["comment"] for one in kept} >= {"before", "after"}
        checks = {one["id"]: one for one in served.request("GET", "/api/v1/doctor").json["checks"]}
        assert checks["state"]["severity"] == "ok"
        assert f"{HOST}:{database.port}/postgres: ok" in checks["state"]["detail"]
        said += json.dumps(checks).encode()
        log = served.log
    for secret in (PASSWORD, "Pa%3Ass%40Word", "keeper"):
        assert secret.encode() not in said
        assert secret not in log.read_text()
        assert secret not in (tmp_path / "data" / "state.place").read_text()
    database.stop()


def body_of(comment: str) -> bytes:
    """A silence."""
    return json.dumps({"matchers": ['a="b"'], "by": "ann", "comment": comment}).encode()


def promised(served: Served, comment: str) -> int:
    """Write something into the state; its status."""
    return served.request("POST", "/api/v1/silences", body_of(comment), content_type=JSON).status


def test_a_backup_moves_the_state_to_postgresql_and_back(tmp_path: Path) -> None:
    with inside(tmp_path / "first", password_cost=4) as door:
        join(door, "ann", "editor")
        back_up(door.server, tmp_path / "one")
    where = new_state()
    restore(tmp_path / "one", Settings(data=tmp_path / "second", state_url=where))
    assert not (tmp_path / "second" / "state.sqlite").exists()
    with pytest.raises(Conflict, match="is not empty"):
        restore(tmp_path / "one", Settings(data=tmp_path / "third", state_url=where))
    with inside(tmp_path / "second", password_cost=4, state_url=where) as door:
        assert sign_in(door, "ann").status_code == 200
        join(door, "bo", "viewer")
        before = audit_of(door)
        assert [row["sequence"] for row in before] == list(range(len(before), 0, -1))
        back_up(door.server, tmp_path / "two")
    with pytest.raises(Conflict, match=r"the state of .* is in PostgreSQL"), inside(tmp_path / "second"):
        pass
    restore(tmp_path / "two", Settings(data=tmp_path / "fourth"))
    with inside(tmp_path / "fourth", password_cost=4) as door:
        assert [sign_in(door, name).status_code for name in ("ann", "bo")] == [200, 200]
        assert audit_of(door)[-len(before) :] == before
    with pytest.raises(Conflict, match=r"in its state\.sqlite"), inside(tmp_path / "first", state_url=where):
        pass


def audit_of(door: Any) -> list[dict[str, Any]]:
    """The log as the owner reads it."""
    found: list[dict[str, Any]] = door.request("GET", "/api/v1/audit").json()["entries"]
    return found


def test_what_is_erased_is_not_in_the_files_of_the_database_any_more() -> None:
    database = new_postgres()
    url = f"postgresql://trimtab@{HOST}:{database.port}/postgres"
    state = SqlState(url)
    row = {"id": "e", "project": "p", "what": "user", "value": "Ann-Marker", "digest": "d"}
    row |= {"upto": 1, "requested_ns": 1, "finished_ns": None, "counts": "{}"}
    state.put_erasure(row)

    def kept() -> int:
        with psycopg.connect(url, autocommit=True) as con:
            con.execute("checkpoint")
            found = con.execute("select pg_relation_filepath('erasure')").fetchone()
        assert found is not None
        return (database.folder / "data" / found[0]).read_bytes().count(b"Ann-Marker")

    assert kept() == 1
    state.put_erasure(row | {"value": None, "finished_ns": 2})
    assert kept() == 1
    assert state.scrub()
    assert kept() == 0
    assert state.check() == "ok"
    state.close()
    database.stop()


def test_two_servers_start_at_once_and_share_who_may_come_in(tmp_path: Path) -> None:
    env = {"TRIMTAB_STATE_URL": new_state().replace("postgresql+psycopg:", "postgresql:")}
    servers = [Served(tmp_path / name, env=env) for name in ("a", "b")]
    assert at_once(2, lambda at: servers[at].start()) == [None, None]
    try:
        made = servers[0].request("POST", "/api/v1/keys", b'{"scopes": "ingest,read"}', content_type=JSON)
        key = f"Bearer {made.json['key']}"
        assert [one.send(good(1), authorization=key).status for one in servers] == [200, 200]
        said = at_once(2, lambda at: [promised(servers[at], f"{at}-{number}") for number in range(10)])
        assert said == [[200] * 10] * 2
        for one in servers:
            silences = one.request("GET", "/api/v1/silences").json["silences"]
            assert len(silences) == 20
            log = one.request("GET", "/api/v1/audit").json["entries"]
            assert sum(row["action"] == "POST /api/v1/silences" for row in log) == 20
    finally:
        for one in servers:
            one.stop()


def test_a_password_that_is_wrong_is_not_told() -> None:
    where = new_state().replace("trimtab@", "nobody:hush-hush@")
    with pytest.raises(Exception, match="cannot be used now") as raised:
        open_engine(where)
    assert "hush-hush" not in f"{raised.value!r} {raised.value.__cause__!r}"
