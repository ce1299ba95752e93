"""Signing in and out: links, cookies, roles, and what attackers try."""

import hashlib
import itertools
import re
from collections.abc import Generator
from pathlib import Path

import pytest
from tests.support.people import PASSWORD, SITE, ask, cookie_of, join, post, sign_in
from tests.support.server import Inside, inside

from trimtab.loop.access import Passwords
from trimtab.vocabulary.kernel import VirtualClock

NAMES = (f"ann{number}" for number in itertools.count(1))


@pytest.fixture(scope="module")
def clock() -> VirtualClock:
    return VirtualClock(1_800_000_000_000_000_000)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, clock: VirtualClock) -> Generator[Inside]:
    """A server with two projects, on a virtual clock."""
    data = tmp_path_factory.mktemp("people") / "data"
    with inside(data, clock, password_cost=4, requests_per_s=0) as found:
        assert found.call("keys", {"new_project": "other", "scopes": "read"}).status_code == 200
        yield found


def test_the_first_link_makes_an_admin_of_all_projects_once(tmp_path: Path) -> None:
    with inside(tmp_path / "data", password_cost=4) as door:
        first = door.server.access.people.first_link()
        again = door.server.access.people.first_link()
        assert first is not None
        assert first != again
        assert post(door, f"welcome/{first}", {"password": PASSWORD, "name": "eve"}).status_code == 404
        assert door.request("GET", f"/api/v1/welcome/{again}", authorization="").json()["name"] is None
        made = post(door, f"welcome/{again}", {"password": PASSWORD, "name": "Ada"})
        assert made.status_code == 200
        me = ask(door, cookie_of(made), "GET", "me").json()
        assert (me["name"], me["role"], me["kind"]) == ("ada", "admin", "person")
        assert post(door, f"welcome/{again}", {"password": PASSWORD, "name": "eve"}).status_code == 404
        assert door.server.access.people.first_link() is None


def test_a_link_that_is_too_old_is_refused(house: Inside, clock: VirtualClock) -> None:
    sent = post(
        house,
        "users",
        {"name": next(NAMES), "role": "viewer"},
        authorization=f"Bearer {house.server.owner}",
    )
    token = sent.json()["link"].rpartition("/")[2]
    clock.advance(8 * 24 * 3600)
    answer = post(house, f"welcome/{token}", {"password": PASSWORD})
    assert (answer.status_code, answer.json()["title"]) == (404, "link")


@pytest.mark.parametrize("password", ["short", "a" * 12, "x" * 257, ""])
def test_a_weak_password_is_refused_and_the_link_stays(house: Inside, password: str) -> None:
    name = next(NAMES)
    sent = house.call("users", {"name": name, "role": "viewer"})
    token = sent.json()["link"].rpartition("/")[2]
    assert post(house, f"welcome/{token}", {"password": password}).status_code == 400
    assert post(house, f"welcome/{token}", {"password": PASSWORD}).status_code == 200


def test_the_cookie_is_kept_from_scripts_and_other_sites(house: Inside) -> None:
    name = next(NAMES)
    join(house, name, "viewer")
    cookie = sign_in(house, name).headers["set-cookie"].lower()
    assert {"httponly", "samesite=lax", "path=/"} <= {one.strip() for one in cookie.split(";")}
    assert "secure" not in cookie


def test_the_cookie_is_only_for_encrypted_ways_behind_https(tmp_path: Path) -> None:
    with inside(tmp_path / "data", password_cost=4, public_url="https://trimtab.example") as door:
        join(door, "ann", "viewer")
        cookie = sign_in(door, "ann").headers["set-cookie"]
        assert cookie.startswith("__Host-trimtab=")
        assert "Secure" in cookie
        plain = cookie_of(sign_in(door, "ann")).replace("__Host-", "")
        assert ask(door, plain, "GET", "me").status_code == 401


ROLES = {
    "viewer": {"read"},
    "responder": {"read", "respond"},
    "editor": {"read", "respond", "edit"},
    "admin": {"read", "respond", "edit", "admin"},
}
ASKED = {
    "read": ("GET", "sessions", None),
    "respond": ("POST", "incidents", {"title": "it is slow", "gravity": "sev3"}),
    "edit": ("POST", "rates", {"session_usd": 0}),
    "admin": ("GET", "keys", None),
}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_it_says_and_no_more(house: Inside, role: str) -> None:
    cookie = join(house, next(NAMES), role)
    for scope, (method, path, value) in ASKED.items():
        answer = ask(house, cookie, method, path, value)
        assert answer.status_code == (200 if scope in ROLES[role] else 403), (role, scope, answer.text)


