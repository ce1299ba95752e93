"""People at the door of a server under test: invited, welcomed, signed in, asking with their cookie."""

import json
from typing import Any

import httpx
from tests.support.bodies import JSON
from tests.support.server import Inside

PASSWORD = "correct horse battery"
SITE = "http://trimtab"


def post(door: Inside, path: str, value: object, method: str = "POST", **headers: str) -> httpx.Response:
    """Send JSON as nobody, unless the headers say who."""
    named = {"authorization": "", "content_type": JSON} | headers
    door.forget_cookies()
    return door.request(method, f"/api/v1/{path}", json.dumps(value).encode(), **named)


def cookie_of(answer: httpx.Response) -> str:
    """The cookie that an answer sets, as a browser sends it back."""
    return answer.headers["set-cookie"].partition(";")[0]


def join(door: Inside, name: str, role: str, project: str = "default", **more: Any) -> str:
    """Invite somebody as the owner; they set their password and are signed in: their cookie."""
    sent = {"name": name, "role": role} | more
    answer = door.request(
        "POST", "/api/v1/users", json.dumps(sent).encode(), content_type=JSON, x_trimtab_project=project
    )
    assert answer.status_code == 200, answer.text
    token = answer.json()["link"].rpartition("/")[2]
    welcomed = post(door, f"welcome/{token}", {"password": PASSWORD})
    assert welcomed.status_code == 200, welcomed.text
    return cookie_of(welcomed)


def sign_in(door: Inside, name: str, password: str = PASSWORD, **headers: str) -> httpx.Response:
    """Sign in."""
    return post(door, "session", {"name": name, "password": password}, **headers)


def ask(door: Inside, cookie: str, method: str, path: str, value: object = None, **headers: str) -> Any:
    """A request from a page of the server, by whoever holds the cookie."""
    named = {"authorization": "", "cookie": cookie, "sec_fetch_site": "same-origin"} | headers
    body = None if value is None else json.dumps(value).encode()
    door.forget_cookies()
    return door.request(method, f"/api/v1/{path}", body, content_type=JSON, **named)
