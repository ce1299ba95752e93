"""The page of calls that wait for a yes: what is in doubt is seen, and whoever may answers there."""

import re
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from tests.support.people import join
from tests.support.server import Inside, inside

from trimtab.app.bootstrap.lapsing import OVER, note_lapsed
from trimtab.vocabulary.kernel import VirtualClock

T0 = 1_700_000_000_000_000_000


class House:
    """A server with somebody of each role."""

    def __init__(self, door: Inside, clock: VirtualClock) -> None:
        self.door, self.clock = door, clock
        self.cookies: dict[str, str] = {}
        self.enter(1)

    def enter(self, day: int) -> None:
        for role in ("viewer", "responder", "editor", "admin"):
            self.cookies[role] = join(self.door, f"{role}-{day}", role)

    def ask(self, **more: Any) -> str:
        sent = {
            "agent": "support",
            "tool": "pay",
            "args": '{"place": "Elsewhere 7", "rows": [1], "note": "rent"}',
            "args_digest": "a" * 64,
            "contract_digest": "c" * 64,
            "session": "chat-1",
            "doubts": {"place": "place comes from mail.read (untrusted)", "rows[]": "rows[] is 1"},
        } | more
        answer = self.door.call("approvals", sent)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["id"])

    def see(self, role: str = "responder", path: str = "/approvals") -> str:
        self.door.forget_cookies()
        answer = self.door.request("GET", path, authorization="", cookie=self.cookies[role])
        assert answer.status_code == 200, answer.text[-1500:]
        return answer.text

    def press(
        self, act: str, name: str, reason: str = "I know it", role: str = "responder"
    ) -> httpx.Response:
        self.door.forget_cookies()
        body = urlencode({"approval": name, "reason": reason, "next": "/approvals"}).encode()
        named = {"authorization": "", "cookie": self.cookies[role], "sec_fetch_site": "same-origin"}
        return self.door.request("POST", f"/do/{act}", body, **named)

    def status(self, name: str) -> str:
        return str(self.door.request("GET", f"/api/v1/approvals/{name}").json()["status"])


@pytest.fixture
def house(tmp_path: Path) -> Generator[House]:
    clock = VirtualClock(T0)
    with inside(tmp_path / "data", password_cost=4, clock=clock) as door:
        yield House(door, clock)


def test_a_value_in_doubt_is_marked_and_says_who_said_it(house: House) -> None:
    house.ask(role="editor", quorum=2)
    page = house.see()
    assert re.findall(r"<mark><bdi dir=\"auto\">(.*?)</bdi></mark>", page, re.DOTALL) == [
        "Elsewhere 7",
        "[\n 1\n]",
    ]
    assert "comes from mail.read (untrusted)" in page
    assert 'href="/sessions/chat-1?view=said"' in page
    assert "0 of 2" in page
    assert "<dd>30.0 min</dd>" in page
    assert '<b title="waiting">1</b>' in page
    assert '<b title="waiting">1</b>' in house.see(path="/sessions")


def test_a_yes_needs_a_reason_a_role_and_as_many_as_the_contract_says(house: House) -> None:
    name = house.ask(role="editor", quorum=1)
    assert 'action="/do/approve"' not in house.see("viewer")
    assert house.press("approve", name, role="viewer").status_code == 403
    assert house.press("approve", name, role="responder").status_code == 403
    assert house.press("approve", name, " ", role="editor").status_code == 400
    assert house.status(name) == "requested"
    assert house.press("approve", name, role="editor").status_code == 303
    assert house.status(name) == "granted"
    assert '<b title="waiting">' not in house.see()
    past = house.see(path="/approvals?all=yes")
    assert "I know it" in past
    assert house.press("revoke", name, "a mistake").status_code == 303
    assert house.status(name) == "revoked"


def test_a_broken_glass_stays_on_the_page_until_somebody_else_reviews_it(house: House) -> None:
    name = house.ask(quorum=2)
    assert 'action="/do/break-glass"' not in house.see("editor")
    assert 'action="/do/break-glass"' in house.see("admin")
    assert house.press("break-glass", name, "nobody else is awake", role="editor").status_code == 403
    assert house.press("break-glass", name, "nobody else is awake", role="admin").status_code == 303
    assert house.status(name) == "granted"
    page = house.see()
    assert "Break-glass: " in page
    assert "nobody else is awake" in page
    assert "24.0 h left" in page
    assert '<b title="waiting">1</b>' in page
    assert house.press("review", name, "I was right", role="admin").status_code == 403
    house.clock.advance(86_401)
    house.enter(2)  # whoever signed in yesterday is signed out
    assert "overdue" in house.see("viewer")
    assert house.press("review", name, "it was right").status_code == 303
    assert "Break-glass: " not in house.see()
    assert "it was right" in house.see(path="/approvals?all=yes")


def test_a_no_is_told_and_only_from_a_page_of_this_server(house: House) -> None:
    name = house.ask()
    house.door.forget_cookies()
    body = urlencode({"approval": name, "reason": "x"}).encode()
    foreign = {"authorization": "", "cookie": house.cookies["responder"], "sec_fetch_site": "cross-site"}
    assert house.door.request("POST", "/do/deny", body, **foreign).status_code == 403
    assert house.press("deny", name, "nobody knows it").status_code == 303
    assert house.status(name) == "denied"


def test_arguments_that_are_no_json_and_doubts_about_nothing_are_shown(house: House) -> None:
    house.ask(args="cut off {", doubts={"to": "to is missing"})
    page = house.see()
    assert "cut off {" in page
    assert "to is missing" in page


def test_figures_are_those_of_the_api(house: House) -> None:
    assert house.see().count("no data") == 2
    name = house.ask()
    house.press("approve", name)
    figures = house.door.request("GET", "/api/v1/approvals/figures").json()
    assert (figures["granted"], figures["rubber_stamped"]) == (1, 1.0)
    assert "100" in house.see()


def test_what_nobody_answers_in_time_is_in_the_audit_log_once(house: House) -> None:
    name, used = house.ask(ttl_s=60), house.ask(ttl_s=60)
    house.press("deny", used)
    server = house.door.server
    parts = server.state, server.approvals, server.access, house.clock

    def noted() -> list[dict[str, Any]]:
        log = house.door.request("GET", "/api/v1/audit?limit=200").json()["entries"]
        return [one for one in log if one["action"] == OVER]

    assert note_lapsed(*parts) == 0
    house.clock.advance(61)
    note_lapsed(*parts)
    note_lapsed(*parts)
    end = time.monotonic() + 60
    while not noted() and time.monotonic() < end:  # the thread of the server may have been first
        time.sleep(0.05)
    (entry,) = noted()
    assert f"approval={name}" in entry["target"]
    assert entry["who"] == "trimtab"
    assert house.status(name) == "expired"