@pytest.mark.parametrize("scope", ["respond", "edit"])
def test_a_key_has_the_finer_scopes_too(house: Inside, scope: str) -> None:
    key = house.call("keys", {"scopes": f"read,{scope}"}).json()["key"]
    for needed, (method, path, value) in ASKED.items():
        sent = {"by": "ann"} | value if isinstance(value, dict) and path == "incidents" else value
        answer = ask(house, "", method, path, sent, authorization=f"Bearer {key}")
        assert answer.status_code == (200 if needed in {"read", scope} else 403), (needed, answer.text)


def test_whoever_is_signed_in_acts_under_their_own_name(house: Inside) -> None:
    name = next(NAMES)
    cookie = join(house, name, "responder")
    made = ask(house, cookie, "POST", "incidents", {"title": "slow", "by": "somebody else"}).json()
    shown = ask(house, cookie, "GET", f"incidents/{made['id']}").json()
    assert {event["who"] for event in shown["timeline"]} == {name}


def test_session_fixation_finds_no_hold(house: Inside) -> None:
    name = next(NAMES)
    join(house, name, "viewer")
    planted = "trimtab=planted-by-somebody-else"
    fresh = cookie_of(sign_in(house, name, cookie=planted))
    assert fresh != planted
    assert ask(house, planted, "GET", "me").status_code == 401
    renewed = cookie_of(sign_in(house, name, cookie=fresh))
    assert renewed != fresh
    assert ask(house, fresh, "GET", "me").status_code == 401
    assert ask(house, renewed, "GET", "me").status_code == 200


FOREIGN = {
    "another site": {"sec_fetch_site": "cross-site"},
    "a sibling domain": {"sec_fetch_site": "same-site"},
    "another origin": {"sec_fetch_site": "", "origin": "http://evil.example"},
    "the same host on another port": {"sec_fetch_site": "", "origin": "http://trimtab:8080"},
    "no origin at all": {"sec_fetch_site": ""},
    "a null origin": {"sec_fetch_site": "", "origin": "null"},
    "own origin, said by another site": {"sec_fetch_site": "cross-site", "origin": SITE},
}


@pytest.mark.parametrize("way", FOREIGN)
@pytest.mark.parametrize(
    ("method", "path", "value"),
    [("POST", "rates", {"session_usd": 1}), ("DELETE", "session", None), ("PATCH", "users/ann", {})],
)
def test_csrf_is_refused(house: Inside, method: str, path: str, value: object, way: str) -> None:
    cookie = join(house, next(NAMES), "admin")
    answer = ask(house, cookie, method, path, value, **FOREIGN[way])
    assert (answer.status_code, answer.json()["title"]) == (403, "csrf")
    assert ask(house, cookie, "GET", "me").status_code == 200


def test_a_page_of_the_server_writes_by_origin_alone(house: Inside) -> None:
    cookie = join(house, next(NAMES), "editor")
    answer = ask(house, cookie, "POST", "rates", {"session_usd": 0}, sec_fetch_site="", origin=SITE)
    assert answer.status_code == 200


def test_another_site_signs_nobody_in(house: Inside) -> None:
    name = next(NAMES)
    join(house, name, "viewer")
    assert sign_in(house, name, origin="http://evil.example").status_code == 403
    assert sign_in(house, name, sec_fetch_site="cross-site").status_code == 403
    assert sign_in(house, name, origin=SITE).status_code == 200


def test_guessing_the_password_of_one_is_slowed(house: Inside, clock: VirtualClock) -> None:
    name = next(NAMES)
    join(house, name, "viewer")
    answers = [sign_in(house, name, "wrong password no. 1").status_code for _ in range(12)]
    assert answers[:5] == [401] * 5
    assert set(answers[6:]) == {429}
    right = sign_in(house, name)
    assert right.status_code == 429
    wait_s = int(right.headers["retry-after"])
    assert wait_s >= 1
    clock.advance(wait_s)
    assert sign_in(house, name).status_code == 200
    clock.advance(3600)


def test_guessing_from_one_address_is_slowed(house: Inside, clock: VirtualClock) -> None:
    answers = [sign_in(house, f"nobody{number}", "guess a password").status_code for number in range(40)]
    assert answers[:20] == [401] * 20
    assert set(answers[21:]) == {429}
    clock.advance(3600)
    house.server.access.people._places.forget("127.0.0.1")


def test_knocking_too_often_is_refused_and_not_logged(tmp_path: Path) -> None:
    with inside(tmp_path / "data", VirtualClock(1_800_000_000_000_000_000), requests_per_s=1) as door:
        answers = [post(door, "welcome/nothing", {"password": PASSWORD}).status_code for _ in range(4)]
        assert answers == [404, 429, 429, 429]
        assert len(door.request("GET", "/api/v1/audit").json()["entries"]) == 1


