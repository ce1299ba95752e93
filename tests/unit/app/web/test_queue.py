"""The queue: sessions of which no person told what came of them, one after the other."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

import httpx
from tests.support.bodies import span, traces_of
from tests.support.promising import Shop, shop

Page = Callable[..., httpx.Response]


def waiting(store: Shop, query: str = "") -> list[str]:
    return [one["session"] for one in store.get(f"queue?{query}")["sessions"]]


def open_queue(store: Shop, path: str = "/queue") -> str:
    answer = store.server.request(
        "GET", path, authorization="", cookie=f"trimtab_key={store.server.server.owner}"
    )
    assert answer.status_code == 200, answer.text[-1500:]
    return answer.text


def press(store: Shop, page: str, label: str) -> str:
    """Press a button of the page, and give the page that follows."""
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    fields = {name: value.replace("&amp;", "&") for name, value in fields.items()} | {"label": label}
    named = {"authorization": "", "cookie": f"trimtab_key={store.server.server.owner}"}
    body = urlencode(fields).encode()
    answer = store.server.request("POST", "/do/tell", body, sec_fetch_site="same-origin", **named)
    assert answer.status_code == 303, answer.text[-1500:]
    return open_queue(store, answer.headers["location"])


def unsaid(store: Shop, number: int, session: str) -> None:
    """A session of which its agent tells no outcome."""
    named = {"gen_ai.conversation.id": session, "gen_ai.operation.name": "invoke_agent"}
    at = {"start_time_unix_nano": store.clock.now_ns() - 10**9, "end_time_unix_nano": store.clock.now_ns()}
    assert store.server.send(traces_of([span(number, named, **at)])).status_code == 200
    store.server.settle()


def furnished(store: Shop) -> None:
    """Four closed sessions: the agent told of two, of one something was inferred, of one nothing is known."""
    store.tasks(2, 1, 1.0)
    for number, session in ((901, "guessed"), (902, "silent")):
        unsaid(store, number, session)
    inferred = store.fact(901, "failure", store.clock.now_ns(), "inferred") | {"session": "guessed"}
    assert store.server.call("facts", inferred).status_code == 200
    store.clock.advance(90_000)
    store.server.settle()


def test_those_come_first_of_which_least_is_known_and_each_is_asked_once(tmp_path: Path) -> None:
    with shop(tmp_path / "data") as store:
        furnished(store)
        order = waiting(store)
        assert order == ["silent", "guessed", "s2", "s1"]
        page, seen = open_queue(store), []
        for label in ("success", "failure", "refused", "escalated"):
            [shown] = re.findall(r'name="session" value="([^"]*)"', page)
            seen.append(shown)
            page = press(store, page, label)
        assert seen == order
        assert "Nobody waits" in page
        assert waiting(store) == []
        outcomes = {one["session"]: one["outcome"] for one in store.get("sessions")["sessions"]}
        assert [outcomes[one] for one in order] == ["success", "failure", "refused", "escalated"]


def test_the_queue_turns_by_cursor_and_knows_its_cohort(tmp_path: Path) -> None:
    with shop(tmp_path / "data") as store:
        furnished(store)
        first = store.get("queue?limit=3")
        rest = store.get(f"queue?limit=3&cursor={first['next']}")
        names = [one["session"] for one in [*first["sessions"], *rest["sessions"]]]
        assert names == waiting(store)
        assert rest["next"] is None
        assert [one["sure"] for one in store.get("queue")["sessions"]] == [0, 1, 4, 4]
        assert waiting(store, "agent=nobody") == []
        assert store.server.request("GET", "/api/v1/queue?cursor=WzFd").status_code == 400


def test_skipping_goes_on_and_an_end_leads_back(tmp_path: Path) -> None:
    with shop(tmp_path / "data") as store:
        furnished(store)
        page, seen = open_queue(store), []
        while found := re.search(r'href="(/queue[^"]*)" data-press="s"', page):
            seen += re.findall(r'name="session" value="([^"]*)"', page)
            page = open_queue(store, found[1].replace("&amp;", "&"))
        seen += re.findall(r'name="session" value="([^"]*)"', page)
        assert seen == waiting(store)
        assert "You saw them all" in press(store, page, "success")


def test_an_open_session_waits_for_nobody(tmp_path: Path) -> None:
    with shop(tmp_path / "data") as store:
        named = {"gen_ai.conversation.id": "open", "gen_ai.operation.name": "invoke_agent"}
        at = {
            "start_time_unix_nano": store.clock.now_ns() - 10**9,
            "end_time_unix_nano": store.clock.now_ns(),
        }
        assert store.server.send(traces_of([span(1, named, **at)])).status_code == 200
        store.server.settle()
        assert store.get("sessions")["sessions"][0]["closed_ns"] is None
        assert waiting(store) == []
