"""The demonstration: the story comes out as it is told, and the server notices."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from tests.support.bodies import JSON
from tests.support.console import listening
from tests.support.server import Inside, inside

import trimtab
from trimtab.app.demo import PROJECT, SEED, STORY, Count, Phase, play, promises
from trimtab.app.demo.story import live, text_of, times
from trimtab.vocabulary.kernel import Unavailable, VirtualClock

DOCS = Path(__file__).parents[3] / "docs"
NOW_NS = 1_790_000_000_000_000_000
SHORT = (Phase(name="before", hours=20, per_hour=5, version="7"), *STORY[2:])
COUNTS = [
    Count(phase="before", sessions=100, good=98),
    Count(phase="a tool fails", sessions=40, good=22, errors=18),
    Count(phase="the tool is well again", sessions=380, good=380),
    Count(phase="the prompt is changed", sessions=100, good=39),
]


class Demo:
    """A server on a virtual clock, its project, and what a story left in it."""

    def __init__(self, door: Inside, clock: VirtualClock, address: str) -> None:
        self.door, self.clock, self.address = door, clock, address
        self.made = door.call("keys", {"new_project": PROJECT, "scopes": "ingest,read,edit"}).json()["key"]

    def ask(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        sent = None if body is None else json.dumps(body).encode()
        answer = self.door.request(
            method, f"/api/v1/{path}", sent, content_type=JSON, authorization=f"Bearer {self.made}"
        )
        assert answer.status_code == status, answer.text
        return answer.json()

    def play(self, story: tuple[Phase, ...], seed: int = 7) -> list[Count]:
        self.ask("POST", "promises", {"files": promises()})
        self.door.server.watched.watch.tick()
        found = play((self.address, self.made), self.clock.now_ns(), lambda *_: None, seed=seed, story=story)
        self.door.settle()
        self.clock.advance(180)
        self.door.server.watched.watch.tick()
        return found


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    clock = VirtualClock(NOW_NS)
    with inside(tmp_path / "data", clock) as door, listening(door) as address:
        yield Demo(door, clock, address)


def test_the_whole_story_is_the_one_that_its_page_tells() -> None:
    clock = VirtualClock(NOW_NS)
    with trimtab.testing(contract=text_of("contract.yaml"), clock=clock):
        counts = live(clock, Random(SEED), times(NOW_NS), (lambda *_: None, 1.0))
    rows = re.findall(r"\| (\d+) of (\d+) \| (\d+) \|", (DOCS / "demo.md").read_text())
    assert [(one.good, one.sessions, one.errors) for one in counts] == [tuple(map(int, row)) for row in rows]


def test_the_story_comes_out_as_it_is_told(demo: Demo) -> None:
    counts = demo.play(SHORT)
    assert counts == COUNTS
    slo = demo.ask("GET", "slo")["objectives"][0]
    assert (slo["good"], slo["bad"]) == (
        sum(c.good for c in COUNTS),
        sum(c.sessions - c.good for c in COUNTS),
    )
    firing = [one for one in demo.ask("GET", "alerts")["alerts"] if one["labels"]["severity"] == "page"]
    assert [one["labels"]["objective"] for one in firing] == ["shop-orders"]
    assert json.loads(firing[0]["annotations"]["cohort"]) == {"bundle": "shop-8"}
    assert any(
        "prompt" in said for name, said in firing[0]["annotations"].items() if name.startswith("change.")
    )
    changed = [one for one in demo.ask("GET", "changes")["changes"] if one["before"] is not None]
    assert [(one["kind"], one["value"], one["before"]) for one in changed] == [
        ("bundle", "shop-8", "shop-7"),
        ("prompt", "8", "7"),
    ]
    since = changed[-1]["first_ns"] - 60_000_000_000
    assert demo.ask("GET", f"sessions?since_ns={since}&tool_error=yes&limit=1")["total"] == 0
    failed = demo.ask("GET", f"sessions?since_ns={since}&outcome=failure&limit=1")["total"]
    assert failed == COUNTS[-1].sessions - COUNTS[-1].good


def test_the_change_to_blame_shows_both_of_its_sides(demo: Demo) -> None:
    demo.play((Phase(name="before", hours=2, per_hour=20, version="7"), STORY[-1]))
    named = "agent=shop-support&kind=prompt&subject=shop-support&value=8"
    found = demo.ask("GET", f"changes/compare?{named}")
    assert "only then say that it is done" in found["text_before"]
    assert "tell them at once" in found["text"]
    assert found["before"]["task_success"]["value"] > 0.9
    assert found["since"]["task_success"]["value"] < 0.6
    assert found["since"]["tool_call_success"]["value"] == 1.0
    demo.ask("GET", f"changes/compare?{named}9", status=404)
    demo.ask("GET", "changes/compare?kind=prompt", status=400)
    page = demo.door.request("GET", f"/change?{named}", authorization="", cookie=f"trimtab_key={demo.made}")
    assert page.status_code == 200
    assert "tell them at once" in page.text
    assert "tool_error=no" in page.text


def test_another_seed_is_another_story_and_the_same_seed_the_same(demo: Demo) -> None:
    short = (Phase(name="now", hours=2, per_hour=20, version="8"),)
    one = play((demo.address, demo.made), NOW_NS, lambda *_: None, seed=1, story=short)
    again = play((demo.address, demo.made), NOW_NS, lambda *_: None, seed=1, story=short)
    other = play((demo.address, demo.made), NOW_NS, lambda *_: None, seed=2, story=short)
    assert one == again != other


def test_a_server_that_is_away_ends_the_story(demo: Demo) -> None:
    with pytest.raises(Unavailable):
        play(("http://127.0.0.1:9", "tt_x"), NOW_NS, lambda *_: None, story=SHORT[-1:], patience_s=0.5)
