"""Two servers over one PostgreSQL, and an agent at each: one story of directives, yeses and keys, also when one server dies."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.bodies import JSON
from tests.support.obeying import Agent, direct, undo
from tests.support.postgres import new_state
from tests.support.server import Served, serving

pytestmark = pytest.mark.full


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[tuple[Served, Served]]:
    env = {"TRIMTAB_STATE_URL": new_state()}
    with serving(tmp_path / "a", env=env) as one, serving(tmp_path / "b", env=env) as two:
        yield one, two


@pytest.fixture
def agents(servers: tuple[Served, Served], tmp_path: Path) -> Iterator[tuple[Agent, Agent]]:
    found = Agent(servers[0], tmp_path, "one"), Agent(servers[1], tmp_path, "two")
    yield found
    for one in found:
        one.close()


def test_a_directive_given_at_one_is_obeyed_at_both_and_undone_at_the_other(
    servers: tuple[Served, Served], agents: tuple[Agent, Agent]
) -> None:
    assert [one.gives("look") for one in agents] == ["seen"] * 2
    for at in (0, 1):
        name = direct(servers[at], "tool_off:look")
        for one in agents:
            one.until("look", "withdrawn")
        undo(servers[1 - at], name)
        for one in agents:
            one.until("look", "seen")


def test_with_one_server_dead_its_agent_stays_narrowed_and_the_other_is_told_more(
    servers: tuple[Served, Served], agents: tuple[Agent, Agent]
) -> None:
    name = direct(servers[0], "tool_off:look")
    for one in agents:
        one.until("look", "withdrawn")
    servers[0].kill()
    undo(servers[1], name)
    agents[1].until("look", "seen")
    assert agents[0].gives("look") == "withdrawn"  # nobody told it otherwise
    servers[0].start()
    agents[0].until("look", "seen")


def test_a_key_made_at_one_is_good_at_the_other_until_it_is_revoked_there(
    servers: tuple[Served, Served],
) -> None:
    asked = json.dumps({"name": "n", "scopes": "read"}).encode()
    made = servers[0].request("POST", "/api/v1/keys", asked, content_type=JSON).json

    gone = json.dumps({"id": made["id"]}).encode()

    def status(server: Served) -> int:
        return server.request("GET", "/api/v1/sessions", authorization=f"Bearer {made['key']}").status

    assert [status(one) for one in servers] == [200, 200]
    assert servers[1].request("POST", "/api/v1/keys/revoke", gone, content_type=JSON).status == 200
    assert status(servers[1]) == 401
    for _ in range(600):
        if (found := status(servers[0])) == 401:
            break
        time.sleep(0.1)
    assert found == 401
