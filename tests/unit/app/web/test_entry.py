"""Who may look: a key in a cookie that no script reads; the console only reads."""

from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from tests.support.promising import Shop

from trimtab.app.web.entry import onward


def sign_in(store: Shop, key: str, **more: str) -> httpx.Response:
    body = urlencode({"key": key, "next": "/sessions?outcome=failure"}).encode()
    return store.server.request("POST", "/sign-in", body, authorization="", **more)


def test_without_a_key_a_page_leads_to_the_sign_in_and_back(store: Shop) -> None:
    answer = store.server.request("GET", "/sessions?outcome=failure", authorization="", cookie="x=y")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?again=1&next=%2Fsessions%3Foutcome%3Dfailure"
    signed = sign_in(store, store.server.server.owner)
    assert (signed.status_code, signed.headers["location"]) == (303, "/sessions?outcome=failure")
    cookie = signed.headers["set-cookie"].split(", trimtab_project")[0]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_the_key_of_the_api_header_opens_no_page(store: Shop) -> None:
    answer = store.server.request("GET", "/sessions", cookie="trimtab_key=tt_nobody")
    assert answer.status_code == 303


def test_a_wrong_key_is_refused_and_not_kept(store: Shop, parts: Any) -> None:
    for key in ("", "tt_nobody", "schlüssel", "x" * 20_000):
        answer = sign_in(store, key)
        assert answer.status_code in {401, 413}, key[:10]
        assert "set-cookie" not in answer.headers
        assert "Sign in" in parts(answer).text


def test_a_key_that_only_ingests_does_not_look(store: Shop) -> None:
    key = store.post("keys", {"name": "agent", "scopes": "ingest"})["key"]
    assert sign_in(store, key).status_code == 403
    answer = store.server.request("GET", "/sessions", authorization="", cookie=f"trimtab_key={key}")
    assert answer.status_code == 403


def test_a_key_of_another_project_sees_nothing_of_this_one(store: Shop, parts: Any) -> None:
    key = store.post("keys", {"name": "other", "scopes": "read", "new_project": "other"})["key"]
    cookie = f"trimtab_key={key}"
    assert "No session yet" in parts(store.server.request("GET", "/", authorization="", cookie=cookie)).text
    for path in ("/sessions/strange", "/sessions/s1"):
        assert store.server.request("GET", path, authorization="", cookie=cookie).status_code == 404
    stolen = f"{cookie}; trimtab_project=default"
    assert store.server.request("GET", "/", authorization="", cookie=stolen).status_code == 303


def test_a_form_of_another_site_is_refused(store: Shop) -> None:
    assert sign_in(store, store.server.server.owner, sec_fetch_site="cross-site").status_code == 403
    answer = store.server.request("POST", "/sign-out", b"", authorization="", sec_fetch_site="cross-site")
    assert answer.status_code == 403


def test_signing_out_forgets_the_key(store: Shop) -> None:
    answer = store.server.request("POST", "/sign-out", b"", authorization="")
    assert answer.headers["location"] == "/sign-in"
    assert 'trimtab_key=""' in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:x", "", "/a\nb", "/\u202e"],
)
def test_nobody_is_sent_to_another_site(target: str) -> None:
    assert onward(target) == "/"


def test_a_page_changes_nothing(store: Shop) -> None:
    cookie = f"trimtab_key={store.server.server.owner}"
    for path in ("/", "/sessions", "/incidents", "/alerts", "/objectives"):
        answer = store.server.request("POST", path, b"", authorization="", cookie=cookie)
        assert answer.status_code == 405


def test_a_person_signs_in_looks_and_leaves(store: Shop) -> None:
    ask = store.server.request
    link = str(store.server.server.access.people.first_link())
    assert f'data-api="/api/v1/welcome/{link}"' in ask("GET", f"/welcome/{link}", authorization="").text
    body = b'{"name": "ada", "password": "correct horse battery"}'
    entered = ask("POST", f"/api/v1/welcome/{link}", body, authorization="")
    cookie = entered.headers["set-cookie"].split(";")[0]
    store.server.forget_cookies()
    assert ask("GET", "/sessions", authorization="", cookie=cookie).status_code == 200
    left = ask("POST", "/sign-out", authorization="", cookie=cookie)
    assert left.headers["location"] == "/sign-in"
    assert ask("GET", "/sessions", authorization="", cookie=cookie).status_code == 303
