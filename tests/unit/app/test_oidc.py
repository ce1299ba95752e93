"""Signing in at another system: who comes in, with which role, and what attackers try."""

import base64
import hmac
import json
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from tests.support.issuer import CLIENT, SECRET, Claims, Issuer, Signer, issuing
from tests.support.people import ask, cookie_of, join, sign_in
from tests.support.server import Inside, inside

from trimtab.loop.access import LASTS_S, RoleRules
from trimtab.loop.access import Claims as Said
from trimtab.vocabulary.kernel import Invalid, VirtualClock

ROLES = "groups; ops = admin; sre = responder@default; all = viewer@default"
START_NS = 1_800_000_000_000_000_000


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START_NS)


@pytest.fixture
def issuer(clock: VirtualClock) -> Generator[Issuer]:
    with issuing(lambda: clock.now_ns() // 10**9) as found:
        found.person = {"sub": "1", "preferred_username": "Ada", "groups": ["sre", "all", "other"]}
        yield found


def settings_of(issuer: Issuer, **more: Any) -> dict[str, Any]:
    return {
        "password_cost": 4,
        "requests_per_s": 0,
        "oidc_issuer": issuer.url,
        "oidc_client_id": CLIENT,
        "oidc_client_secret": SECRET,
        "oidc_roles": ROLES,
        "oidc_name": "Keycloak",
        "reach": "",
    } | more


@pytest.fixture
def house(tmp_path: Path, issuer: Issuer, clock: VirtualClock) -> Generator[Inside]:
    with inside(tmp_path / "data", clock, **settings_of(issuer)) as found:
        yield found


def get(house: Inside, path: str, *cookies: str, **headers: str) -> httpx.Response:
    house.forget_cookies()
    return house.request("GET", path, authorization="", cookie="; ".join(cookies), **headers)


def depart(house: Inside, target: str = "/sessions?x=1") -> tuple[str, str]:
    """Leave for the issuer: its address, and the cookie that the browser has from now on."""
    answer = get(house, f"/sign-in/oidc?next={target}", sec_fetch_site="same-origin")
    assert answer.status_code == 303, answer.text
    return answer.headers["location"], cookie_of(answer)


def come_back(house: Inside, address: str, *cookies: str) -> httpx.Response:
    found = urlsplit(address)
    assert f"{found.scheme}://{found.netloc}{found.path}" == "http://trimtab/sign-in/oidc/callback"
    return get(house, f"{found.path}?{found.query}", *cookies, sec_fetch_site="cross-site")


def enter(house: Inside, issuer: Issuer, *cookies: str, target: str = "/sessions?x=1") -> httpx.Response:
    address, trip = depart(house, target)
    return come_back(house, issuer.authorize(address), trip, *cookies)


def session_of(answer: httpx.Response) -> str:
    """The cookie of the session that an answer begins."""
    assert answer.status_code == 303, answer.text
    given = [one.partition(";")[0] for one in answer.headers.get_list("set-cookie")]
    return next(one for one in given if one.startswith("trimtab="))


def me(house: Inside, cookie: str) -> Any:
    return ask(house, cookie, "GET", "me").json()


def log_of(house: Inside) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = house.request("GET", "/api/v1/audit").json()["entries"]
    return [row for row in rows if "oidc" in row["action"]]


def refused(house: Inside, answer: httpx.Response, status: int, why: str) -> None:
    """Nobody is let in: no session, a page that says so, a line in the log with the reason."""
    assert answer.status_code == status, answer.text
    assert not any(one.startswith("trimtab=") for one in answer.headers.get_list("set-cookie"))
    assert "Sign in" in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'self'")
    entry = log_of(house)[0]
    assert entry["outcome"] == status
    assert why in entry["target"]


@pytest.mark.parametrize(
    ("algorithm", "method"),
    [("RS256", "client_secret_basic"), ("ES256", "client_secret_post"), ("EdDSA", "client_secret_basic")],
)
def test_somebody_comes_in_with_the_roles_of_their_groups(
    house: Inside, issuer: Issuer, algorithm: str, method: str
) -> None:
    issuer.signers, issuer.method = [Signer(algorithm, "k")], method
    answer = enter(house, issuer)
    assert answer.headers["location"] == "/sessions?x=1"
    found = me(house, session_of(answer))
    assert (found["name"], found["role"], found["kind"]) == ("ada", "responder", "person")
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("trimtab="))
    assert "httponly" in cookie.lower()
    assert "samesite=lax" in cookie.lower()
    entry = log_of(house)[0]
    assert (entry["who"], entry["outcome"], entry["target"]) == ("user:ada", 303, "")


