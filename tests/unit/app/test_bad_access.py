"""Keys, methods, paths, headers and arguments that are wrong: a clear 4xx that says what to do."""

import itertools
import json

import httpx
import pytest
from tests.support.bodies import JSON, PROTOBUF, good
from tests.support.server import Inside

NUMBERS = itertools.count(1)
SIGNALS = ("traces", "logs", "metrics")


def key_of(door: Inside, scopes: str, project: str = "default") -> dict[str, str]:
    """A fresh key: its id and the key itself."""
    answer = door.call("keys", {"name": "test", "scopes": scopes, "new_project": project})
    assert answer.status_code == 200, answer.text
    return answer.json()


def bearer(key: dict[str, str]) -> str:
    """The header of a key."""
    return f"Bearer {key['key']}"


def explained(answer: httpx.Response, status: int) -> None:
    """The refusal has its status and, in problem+json, says what and what instead."""
    assert answer.status_code == status, answer.text
    if answer.headers["content-type"] == "application/problem+json":
        assert answer.json()["status"] == status
        assert answer.json()["hint"]
    assert len(answer.content) > 20


KEYS = {
    "none": "",
    "empty": "Bearer ",
    "another scheme": "Basic dXNlcjpwYXNz",
    "the key alone": "tt_0123456789",
    "unknown": "Bearer tt_0123456789",
    "very long": "Bearer " + "x" * 50_000,
    "SQL": "Bearer ' or 1=1 --",
}


@pytest.mark.parametrize("name", KEYS)
@pytest.mark.parametrize("path", ["/v1/traces", "/api/v1/query"])
def test_a_wrong_key_is_refused(door: Inside, path: str, name: str) -> None:
    media = PROTOBUF if path.startswith("/v1") else JSON
    answer = door.request("POST", path, b"", content_type=media, authorization=KEYS[name])
    explained(answer, 401)
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_key_that_is_not_ascii_is_refused(door: Inside) -> None:
    assert door.send(b"", authorization="Bearer schl\xfcssel".encode("latin-1")).status_code == 401


def test_a_revoked_key_is_refused_at_once(door: Inside) -> None:
    key = key_of(door, "ingest")
    assert door.send(good(next(NUMBERS)), authorization=bearer(key)).status_code == 200
    assert door.call("keys/revoke", {"id": key["id"]}).status_code == 200
    explained(door.send(good(next(NUMBERS)), authorization=bearer(key)), 401)
    explained(door.call("keys/revoke", {"id": "key_nobody"}), 404)


@pytest.mark.parametrize("signal", SIGNALS)
def test_a_key_that_only_reads_does_not_ingest(door: Inside, signal: str) -> None:
    answer = door.send(b"", signal, authorization=bearer(key_of(door, "read")))
    explained(answer, 403)
    assert b"lacks the scope ingest" in answer.content


def test_a_key_that_only_ingests_does_not_read(door: Inside) -> None:
    mine = bearer(key_of(door, "ingest"))
    for path in ("sessions", "sli", "tail", "status", "doctor", "keys", "sessions/x"):
        explained(door.request("GET", f"/api/v1/{path}", authorization=mine), 403)


def test_a_key_of_another_project_sees_and_touches_nothing_of_this_one(door: Inside) -> None:
    other = bearer(key_of(door, "ingest,read,admin", "other"))
    number = 5_000_000 + next(NUMBERS)
    assert door.send(good(number)).status_code == 200
    door.settle()
    explained(door.send(b"", authorization=other, x_trimtab_project="default"), 401)
    body = json.dumps({"sql": "select count(*) from steps"}).encode()
    seen = door.request("POST", "/api/v1/query", body, authorization=other)
    assert seen.json()["rows"] == [[0]]
    assert door.request("GET", "/api/v1/tail", authorization=other).json()["steps"] == []
    assert door.request("GET", "/api/v1/sessions", authorization=other).json()["total"] == 0


def test_only_the_owner_makes_keys_of_other_projects(door: Inside) -> None:
    other = bearer(key_of(door, "admin", "third"))
    body = json.dumps({"scopes": "read", "new_project": "default"}).encode()
    explained(door.request("POST", "/api/v1/keys", body, authorization=other), 403)


def test_only_the_owner_revokes_keys_of_other_projects(door: Inside) -> None:
    other, mine = bearer(key_of(door, "admin", "third")), key_of(door, "read")
    body = json.dumps({"id": mine["id"]}).encode()
    explained(door.request("POST", "/api/v1/keys/revoke", body, authorization=other), 404)


def test_only_the_owner_backs_up(door: Inside, tmp_path: object) -> None:
    other = bearer(key_of(door, "admin", "third"))
    body = json.dumps({"folder": f"{tmp_path}/copy"}).encode()
    explained(door.request("POST", "/api/v1/backup", body, authorization=other), 403)


def test_an_unknown_project_is_named(door: Inside) -> None:
    explained(door.send(b"", x_trimtab_project="nobody's"), 401)


