"""What cannot be seen of an agent is said, the worst first, with what mends it."""

from collections.abc import Generator

import pytest
from tests.support.stores import DAY_S, Kit, kit

from trimtab.loop.sli import coverage
from trimtab.loop.store import Scope


@pytest.fixture
def store() -> Generator[Kit]:
    with kit() as found:
        yield found


def test_nothing_is_no_coverage(store: Kit) -> None:
    assert coverage(store.analytics, Scope(project="p")) == {
        "agents": [],
        "intents": [],
        "tools": [],
        "blind_spots": [],
        "more": 0,
    }


def test_each_agent_is_seen_as_far_as_it_tells(store: Kit) -> None:
    call = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.agent.name": "clear"}
    usage = {"gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 5}
    store.session("a", 1, **call, **usage, **{"user.id": "u"})
    store.session("b", 10, **{"gen_ai.agent.name": "dim"})
    store.session("c", 20, **{"gen_ai.agent.name": "dim"})
    store.fact("f", session="a")
    store.clock.advance(DAY_S)
    found = coverage(store.analytics, Scope(project="p"))
    seen = {row["agent"]: row for row in found["agents"]}
    assert seen["clear"]["by"]["usage"] == seen["clear"]["by"]["outcome"] == 1.0
    assert seen["dim"]["by"]["outcome"] == seen["dim"]["by"]["schema"] == 0.0
    assert "usage" not in seen["dim"]["by"]  # it calls no model: nothing is hidden
    assert seen["clear"]["seen"] > seen["dim"]["seen"]
    assert [(row["intent"], row["sessions"]) for row in found["intents"]] == [("", 3)]
    (tool,) = found["tools"]
    assert (tool["tool"], tool["calls"], tool["by"]) == ("step", 4, {"schema": 0.0, "time": 1.0})
    blind = found["blind_spots"]
    assert len(blind) == 10
    dark = sum(share < 1 for row in found["agents"] for share in row["by"].values())
    assert len(blind) + found["more"] == dark
    assert blind[0]["agent"] == "dim"
    assert all(spot["fix"] and 0 < spot["share"] <= 1 and spot["missing"] <= spot["events"] for spot in blind)
    only = coverage(store.analytics, Scope(project="p", cohort={"agent": "clear"}))
    assert [row["agent"] for row in only["agents"]] == ["clear"]
