"""What holds for every route: its description, pages, tags, idempotency, rates, unknown names, headers."""

import itertools
import json
import re
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest
from tests.support.bodies import JSON, good, span, traces_of
from tests.support.people import post
from tests.support.server import Inside, inside

from trimtab.app.http.api import OPERATIONS, Operation
from trimtab.vocabulary.kernel import VirtualClock

NUMBERS = itertools.count(1)
PER_KEY = 5


@pytest.fixture(scope="module")
def clock() -> VirtualClock:
    return VirtualClock(1_800_000_000_000_000_000)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, clock: VirtualClock) -> Generator[Inside]:
    """A server on a virtual clock, where a key may ask five times a second."""
    data = tmp_path_factory.mktemp("api") / "data"
    with inside(data, clock, password_cost=4, requests_per_s=PER_KEY) as found:
        yield found


def described(house: Inside) -> dict[str, dict[str, dict[str, object]]]:
    answer = house.request("GET", "/api/v1/openapi.json", authorization="")
    assert answer.status_code == 200
    return answer.json()


def test_every_route_is_described_and_nothing_else(house: Inside) -> None:
    paths = described(house)["paths"]
    told = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert told == {(one.method, f"/api/v1{one.template}") for one in OPERATIONS}


def test_every_route_says_what_it_does_and_may(house: Inside) -> None:
    for path, methods in described(house)["paths"].items():
        for method, one in methods.items():
            assert one["summary"], (method, path)
            if "x-trimtab-scope" in one:
                assert one["security"], (method, path)


def test_every_name_of_a_route_is_given_once() -> None:
    names = [(one.method, one.path) for one in OPERATIONS]
    assert len(set(names)) == len(names)
    for one in OPERATIONS:
        taken = [parameter.name for parameter in one.takes]
        assert len(set(taken)) == len(taken), one.path


@pytest.mark.parametrize(
    ("path", "nearest"),
    [
        ("sessions?limt=1", "limit"),
        ("sessions?agnet=airline", "agent"),
        ("sessions?since=1", "since_ns"),
        ("incidents?al=yes", "all"),
        ("tail?aftr_ns=1", "after_ns"),
    ],
)
def test_an_unknown_parameter_is_refused_with_the_nearest(house: Inside, path: str, nearest: str) -> None:
    answer = house.request("GET", f"/api/v1/{path}")
    assert (answer.status_code, answer.json()["title"]) == (400, "parameter")
    assert answer.json()["hint"] == f"did you mean {nearest}?"


def test_an_unknown_field_of_a_body_is_refused(house: Inside) -> None:
    answer = house.call("keys", {"scope": "read"})
    assert (answer.status_code, answer.json()["hint"]) == (400, "did you mean scopes?")


@pytest.mark.parametrize(
    "one",
    [one for one in OPERATIONS if one.scope and not one.free and any(p.required for p in one.takes)],
    ids=lambda one: f"{one.method} {one.path}",
)
def test_what_is_needed_and_not_given_is_named(house: Inside, one: Operation) -> None:
    path = re.sub(r"{.*?}", "x", one.template)
    body = b"{}" if one.method in {"POST", "PUT", "PATCH"} else None
    answer = house.request(one.method, f"/api/v1{path}", body, content_type=JSON)
    first = next(parameter.name for parameter in one.takes if parameter.required)
    assert (answer.status_code, answer.json()["detail"]) == (400, f"{first} is missing")


def test_a_dimension_of_ones_own_is_no_slip(house: Inside) -> None:
    assert house.request("GET", "/api/v1/sessions?shop=berlin").json()["total"] == 0
    assert house.request("GET", "/api/v1/sessions?agents=x").status_code == 400
    body = traces_of([span(900, {"trimtab.cohort.agents": "x"})])
    assert house.send(body).status_code == 200
    house.settle()
    assert house.request("GET", "/api/v1/sessions?agents=x").json()["total"] == 1