def test_strangers_send_no_large_body(house: Inside) -> None:
    assert post(house, "session", {"name": "ann", "password": "x" * 20_000}).status_code == 413


def test_who_signs_in_is_seen_by_an_admin_of_all(house: Inside) -> None:
    name = next(NAMES)
    cookie = join(house, name, "admin")
    sign_in(house, name)
    seen = [row["who"] for row in house.request("GET", "/api/v1/audit").json()["entries"]]
    assert f"as:{name}" in seen
    assert f"as:{name}" not in [row["who"] for row in ask(house, cookie, "GET", "audit").json()["entries"]]


def test_who_exists_is_not_told(house: Inside, clock: VirtualClock) -> None:
    name = next(NAMES)
    join(house, name, "viewer")
    wrong, nobody = (
        sign_in(house, name, "wrong password no. 1"),
        sign_in(house, "nobody", "wrong password no. 1"),
    )
    assert (wrong.status_code, wrong.json()) == (nobody.status_code, nobody.json())


def test_the_password_of_nobody_costs_as_much_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords(4)
    kept = passwords.hash(PASSWORD)
    costs: list[tuple[int, int, int]] = []
    plain = hashlib.scrypt

    def counted(text: bytes, **how: int) -> bytes:
        costs.append((how["n"], how["r"], how["p"]))
        return plain(text, **how)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    for of in (kept, ""):
        assert not passwords.check("wrong password", of)
    assert costs[0] == costs[1]


def test_a_session_ends_when_idle_and_at_its_end(house: Inside, clock: VirtualClock) -> None:
    cookie = join(house, next(NAMES), "viewer")
    clock.advance(12 * 3600 - 1)
    assert ask(house, cookie, "GET", "me").status_code == 200
    clock.advance(12 * 3600 + 1)
    assert ask(house, cookie, "GET", "me").status_code == 401
    name = next(NAMES)
    join(house, name, "viewer")
    cookie = cookie_of(sign_in(house, name))
    for _ in range(6 * 7 - 1):
        clock.advance(4 * 3600)
        assert ask(house, cookie, "GET", "me").status_code == 200
    clock.advance(4 * 3600 + 1)
    assert ask(house, cookie, "GET", "me").json()["title"] == "signed_out"


def test_signing_out_everywhere_ends_every_session(house: Inside) -> None:
    name = next(NAMES)
    join(house, name, "viewer")
    here, there = cookie_of(sign_in(house, name)), cookie_of(sign_in(house, name))
    assert ask(house, here, "DELETE", "session").json() == {"ended": 1}
    assert ask(house, here, "GET", "me").status_code == 401
    again = cookie_of(sign_in(house, name))
    assert ask(house, again, "DELETE", "session?everywhere=yes").json()["ended"] >= 2
    for cookie in (there, again):
        assert ask(house, cookie, "GET", "me").status_code == 401


def test_a_new_password_ends_other_sessions(house: Inside) -> None:
    name = next(NAMES)
    join(house, name, "viewer")
    here, there = cookie_of(sign_in(house, name)), cookie_of(sign_in(house, name))
    sent = {"current": PASSWORD, "password": "another horse battery"}
    assert ask(house, here, "POST", "me/password", sent | {"current": "wrong password"}).status_code == 401
    assert ask(house, here, "POST", "me/password", sent).status_code == 200
    assert ask(house, here, "GET", "me").status_code == 200
    assert ask(house, there, "GET", "me").status_code == 401
    assert sign_in(house, name).status_code == 401
    assert sign_in(house, name, "another horse battery").status_code == 200


def test_whoever_is_kept_out_is_out_at_once(house: Inside) -> None:
    name = next(NAMES)
    cookie = join(house, name, "viewer")
    body = b'{"disabled": true}'
    assert house.request("PATCH", f"/api/v1/users/{name}", body).json()["disabled_ns"]
    assert ask(house, cookie, "GET", "me").status_code == 401
    assert sign_in(house, name).status_code == 401
    house.request("PATCH", f"/api/v1/users/{name}", b'{"disabled": false}')
    assert sign_in(house, name).status_code == 200


def test_nothing_secret_of_people_is_kept(house: Inside) -> None:
    name = next(NAMES)
    cookie = join(house, name, "viewer")
    kept = b"".join(path.read_bytes() for path in house.server.settings.data.glob("state.sqlite*"))
    assert name.encode() in kept
    assert PASSWORD.encode() not in kept
    assert cookie.partition("=")[2].encode() not in kept
    assert re.search(rb"scrypt\$4\$8\$3\$[0-9a-f]{32}\$[0-9a-f]{64}", kept)
