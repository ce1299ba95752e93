"""The demonstration in the console and over the API: offered where nothing is, played beside the server, looked at, deleted."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.console import listening
from tests.support.server import Inside, inside

from trimtab.app.bootstrap.folder import Address, write_address
from trimtab.app.demo import SESSIONS

Form = Callable[..., httpx.Response]
COUNTED = "select count(*) from sessions"


@pytest.fixture
def shown(tmp_path: Path) -> Iterator[Inside]:
    with inside(tmp_path / "data") as found, listening(found) as address:
        write_address(tmp_path / "data", Address(pid=1, http=address, grpc=""))
        yield found


@pytest.fixture
def form(shown: Inside) -> Form:
    """Send a form as a browser that is signed in by a key."""

    def send(deed: str, key: str = "", site: str = "same-origin") -> httpx.Response:
        cookie = f"trimtab_key={key or shown.server.owner}"
        return shown.request("POST", f"/demo/{deed}", authorization="", cookie=cookie, sec_fetch_site=site)

    return send


def page(shown: Inside, path: str, project: str = "") -> str:
    cookie = f"trimtab_key={shown.server.owner}" + (f"; trimtab_project={project}" if project else "")
    return shown.request("GET", path, authorization="", cookie=cookie).text


def standing(shown: Inside) -> dict[str, Any]:
    return shown.request("GET", "/api/v1/demo").json()


def played(shown: Inside) -> dict[str, Any]:
    """How it stands at the end."""
    end = time.monotonic() + 100
    while (found := standing(shown))["state"] == "playing":
        assert time.monotonic() < end, found
        time.sleep(0.1)
    return found


def count(shown: Inside, project: str) -> int:
    shown.settle()
    answer = shown.request(
        "GET",
        "/api/v1/sessions?limit=1",
        x_trimtab_project=project,
        authorization=f"Bearer {shown.server.owner}",
    )
    return answer.json()["total"]


def test_it_is_offered_where_nothing_is(shown: Inside) -> None:
    for path in ("/", "/sessions"):
        assert 'action="/demo/play"' in page(shown, path)
    assert "Play the demonstration" in page(shown, "/demo")


def test_no_other_site_and_no_reader_plays_it(shown: Inside, form: Form) -> None:
    reader = shown.call("keys", {"scopes": "read"}).json()["key"]
    assert form("play", site="cross-site").status_code == 403
    assert form("play", reader).status_code == 403
    assert form("nothing").status_code == 404
    assert standing(shown)["state"] == "none"


@pytest.mark.full
def test_played_looked_at_and_deleted(shown: Inside, form: Form) -> None:
    assert form("play").status_code == 303
    assert form("play").status_code == 409, "one at a time"
    found = played(shown)
    assert found["state"] == "played", found
    assert sum(one["sessions"] for one in found["counts"]) == SESSIONS == count(shown, "demo")
    assert count(shown, "default") == 0, "nothing of it is elsewhere"
    keys = shown.request("GET", "/api/v1/keys", x_trimtab_project="demo").json()["keys"]
    assert keys
    assert all(one["revoked_ns"] for one in keys), "its key ends with it"
    assert shown.call("demo", {}).status_code == 409, "never on top of what is there"
    looked = form("look")
    assert "trimtab_project=demo" in str(looked.headers.get_list("set-cookie"))
    assert "shop-support" in page(shown, "/", "demo")
    assert form("delete").status_code == 303
    assert count(shown, "demo") == 0
    assert standing(shown)["state"] == "none"
    assert shown.request("GET", "/api/v1/slo", x_trimtab_project="demo").json()["objectives"] == []
    audit = shown.request("GET", "/api/v1/audit").json()["entries"]
    done = {(one["action"], one["outcome"]) for one in audit if one["action"].endswith("/demo")}
    assert {("POST /api/v1/demo", 200), ("POST /api/v1/demo", 409), ("DELETE /api/v1/demo", 200)} <= done
    assert form("play").status_code == 303, "it may be played again"