WRONG = {
    "a text for a list": ("silences", {"matchers": "a=b", "by": "ann"}),
    "a list for a text": ("keys/revoke", {"id": ["x"]}),
    "a number for a text": ("sli/remove", {"name": 7}),
    "a long text": ("keys", {"name": "x" * 201}),
    "an unknown word": ("promises/translate", {"form": "pyrra", "files": {"a": "b"}}),
    "a negative number": ("incidents", {"title": "x", "by": "a", "happened_ns": -1}),
    "a truth for a number": ("query", {"sql": "select 1", "limit": True}),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_value_that_is_not_what_is_declared_is_refused(house: Inside, name: str) -> None:
    answer = house.call(*WRONG[name])
    assert answer.status_code == 400, answer.text
    assert answer.json()["hint"]


def pages_of(house: Inside, path: str, rows: str, between: object = None) -> list[list[dict[str, object]]]:
    """All pages of a list; `between` is done after the first."""
    found: list[list[dict[str, object]]] = []
    cursor = ""
    while True:
        answer = house.request("GET", f"/api/v1/{path}&cursor={cursor}").json()
        found.append(answer[rows])
        cursor = answer["next"]
        if cursor is None:
            return found
        if callable(between) and len(found) == 1:
            between()


def test_pages_of_sessions_hold_each_once_also_when_some_come_between(house: Inside) -> None:
    def come(numbers: range) -> None:
        for number in numbers:
            assert house.send(good(number)).status_code == 200
        house.settle()

    come(range(1000, 1011))
    before = {
        row["session"] for row in house.request("GET", "/api/v1/sessions?limit=1000").json()["sessions"]
    }
    pages = pages_of(house, "sessions?limit=3", "sessions", lambda: come(range(2000, 2004)))
    seen = [row["session"] for page in pages for row in page]
    assert len(seen) == len(set(seen))
    assert before <= set(seen) | {row["session"] for row in pages[0]}
    assert all(len(page) <= 3 for page in pages)


def test_pages_of_the_tail_split_a_body_and_lose_nothing(house: Inside) -> None:
    body = good(3000, 7)
    assert house.send(body).status_code == 200
    house.settle()
    whole = house.request("GET", "/api/v1/tail?after_ns=0&limit=10000").json()["steps"]
    pages = pages_of(house, "tail?after_ns=0&limit=3", "steps")
    assert [row["span_id"] for page in pages for row in page] == [row["span_id"] for row in whole]
    assert len(pages) > 2


@pytest.mark.parametrize(("path", "rows"), [("keys", "keys"), ("audit", "entries")])
def test_pages_of_other_lists_hold_each_once(house: Inside, path: str, rows: str) -> None:
    for number in range(7):
        assert house.call("keys", {"name": f"page {number}"}).status_code == 200
    name = "id" if path == "keys" else "sequence"
    whole = [row[name] for row in house.request("GET", f"/api/v1/{path}?limit=1000").json()[rows]]
    pages = pages_of(house, f"{path}?limit=2", rows, lambda: house.call("keys", {"name": "between"}))
    seen = [row[name] for page in pages for row in page]
    assert len(seen) == len(set(seen))
    assert set(whole) <= set(seen)


@pytest.mark.parametrize("path", [one.path for one in OPERATIONS if one.pages and "{" not in one.path])
@pytest.mark.parametrize("cursor", ["x", "W10=", "WzFd", "WyJhIl0=", "bnVsbA==", "%ff", "WzEsMiwzXQ=="])
def test_a_wrong_cursor_is_no_fault_of_ours(house: Inside, path: str, cursor: str) -> None:
    more = "&text=x" if path == "/search" else ""
    assert house.request("GET", f"/api/v1{path}?cursor={cursor}{more}").status_code in {200, 400}


def test_an_answer_that_is_known_is_not_sent_again(house: Inside) -> None:
    for path in ("rates", "sli/catalogue", "keys", "openapi.json"):
        first = house.request("GET", f"/api/v1/{path}")
        again = house.request("GET", f"/api/v1/{path}", if_none_match=first.headers["etag"])
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == first.headers["etag"]
    tag = house.request("GET", "/api/v1/rates").headers["etag"]
    assert house.call("rates", {"session_usd": 0.25}).status_code == 200
    assert house.request("GET", "/api/v1/rates", if_none_match=tag).status_code == 200


def keyed(house: Inside, key: str, path: str, value: object, **headers: str) -> httpx.Response:
    body = json.dumps(value).encode()
    return house.request("POST", f"/api/v1/{path}", body, content_type=JSON, idempotency_key=key, **headers)


def test_a_write_that_is_sent_again_is_done_once(house: Inside) -> None:
    sent = {"title": "once", "by": "ann"}
    first, again = keyed(house, "k1", "incidents", sent), keyed(house, "k1", "incidents", sent)
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    listed = house.request("GET", "/api/v1/incidents").json()["incidents"]
    assert len([one for one in listed if one["title"] == "once"]) == 1


def test_the_same_key_for_another_request_is_refused(house: Inside) -> None:
    assert keyed(house, "k2", "rates", {"session_usd": 1}).status_code == 200
    other = keyed(house, "k2", "rates", {"session_usd": 2})
    assert (other.status_code, other.json()["title"]) == (422, "idempotency_key")
    assert house.request("GET", "/api/v1/rates").json()["session_usd"] == 1


def test_keys_of_two_callers_are_apart(house: Inside) -> None:
    mine = house.call("keys", {"scopes": "edit"}).json()["key"]
    assert keyed(house, "k3", "rates", {"session_usd": 1}).status_code == 200
    other = keyed(house, "k3", "rates", {"session_usd": 2}, authorization=f"Bearer {mine}")
    assert other.status_code == 200


def test_a_refusal_is_replayed_too(house: Inside) -> None:
    for _ in range(2):
        answer = keyed(house, "k4", "sli/remove", {"name": "nothing"})
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert answer.headers["idempotency-replayed"] == "true"


def test_a_secret_is_not_kept_for_a_replay(house: Inside) -> None:
    first, again = (keyed(house, "k5", "keys", {"scopes": "read"}).json() for _ in range(2))
    assert first["key"]
    assert again == first | {"key": None}


def test_a_request_under_way_is_not_begun_again(house: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    replies, digest = house.server.access.replies, "0" * 64
    assert replies.begin("default/owner", "k6", digest, house.server.clock.now_ns()) is None
    monkeypatch.setattr("trimtab.app.http.api.replay.digest_of", lambda *_: digest)
    answer = keyed(house, "k6", "rates", {})
    assert (answer.status_code, answer.json()["title"]) == (409, "in_flight")


def test_an_answer_outlives_the_server_and_a_crash_is_told(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with inside(data, password_cost=4) as door:
        first = keyed(door, "k7", "incidents", {"title": "once", "by": "ann"}).json()
        door.server.access.replies.begin("default/owner", "k8", "0" * 64, door.server.clock.now_ns())
    with inside(data, password_cost=4) as door, pytest.MonkeyPatch.context() as patch:
        assert keyed(door, "k7", "incidents", {"title": "once", "by": "ann"}).json() == first
        patch.setattr("trimtab.app.http.api.replay.digest_of", lambda *_: "0" * 64)
        assert keyed(door, "k8", "rates", {}).json()["title"] == "interrupted"


def test_a_key_is_free_again_after_a_day(house: Inside, clock: VirtualClock) -> None:
    assert keyed(house, "k9", "rates", {"session_usd": 1}).status_code == 200
    clock.advance(86_401)
    assert keyed(house, "k9", "rates", {"session_usd": 2}).status_code == 200


def test_a_key_that_asks_too_often_waits(house: Inside, clock: VirtualClock) -> None:
    quick, calm = (
        {"authorization": f"Bearer {house.call('keys', {'scopes': 'read'}).json()['key']}"} for _ in range(2)
    )
    statuses = [house.request("GET", "/api/v1/rates", **quick).status_code for _ in range(PER_KEY * 10 + 5)]
    assert statuses == [200] * PER_KEY * 10 + [429] * 5
    refused = house.request("GET", "/api/v1/rates", **quick)
    assert int(refused.headers["retry-after"]) == 1
    assert house.request("GET", "/api/v1/rates", **calm).status_code == 200
    clock.advance(1)
    statuses = [house.request("GET", "/api/v1/rates", **quick).status_code for _ in range(PER_KEY + 1)]
    assert statuses == [200] * PER_KEY + [429]


SAFE = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "x-frame-options": "DENY",
}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/healthz"),
        ("GET", "/metrics"),
        ("GET", "/api/v1/sessions"),
        ("GET", "/api/v1/nothing"),
        ("PUT", "/api/v1/sessions"),
        ("POST", "/v1/traces"),
        ("GET", "/api/v1/openapi.json"),
        ("POST", "/api/v1/session"),
    ],
)
def test_safe_headers_are_on_every_answer(house: Inside, method: str, path: str) -> None:
    answer = house.request(method, path)
    assert {name: answer.headers[name] for name in SAFE} == SAFE
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_safe_headers_are_on_a_fault_of_ours(house: Inside, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.server, "state", None)
    answer = house.request("GET", "/api/v1/rates")
    assert answer.status_code == 500
    assert {name: answer.headers[name] for name in SAFE} == SAFE
    assert "NoneType" not in answer.text


PLACES = ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "....//etc/passwd", "%00"]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("path", ["export/steps/{}", "export/{}/2026-01-01", "sessions/{}", "incidents/{}"])
def test_path_traversal_leads_nowhere(house: Inside, path: str, place: str) -> None:
    answer = house.request("GET", f"/api/v1/{path.format(place)}")
    assert answer.status_code in {400, 404}
    assert b"root:" not in answer.content


def test_nobody_signs_in_over_telemetry(house: Inside) -> None:
    assert post(house, "nothing", {}).status_code == 404
    assert house.send(b"", authorization="", cookie="trimtab=x").status_code == 401
