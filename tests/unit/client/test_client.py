"""The Python client: no route that it does not know, pages, errors with a type, patience, and writes that are done once."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.console import listening
from tests.support.promising import Shop, shop

from trimtab.app.http.api import OPERATIONS
from trimtab.app.http.api.generate import FOLDER, stub, table
from trimtab.app.http.api.openapi import operation_id
from trimtab.client import Client, Conflict, Invalid, Missing, TooMany, Unauthorised, Unavailable

Answer = Callable[[httpx.Request], httpx.Response]


def talking(answer: Answer, waits: list[float] | None = None, **more: Any) -> Client:
    slept = waits if waits is not None else []
    return Client("http://t", "tt_k", transport=httpx.MockTransport(answer), sleep=slept.append, **more)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Shop, Client]]:
    with shop(tmp_path_factory.mktemp("client") / "data") as found:
        found.tasks(5, 5, 0.8)
        with listening(found.server) as address, Client(address, found.server.server.owner) as client:
            yield found, client


def test_it_knows_each_route_and_no_other() -> None:
    assert (FOLDER / "routes.json").read_text() == table(OPERATIONS), "run `make client`"
    assert (FOLDER / "client.pyi").read_text() == stub(OPERATIONS), "run `make client`"
    names = [operation_id(one) for one in OPERATIONS]
    assert len(set(names)) == len(names)
    assert set(names) <= set(dir(Client("http://t")))


def test_each_read_of_a_store_is_answered(store: tuple[Shop, Client]) -> None:
    _, client = store
    plain = [
        one
        for one in OPERATIONS
        if one.method == "GET"
        and not one.names
        and one.door is None
        and not any(p.required for p in one.takes)
    ]
    asked = 0
    for one in plain:
        try:
            getattr(client, operation_id(one))()
        except Invalid:  # it wants what it does not call required
            continue
        asked += 1
    assert asked > 20


def test_rows_come_over_all_pages_once(store: tuple[Shop, Client]) -> None:
    _, client = store
    names = [row["session"] for row in client.each_sessions(agent="shop", limit=4)]
    assert len(names) == len(set(names)) == 25
    first = client.get_sessions(agent="shop", limit=4)
    assert [row["session"] for row in first["sessions"]] == names[:4]
    opened = client.get_sessions_session(names[0])
    assert opened["session"]["session"] == names[0]


def test_facts_and_bytes_go_through(store: tuple[Shop, Client]) -> None:
    found, client = store
    fact = {"id": "c1", "kind": "label", "source": "app", "name": "seen", "label": "yes", "session": "s1"}
    assert client.post_facts([fact])["accepted"] == 1
    assert client.post_facts(fact)["accepted"] == 1
    found.server.settle()
    assert isinstance(client.get_promises_prometheus(), bytes)


def test_a_write_by_one_key_is_done_once(store: tuple[Shop, Client]) -> None:
    _, client = store
    one = client.post_keys(name="once", scopes="read", idempotency_key="k-1")
    again = client.post_keys(name="once", scopes="read", idempotency_key="k-1")
    assert (again["id"], again["key"]) == (one["id"], None)
    assert client.post_keys(name="once", scopes="read")["id"] != one["id"]
    with pytest.raises(Invalid) as wrong:
        client.post_keys(name="twice", scopes="read", idempotency_key="k-1")
    assert wrong.value.status == 422


def test_what_goes_wrong_has_a_type(store: tuple[Shop, Client]) -> None:
    _, client = store
    with pytest.raises(Missing) as missing:
        client.get_incidents_incident("nobody")
    assert missing.value.code
    with pytest.raises(Invalid, match="agen") as invalid:
        client.get_changes_compare(agent="a" * 2000, kind="prompt", value="1")
    assert invalid.value.status == 400
    with pytest.raises(TypeError, match="takes no since"):
        client.get_changes(since=3)
    with pytest.raises(TypeError, match="needs session"):
        client.get_sessions_session()
    with pytest.raises(AttributeError, match="openapi"):
        client.get_nothing()


def test_a_wrong_key_is_no_reason_to_ask_again() -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(
            401, json={"title": "unauthorised", "detail": "unknown key", "hint": "make one"}
        )

    with pytest.raises(Unauthorised, match="unknown key") as refused:
        talking(answer).get_me()
    assert (refused.value.code, refused.value.hint, len(asked)) == ("unauthorised", "make one", 1)


@pytest.mark.parametrize(("status", "error"), [(429, TooMany), (503, Unavailable)])
def test_it_waits_as_long_as_it_is_told(status: int, error: type[Exception]) -> None:
    answers = [httpx.Response(status, headers={"retry-after": "7"}), httpx.Response(200, json={"who": "me"})]
    waits: list[float] = []
    assert talking(lambda _: answers.pop(0), waits).get_me() == {"who": "me"}
    assert waits == [7.0]
    waits.clear()
    with pytest.raises(error):
        talking(lambda _: httpx.Response(status), waits, attempts=3).get_me()
    assert len(waits) == 2


def test_a_write_is_sent_again_with_the_same_key() -> None:
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["idempotency-key"])
        if len(keys) < 3:
            raise httpx.ReadTimeout("gone")
        return httpx.Response(200, json={})

    talking(answer).post_rebuild()
    assert len(set(keys)) == 1


def test_what_cannot_be_repeated_is_not() -> None:
    asked: list[int] = []

    def answer(_: httpx.Request) -> httpx.Response:
        asked.append(1)
        raise httpx.ReadTimeout("gone")

    with pytest.raises(Unavailable):
        talking(answer).post_session(name="ada", password="x" * 12)
    assert len(asked) == 1


def test_a_conflict_and_the_answer_of_a_proxy() -> None:
    with pytest.raises(Conflict):
        talking(lambda _: httpx.Response(409, text="<html>")).post_rebuild()
    names: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        names.append(request.url.raw_path.decode())
        return httpx.Response(200, json={})

    talking(answer).get_sessions_session("a/b ?")
    assert names == ["/api/v1/sessions/a%2Fb%20%3F"]


def test_it_loads_none_of_the_server(tmp_path: Path) -> None:
    import subprocess
    import sys

    code = "import sys, json, trimtab.client; print(json.dumps([m for m in sys.modules if m.startswith('trimtab.')]))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert all(one.startswith("trimtab.client") for one in json.loads(done.stdout))