def test_the_page_shows_the_way_and_the_api_tells_it(house: Inside) -> None:
    page = get(house, "/sign-in?next=/cost").text
    assert 'Sign in with <bdi dir="auto">Keycloak</bdi>' in page
    assert 'href="/sign-in/oidc?next=/cost"' in page
    assert house.request("GET", "/api/v1/session", authorization="").json() == {
        "password": True,
        "elsewhere": [{"name": "Keycloak", "path": "/sign-in/oidc"}],
    }


def test_roles_are_read_again_at_each_sign_in(house: Inside, issuer: Issuer) -> None:
    first = session_of(enter(house, issuer))
    issuer.person["groups"] = ["ops"]
    second = session_of(enter(house, issuer, first))
    assert me(house, second)["role"] == "admin"
    assert house.server.access.people.first_link() is None
    assert ask(house, first, "GET", "me").status_code == 401  # a new id each time; the one before has ended
    issuer.person["groups"] = "all"
    third = session_of(enter(house, issuer))
    assert me(house, third)["role"] == "viewer"
    assert len(house.server.access.people.store.people()) == 1
    issuer.person["groups"] = []
    refused(house, enter(house, issuer), 403, "no role")
    assert [ask(house, one, "GET", "me").status_code for one in (second, third)] == [401, 401]
    assert log_of(house)[0]["who"] == "as:ada"


def test_people_are_who_issuer_and_subject_say_never_their_name(house: Inside, issuer: Issuer) -> None:
    local = join(house, "ada", "admin")
    found = me(house, session_of(enter(house, issuer)))
    assert found["role"] == "responder"
    assert found["name"].startswith("ada.")
    issuer.person |= {"sub": "2"}
    other = me(house, session_of(enter(house, issuer)))
    assert other["name"] not in {"ada", found["name"]}
    issuer.person |= {"sub": "1", "preferred_username": "somebody else"}
    assert me(house, session_of(enter(house, issuer)))["name"] == found["name"]
    assert me(house, local)["role"] == "admin"
    assert sign_in(house, found["name"], "").status_code in {400, 401}


def test_whoever_is_kept_out_stays_out_and_gets_no_password(house: Inside, issuer: Issuer) -> None:
    session = session_of(enter(house, issuer))
    shown = house.request("GET", "/api/v1/users/ada").json()
    assert (shown["issuer"], shown["welcomed"]) == (issuer.url, True)
    for path, value in (("users/ada/link", {}), ("users", {"name": "ada", "role": "admin"})):
        answer = house.call(path, value)
        assert (answer.status_code, answer.json()["title"]) == (403, "vouched")
    body = json.dumps({"role": "admin"}).encode()
    changed = house.request("PATCH", "/api/v1/users/ada", body, content_type="application/json")
    assert changed.status_code == 403
    body = json.dumps({"disabled": True}).encode()
    house.request("PATCH", "/api/v1/users/ada", body, content_type="application/json")
    assert ask(house, session, "GET", "me").status_code == 401
    refused(house, enter(house, issuer), 403, "kept out")


def unsigned(claims: Claims) -> str:
    return jwt.encode(claims, None, "none")


def shared(issuer: Issuer) -> Callable[[Claims], str]:
    """A token signed with the public key, as if that were a shared secret."""

    def make(claims: Claims) -> str:
        parts = [{"alg": "HS256", "typ": "JWT", "kid": "k1"}, claims]
        text = b".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).rstrip(b"=") for one in parts)
        made = hmac.new(issuer.signers[0].pem, text, "sha256").digest()
        return (text + b"." + base64.urlsafe_b64encode(made).rstrip(b"=")).decode()

    return make


