"""What pages show again: dear answers alone, with their age, counted anew behind the back of whoever looks, never older than a quarter of an hour."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.support.promising import Shop, shop

from trimtab.app.http import application
from trimtab.app.web import console
from trimtab.app.web.recent import Recent
from trimtab.vocabulary.kernel import Refused, VirtualClock

Json = dict[str, Any]


def counting(clock: VirtualClock, took_s: float) -> Callable[[], Json]:
    """An answer that takes so long, and tells how often it was counted."""
    asked: list[int] = []

    def count() -> Json:
        clock.advance(took_s)
        asked.append(1)
        return {"n": len(asked)}

    return count


def test_a_dear_answer_is_shown_again_and_counted_anew_now_and_then() -> None:
    clock = VirtualClock()
    recent, count = Recent(clock, 0.1), counting(clock, 2.0)
    first = recent.ask("q", count)
    clock.advance(17)
    assert recent.ask("q", count) == first
    assert recent.age_s(first) == 19.0
    recent.renew({"q": count})
    assert recent.ask("q", count).said == {"n": 2}
    clock.advance(30 * 2.0 - 1)
    recent.renew({"q": count})
    assert recent.ask("q", count).said == {"n": 2}, "it was too soon"
    clock.advance(1)
    recent.renew({"q": count})
    assert recent.ask("q", count).said == {"n": 3}


def test_the_oldest_answer_is_counted_anew_first_and_the_others_wait_for_the_rest() -> None:
    clock = VirtualClock()
    recent = Recent(clock, 0.1)
    counts = {name: counting(clock, 2.0) for name in "abc"}
    for name, count in counts.items():
        recent.ask(name, count)

    def known() -> list[int]:
        return [recent.ask(name, count).said["n"] for name, count in counts.items()]

    for expected in ([2, 1, 1], [2, 2, 1], [2, 2, 2], [3, 2, 2]):
        recent.renew(counts)
        recent.renew(counts)
        assert known() == expected
        clock.advance(60)


def test_a_quick_answer_is_asked_for_each_time_and_an_old_one_is_not_shown() -> None:
    clock = VirtualClock()
    recent = Recent(clock, 0.1)
    quick, dear = counting(clock, 0.05), counting(clock, 2.0)
    assert [recent.ask("quick", quick).said["n"] for _ in range(3)] == [1, 2, 3]
    assert recent.ask("dear", dear).said == {"n": 1}
    clock.advance(900)
    assert recent.ask("dear", dear).said == {"n": 2}


def test_a_failure_is_not_kept_and_lets_the_next_one_ask() -> None:
    clock = VirtualClock()
    recent, count = Recent(clock, 0.1), counting(clock, 2.0)

    def fails() -> Json:
        clock.advance(5)
        raise Refused("no")

    with pytest.raises(Refused):
        recent.ask("q", fails)
    assert recent.ask("q", count).said == {"n": 1}
    clock.advance(100)
    with pytest.raises(Refused):
        recent.renew({"q": fails})
    assert recent.ask("q", count).said == {"n": 1}, "what was known stays known"


def test_many_who_ask_at_once_wait_for_one_count() -> None:
    clock = VirtualClock()
    recent, going, found = Recent(clock, 0.1), threading.Event(), list[Json]()
    inner = counting(clock, 2.0)

    def count() -> Json:
        assert going.wait(60)
        return inner()

    threads = [threading.Thread(target=lambda: found.append(recent.ask("q", count).said)) for _ in range(8)]
    for one in threads:
        one.start()
    going.set()
    for one in threads:
        one.join()
    assert found == [{"n": 1}] * 8


def home(store: Shop, dear_s: float) -> TestClient:
    server = store.server.server
    client = TestClient(application(server, console(server, dear_s=dear_s)), base_url="http://trimtab")
    client.cookies.set("trimtab_key", server.owner)
    return client


def test_a_page_says_how_old_its_dear_numbers_are_and_asks_for_the_urgent_ones_now(tmp_path: Path) -> None:
    with shop(tmp_path / "data") as store:
        store.tasks(48, 10, 0.95)
        client = home(store, dear_s=0.0)
        assert "counted anew" not in client.get("/").text
        store.clock.advance(90)
        store.post("incidents", {"title": "Refunds go wrong", "gravity": "sev1", "by": "ada"})
        again = client.get("/").text
        assert "what takes long to count is of 2 min ago, and is counted anew in turn" in again
        assert "Refunds go wrong" in again
        for _ in range(5):
            client.get("/")
        store.clock.advance(5)
        assert "is of 5 s ago" in client.get("/").text, "each was counted anew when a page had been sent"


def test_a_page_of_the_latest_day_is_the_same_question_a_minute_later(tmp_path: Path) -> None:
    with shop(tmp_path / "data") as store:
        store.tasks(48, 10, 0.95)
        client = home(store, dear_s=0.0)
        client.get("/failures?since=24h")
        store.clock.advance(120)
        assert "is of 2 min ago" in client.get("/failures?since=24h").text
        assert "counted anew" not in client.get("/failures?since=7d").text