@pytest.mark.parametrize("media", ["", "text/plain", "application/xml", "multipart/form-data", "x" * 5000])
def test_a_wrong_content_type_is_named(door: Inside, media: str) -> None:
    answer = door.send(good(1), media=media)
    explained(answer, 400)
    assert b"application/x-protobuf or application/json" in answer.content


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip", "x"])
def test_a_wrong_content_encoding_is_named(door: Inside, encoding: str) -> None:
    answer = door.send(good(1), content_encoding=encoding)
    explained(answer, 400)
    assert b"use gzip or none" in answer.content


def test_parameters_of_a_content_type_do_not_matter(door: Inside) -> None:
    assert door.send(b"{}", media="Application/JSON; charset=utf-8").status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"])
@pytest.mark.parametrize("path", ["/v1/traces", "/v1/logs", "/v1/metrics", "/api/v1/query", "/api/v1/facts"])
def test_a_wrong_method_is_named(door: Inside, path: str, method: str) -> None:
    answer = door.request(method, path)
    explained(answer, 405)
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("path", ["/v1", "/v1/profiles", "/v1/traces/x", "/api/v1/nothing", "/../etc/passwd"])
def test_a_wrong_path_is_named(door: Inside, path: str) -> None:
    explained(door.request("POST", path, b""), 404)


ARGUMENTS = {
    "a limit that is no number": "sessions?limit=many",
    "a time that is no number": "sessions?since_ns=yesterday",
    "an unknown outcome": "sessions?outcome=fine",
    "an empty dimension": "sessions?=x",
    "a long dimension": f"sessions?{'d' * 200}=x",
    "a session of nobody": "sessions/nobody",
    "a long session": "sessions/" + "s" * 20_000,
    "a split by nothing": "sli?by=" + "d" * 200,
    "a tail from nowhere": "tail?after_ns=x",
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_a_wrong_argument_is_named(door: Inside, name: str) -> None:
    answer = door.request("GET", f"/api/v1/{ARGUMENTS[name]}")
    assert answer.status_code in {400, 404}, answer.text
    assert answer.json()["detail"]


BEYOND = {
    "a position that is no number": ("GET", "status?wait_for=x"),
    "a position beyond 64 bits": ("GET", f"tail?after_ns={10**30}"),
    "a limit beyond 64 bits": ("GET", f"sessions?limit={10**30}"),
    "a negative limit": ("GET", "sessions?limit=-1"),
    "a time beyond 64 bits": ("GET", f"sessions?since_ns={10**30}"),
}


@pytest.mark.parametrize("name", BEYOND)
def test_a_number_out_of_bounds_is_named(door: Inside, name: str) -> None:
    method, path = BEYOND[name]
    assert door.request(method, f"/api/v1/{path}").status_code == 400


FACT = {"id": "f", "kind": "outcome", "source": "human", "session": "s", "label": "success"}
FACTS: dict[str, object] = {
    "no object": [7],
    "null": None,
    "a list of lists": [[FACT]],
    "an unknown field": FACT | {"outcome": "x"},
    "no id": FACT | {"id": ""},
    "an unknown kind": FACT | {"kind": "guess"},
    "a list for a kind": FACT | {"kind": ["outcome"]},
    "an unknown source": FACT | {"source": "me"},
    "an unknown outcome": FACT | {"label": "fine"},
    "two targets": FACT | {"trace_id": "0" * 31 + "1"},
    "no target": FACT | {"session": ""},
    "an id that is not hex": FACT | {"session": "", "trace_id": "zz"},
    "an id that is too short": FACT | {"session": "", "trace_id": "ab"},
    "a value that is a text": FACT | {"value": "1"},
    "a long text": FACT | {"reason": "r" * 2001},
    "a time without a zone": FACT | {"time": "2026-01-01T00:00:00"},
    "a time before 1970": FACT | {"time": -1},
    "one wrong among many": [FACT, FACT | {"id": "g"}, FACT | {"kind": "x"}],
    "10,001 facts": [FACT | {"id": str(n)} for n in range(10_001)],
}


@pytest.mark.parametrize("name", FACTS)
def test_a_wrong_fact_is_named_and_none_is_taken(door: Inside, name: str) -> None:
    before = door.server.journal.last()
    answer = door.call("facts", FACTS[name])
    assert answer.status_code in {400, 413}, answer.text
    assert answer.json()["hint"]
    assert door.server.journal.last() == before


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 20_000, b'{"a":' * 20_000])
def test_facts_that_are_no_json_are_refused(door: Inside, body: bytes) -> None:
    explained(door.request("POST", "/api/v1/facts", body, content_type=JSON), 400)


def test_an_identifier_that_looks_like_a_card_stays_one(door: Inside) -> None:
    fact = FACT | {"id": "card", "session": "", "trace_id": "41" * 16, "span_id": "4111111111111111"}
    assert door.call("facts", fact | {"reason": "ask ann@example.com"}).status_code == 200
    assert door.query("select span_id, reason from facts where id = 'card'") == [
        [0x4111111111111111, "ask [redacted:email]"]
    ]


def test_a_fact_that_is_none_after_redaction_is_refused(door: Inside) -> None:
    answer = door.call("facts", FACT | {"reason": "a@ab.de " * 249})
    explained(answer, 400)
    assert "after redaction" in answer.json()["detail"]