LIES: list[tuple[Claims, str]] = [
    ({"nonce": "of another"}, "nonce"),
    ({"nonce": None}, "nonce"),
    ({"aud": "another"}, "another client"),
    ({"aud": None}, "another client"),
    ({"aud": [CLIENT, "another"]}, "another client"),
    ({"aud": [CLIENT, "another"], "azp": "another"}, "another client"),
    ({"azp": "another"}, "another client"),
    ({"iss": "https://evil.example"}, "evil.example"),
    ({"iss": None}, "issuer"),
    ({"exp": START_NS // 10**9 - 61}, "expired"),
    ({"exp": None}, "times"),
    ({"exp": "never"}, "times"),
    ({"iat": START_NS // 10**9 + 61}, "just now"),
    ({"iat": START_NS // 10**9 - 601}, "just now"),
    ({"iat": None}, "times"),
    ({"nbf": START_NS // 10**9 + 61}, "not hold yet"),
    ({"sub": None}, "subject"),
    ({"sub": ""}, "subject"),
    ({"sub": 7}, "subject"),
    ({"sub": "x" * 256}, "subject"),
]


def test_a_token_that_says_something_else_lets_nobody_in(house: Inside, issuer: Issuer) -> None:
    for lie, why in LIES:
        issuer.lie = lie
        refused(house, enter(house, issuer), 401, why)
    assert house.server.access.people.store.people() == []


def test_clocks_may_differ_by_a_minute_and_others_may_be_told_too(house: Inside, issuer: Issuer) -> None:
    now_s = START_NS // 10**9
    for truth in ({"exp": now_s - 59}, {"iat": now_s + 59}, {"aud": [CLIENT, "b"], "azp": CLIENT}):
        issuer.lie = truth
        assert enter(house, issuer).status_code == 303


def test_a_token_that_nobody_or_somebody_else_signed_lets_nobody_in(house: Inside, issuer: Issuer) -> None:
    stranger = Signer("RS256", "k1")
    forged: list[tuple[Callable[[Claims], Any], str]] = [
        (unsigned, "signed by 'none'"),
        (shared(issuer), "signed by 'HS256'"),
        (lambda claims: jwt.encode(claims, "x" * 32, "HS256", headers={"kid": "k1"}), "signed by 'HS256'"),
        (
            lambda claims: jwt.encode(claims, stranger.key, "RS384", headers={"kid": "k1"}),
            "signed by 'RS384'",
        ),
        (stranger.sign, "signature is not of the issuer"),
        (Signer("ES256", "k1").sign, "not one of the issuer"),
        (Signer("RS256", "k9").sign, "not one of the issuer"),
        (lambda claims: issuer.signers[0].sign(claims)[:-8] + "AAAAAAAA", "signature is not of the issuer"),
        (lambda claims: "not.a.token", "signature is not of the issuer"),
        (lambda claims: None, "no ID token"),
        (lambda claims: "x" * 70_000, "no ID token"),
        (lambda claims: {"a": 1}, "no ID token"),
    ]
    for make, why in forged:
        issuer.make = make
        refused(house, enter(house, issuer), 401, why)
    issuer.make = None
    assert enter(house, issuer).status_code == 303


def test_keys_change_and_unknown_ones_are_asked_for_once_a_minute(
    house: Inside, issuer: Issuer, clock: VirtualClock
) -> None:
    assert enter(house, issuer).status_code == 303
    clock.advance(61)
    issuer.signers = [Signer("ES256", "k2")]
    assert enter(house, issuer).status_code == 303
    assert issuer.asked.count("/jwks") == 2
    issuer.make = Signer("RS256", "nobody's").sign
    for _ in range(5):
        refused(house, enter(house, issuer), 401, "not one of the issuer")
    assert issuer.asked.count("/jwks") == 2
    clock.advance(61)
    refused(house, enter(house, issuer), 401, "not one of the issuer")
    assert issuer.asked.count("/jwks") == 3
    assert issuer.asked.count("/.well-known/openid-configuration") == 1


def test_the_answer_for_another_browser_lets_nobody_in(house: Inside, issuer: Issuer) -> None:
    """Login CSRF and mix-up: the address that the attacker's sign-in ends at is opened in the browser of somebody else."""
    attackers, _ = depart(house)
    end = issuer.authorize(attackers)
    refused(house, come_back(house, end), 401, "not begun by this browser")
    _, victims = depart(house)
    refused(house, come_back(house, end, victims), 401, "not begun by this browser")
    refused(house, come_back(house, end, "trimtab_trip=1.2.3"), 401, "not begun by this browser")
    refused(house, come_back(house, end, "trimtab_trip="), 401, "not begun by this browser")
    assert "/token" not in issuer.asked


def test_a_code_and_a_state_are_used_once_and_in_time(
    house: Inside, issuer: Issuer, clock: VirtualClock
) -> None:
    address, trip = depart(house)
    end = issuer.authorize(address)
    assert come_back(house, end, trip).status_code == 303
    refused(house, come_back(house, end, trip), 401, "ended already")
    address, other = depart(house)
    mine = parse_qs(urlsplit(issuer.authorize(address)).query)
    used = end.replace(parse_qs(urlsplit(end).query)["state"][0], mine["state"][0])
    refused(house, come_back(house, used, other), 401, "does not take the code")
    address, late = depart(house)
    end = issuer.authorize(address)
    clock.advance(LASTS_S + 1)
    refused(house, come_back(house, end, late), 401, "too long ago")


def test_a_stolen_code_is_worth_nothing_in_another_sign_in(house: Inside, issuer: Issuer) -> None:
    victims, _ = depart(house)
    code = parse_qs(urlsplit(issuer.authorize(victims)).query)["code"][0]
    attackers, trip = depart(house)
    own = parse_qs(urlsplit(issuer.authorize(attackers)).query)
    end = f"http://trimtab/sign-in/oidc/callback?code={code}&state={own['state'][0]}"
    refused(house, come_back(house, end, trip), 401, "does not take the code")


def test_what_another_issuer_answers_or_this_one_denies(house: Inside, issuer: Issuer) -> None:
    address, trip = depart(house)
    end = issuer.authorize(address)
    mixed = end.replace(end.partition("&iss=")[2], "https%3A%2F%2Fevil.example")
    refused(house, come_back(house, mixed, trip), 401, "another issuer")
    address, trip = depart(house)
    state = parse_qs(urlsplit(issuer.authorize(address)).query)["state"][0]
    denied = f"http://trimtab/sign-in/oidc/callback?error=%3Cscript%3E&state={state}"
    answer = come_back(house, denied, trip)
    refused(house, answer, 401, "did not let you in")
    assert "script&gt;" not in answer.text


def test_one_goes_on_to_pages_of_this_server_only(house: Inside, issuer: Issuer) -> None:
    for target in (
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/%09/evil.example",
        "javascript:1",
    ):
        assert enter(house, issuer, target=target).headers["location"] == "/"


def test_another_site_cannot_begin_a_sign_in(house: Inside) -> None:
    answer = get(house, "/sign-in/oidc", sec_fetch_site="cross-site")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_session_that_was_planted_is_not_the_one_that_begins(house: Inside, issuer: Issuer) -> None:
    planted = "trimtab=planted-by-somebody-else"
    session = session_of(enter(house, issuer, planted))
    assert session != planted
    assert ask(house, planted, "GET", "me").status_code == 401


def test_an_issuer_that_is_down_stops_nobody_else(house: Inside, issuer: Issuer, clock: VirtualClock) -> None:
    join(house, "bo", "viewer")
    issuer.down = True
    answer = get(house, "/sign-in/oidc", sec_fetch_site="same-origin")
    assert answer.status_code == 503
    assert "cannot be asked now" in answer.text
    assert "internal" not in answer.text
    get(house, "/sign-in/oidc")
    assert len(issuer.asked) == 1  # not again at once
    assert sign_in(house, "bo").status_code == 200
    checks = {one["id"]: one for one in house.request("GET", "/api/v1/doctor").json()["checks"]}
    assert checks["issuer"]["severity"] == "error"
    assert "status 500" in checks["issuer"]["detail"]
    issuer.down = False
    clock.advance(6)
    address, trip = depart(house)
    end = issuer.authorize(address)
    issuer.down = True
    refused(house, come_back(house, end, trip), 503, "does not answer")
    issuer.down = False
    assert enter(house, issuer).status_code == 303
    checks = {one["id"]: one for one in house.request("GET", "/api/v1/doctor").json()["checks"]}
    assert checks["issuer"]["severity"] == "ok"


def test_a_document_that_is_not_of_the_issuer_is_not_followed(
    house: Inside, issuer: Issuer, clock: VirtualClock
) -> None:
    for more in (
        {"issuer": "https://evil.example"},
        {"token_endpoint": None},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"end_session_endpoint": "/relative"},
    ):
        issuer.more = more
        assert get(house, "/sign-in/oidc", sec_fetch_site="same-origin").status_code == 503
        clock.advance(6)
    issuer.more = {}
    assert enter(house, issuer).status_code == 303


def test_signing_out_offers_to_sign_out_there_too(house: Inside, issuer: Issuer) -> None:
    session = session_of(enter(house, issuer))
    house.forget_cookies()
    out = house.request("POST", "/sign-out", authorization="", cookie=session, sec_fetch_site="same-origin")
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in?out=1")
    assert 'href="/sign-out/oidc"' in get(house, "/sign-in?out=1").text
    there = get(house, "/sign-out/oidc", sec_fetch_site="same-origin").headers["location"]
    assert there.startswith(
        f"{issuer.url}/out?client_id=trimtab&post_logout_redirect_uri=http%3A%2F%2Ftrimtab"
    )
    assert ask(house, session, "GET", "me").status_code == 401


def test_behind_https_cookies_are_for_this_host_alone(
    tmp_path: Path, issuer: Issuer, clock: VirtualClock
) -> None:
    public = "https://trimtab.example"
    with inside(tmp_path / "data", clock, **settings_of(issuer, public_url=public)) as house:
        answer = get(house, "/sign-in/oidc")
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-trimtab_trip=")
        assert "secure" in cookie.lower()
        assert "redirect_uri=https%3A%2F%2Ftrimtab.example%2Fsign-in" in answer.headers["location"]


def test_without_an_issuer_there_is_no_such_way(tmp_path: Path) -> None:
    with inside(tmp_path / "data", password_cost=4) as house:
        for path in ("/sign-in/oidc", "/sign-in/oidc/callback", "/sign-out/oidc"):
            assert get(house, path).status_code == 404
        assert "oidc" not in get(house, "/sign-in").text


@pytest.mark.parametrize(
    "wrong",
    [
        {"oidc_issuer": "login.example"},
        {"oidc_issuer": "file:///etc"},
        {"oidc_client_id": ""},
        {"oidc_roles": "", "oidc_default_role": ""},
        {"oidc_roles": "groups"},
        {"oidc_roles": "groups = admin"},
        {"oidc_roles": "groups; a = king"},
        {"oidc_roles": "groups; a = viewer@"},
        {"oidc_default_role": "king"},
    ],
)
def test_settings_that_cannot_work_are_told_at_the_start(
    tmp_path: Path, issuer: Issuer, wrong: dict[str, str]
) -> None:
    with pytest.raises(Invalid), inside(tmp_path / "data", **settings_of(issuer, **wrong)):
        pass


def test_values_may_lie_deep_and_hold_signs() -> None:
    rules = RoleRules.read("realm_access.roles; CN=ops,DC=x = admin@shop; b = viewer; b = editor@shop", "")
    said = Said(issuer="i", subject="s", said={"realm_access": {"roles": ["CN=ops,DC=x", "b", 7]}})
    assert rules.roles(said) == {"shop": "admin", "*": "viewer"}
    assert rules.roles(Said(issuer="i", subject="s", said={"realm_access": "b"})) == {}
    flat = Said(issuer="i", subject="s", said={"realm_access.roles": "b"})
    assert rules.roles(flat) == {"*": "viewer", "shop": "editor"}
    for given, name in (("Ann Lee", "ann-lee"), ("__x", "x"), ("\u0436", ""), ("a" * 200, "a" * 80)):
        made = Said(issuer="i", subject="s", said={"preferred_username": given}).name
        assert made == name or (not name and made.startswith("user-"))
