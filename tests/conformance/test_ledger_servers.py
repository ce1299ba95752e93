"""What is true of the servers behind a ledger: they keep what they were told, or are refused."""

from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from tests.support.ledgers import Place, new_place, opened
from tests.support.postgres import new_schema
from tests.support.servers import HOST, Running, new_postgres, new_redis, postgres_url, redis_url

from trimtab.adapters.postgres_ledger import PostgresDatabase
from trimtab.adapters.redis_ledger import RedisLedger, RedisServer
from trimtab.edge.runtime import Claim, Settlement
from trimtab.vocabulary.contract import Reservation
from trimtab.vocabulary.kernel import Invalid, Unavailable

pytestmark = pytest.mark.full
CLAIM: dict[str, Any] = {
    "fingerprint": "f",
    "owner": "a",
    "session": "s",
    "tool": "t",
    "now_ns": 100,
    "lease_ns": 10,
    "ttl_ns": 50,
}


@pytest.mark.parametrize("kind", ["redis", "postgres"])
def test_what_was_told_survives_the_death_of_the_server(kind: str, tmp_path: Path) -> None:
    server = new_redis() if kind == "redis" else new_postgres()
    where = redis_url(server.port) if kind == "redis" else postgres_url(server.port)
    try:
        with opened(Place(kind=kind, where=where, name="{x}")) as found:
            for key in ("done", "sent", "begun"):
                found.ledger.begin(Claim(key=key, **CLAIM))
            found.ledger.mark_sent("sent", "a")
            found.ledger.settle("done", "a", Settlement(state="succeeded", result=1))
            found.budget.reserve([Reservation(key="b", amount=1, most=1)])
            server.kill()
            with pytest.raises(Unavailable):
                found.ledger.begin(Claim(key="more", **CLAIM))
            server.start()
            rows = [found.ledger.look(key) for key in ("done", "sent", "begun")]
            assert [(row.state, row.sent) for row in rows if row] == [
                ("succeeded", False),
                ("pending", True),
                ("pending", False),
            ]
            assert dict(found.budget.spent) == {"b": 1.0}
            assert found.ledger.begin(Claim(key="more", **CLAIM)).mine
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (["--appendonly", "no"], "appendonly is off"),
        (["--appendonly", "yes", "--appendfsync", "everysec"], "appendfsync is everysec"),
        (["--rename-command", "CONFIG", ""], "appendfsync is hidden from us"),
        (["--maxmemory", "50mb", "--maxmemory-policy", "allkeys-lru"], "maxmemory-policy is allkeys-lru"),
    ],
)
def test_a_redis_that_forgets_is_refused_unless_told_otherwise(settings: list[str], said: str) -> None:
    server = new_redis(*settings)
    try:
        with pytest.raises(Invalid, match=said):
            RedisServer(redis_url(server.port))
        lossy = RedisServer(redis_url(server.port), lossy=True)
        assert RedisLedger(lossy).begin(Claim(key="k", **CLAIM)).mine
        lossy.close()
    finally:
        server.stop()


def test_a_word_counts_once_enough_copies_have_it(tmp_path: Path) -> None:
    first = new_redis()
    second: Running | None = None
    try:
        alone = RedisServer(redis_url(first.port), replicas=1, wait_s=0.2)
        with pytest.raises(Unavailable, match="only 0 of 1 copies"):
            RedisLedger(alone).begin(Claim(key="k", **CLAIM))
        alone.close()
        second = new_redis("--replicaof", HOST, str(first.port))
        with redis.Redis(port=second.port) as copy:
            while copy.info("replication")["master_link_status"] != "up":
                pass
        both = RedisServer(redis_url(first.port), replicas=1, wait_s=20)
        assert RedisLedger(both).begin(Claim(key="l", **CLAIM)).mine
        both.close()
        with redis.Redis(port=second.port) as copy:
            assert copy.exists("{trimtab}:work:l")
    finally:
        first.stop()
        if second:
            second.stop()


def test_a_script_told_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    """A client whose answer was lost tells it again; the claim is still its own."""
    place = new_place("redis", tmp_path)
    server = RedisServer(place.where, prefix=place.name)
    real, calls = server.run, []

    def twice(script: Any, keys: list[str], args: list[str]) -> Any:
        calls.append(real(script, keys, args))
        return real(script, keys, args)

    server.run = twice  # type: ignore[method-assign]
    ledger = RedisLedger(server)
    assert ledger.begin(Claim(key="k", **CLAIM)).mine
    assert ledger.mark_sent("k", "a")
    assert ledger.settle("k", "a", Settlement(state="succeeded", result=1))
    assert not ledger.settle("k", "a", Settlement(state="succeeded", result=1))
    assert len(calls) == 3
    server.close()


def test_no_memory_is_left_behind_on_redis(tmp_path: Path) -> None:
    place = new_place("redis", tmp_path)
    with opened(place) as found:
        for number in range(250):
            found.ledger.begin(Claim(key=f"{number}", **CLAIM | {"now_ns": number * 10**9, "ttl_ns": 10**9}))
            found.ledger.settle(f"{number}", "a", Settlement(state="succeeded", result="x" * 100))
        with redis.Redis.from_url(place.where) as client:
            assert len(list(client.scan_iter(f"{place.name}:*", count=1000))) <= 4


def test_the_tables_of_a_later_version_are_refused() -> None:
    url = new_schema()
    PostgresDatabase(url).close()
    PostgresDatabase(url).close()
    with psycopg.connect(url, autocommit=True) as con:
        assert con.execute("select version from trimtab_ledger_version").fetchall() == [(1,)]
        con.execute("update trimtab_ledger_version set version = 99")
    with pytest.raises(Invalid, match="version 99"):
        PostgresDatabase(url)


def test_a_postgres_that_forgets_is_refused_unless_told_otherwise() -> None:
    server = new_postgres()
    try:
        with psycopg.connect(postgres_url(server.port), autocommit=True) as con:
            con.execute("alter system set fsync = off")
            con.execute("alter system set synchronous_commit = off")
            con.execute("select pg_reload_conf()")
        with pytest.raises(Invalid, match="fsync off"):
            PostgresDatabase(postgres_url(server.port))
        lossy = PostgresDatabase(postgres_url(server.port), lossy=True)
        with lossy.writing() as db:
            assert db.execute("show synchronous_commit").fetchone() == ("on",)
        lossy.close()
    finally:
        server.stop()
