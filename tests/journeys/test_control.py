"""A real server and real agents: switches obeyed in seconds, and what stays when the server is killed."""

import statistics
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.bodies import JSON
from tests.support.obeying import Agent, direct, undo
from tests.support.server import TRIMTAB, Served, serving

from trimtab.vocabulary.control import variant_of


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "data") as found:
        yield found


@pytest.fixture
def agent(served: Served, tmp_path: Path) -> Iterator[Agent]:
    found = Agent(served, tmp_path)
    yield found
    found.close()


@pytest.fixture
def asking(served: Served, tmp_path: Path) -> Iterator[Agent]:
    """An agent that asks people by way of the server."""
    found = Agent(served, tmp_path, "asking")
    yield found
    found.close()


@pytest.mark.full
def test_agents_obey_within_two_seconds(served: Served, agent: Agent, tmp_path: Path) -> None:
    other = Agent(served, tmp_path, "two")
    assert agent.gives("look") == other.gives("look") == "seen"
    time.sleep(1)  # both wait for news by now
    took: list[float] = []
    for _ in range(3):
        name = direct(served, "tool_off:look")
        took.append(max(one.until("look", "withdrawn") for one in (agent, other)))
        undo(served, name)
        took.append(max(one.until("look", "seen") for one in (agent, other)))
    assert statistics.median(took) < 2  # about 0.15 s; a busy machine may stumble once
    other.close()


@pytest.mark.full
@pytest.mark.parametrize("mode", ["observe", "off"])
def test_a_switch_is_obeyed_where_the_contract_is_not_enforced(
    served: Served, tmp_path: Path, mode: str
) -> None:
    agent = Agent(served, tmp_path, mode=mode)
    assert (agent.gives("look"), agent.gives("pay 1")) == ("seen", "paid"), "its approval is on trial"
    name = direct(served, "tool_off:look")
    agent.until("look", "withdrawn")
    assert agent.gives("pay 1") == "paid", "the rest still is"
    undo(served, name)
    agent.until("look", "seen")
    direct(served, "autonomy:reading")
    agent.until("pay 1", "withdrawn")
    assert agent.gives("look") == "seen"
    served.kill()
    agent.restart()
    agent.until("pay 1", "withdrawn")
    agent.close()


@pytest.mark.full
def test_narrowing_outlives_a_killed_server_and_a_restart_and_widening_does_not(
    served: Served, agent: Agent
) -> None:
    assert agent.gives("pay") == "approval"
    direct(served, "unasked:pay", lasts_s=15)
    agent.until("pay", "paid")
    direct(served, "tool_off:look", lasts_s=15)
    agent.until("look", "withdrawn")
    served.kill()
    agent.until("pay", "approval")  # its time is over
    assert agent.gives("look") == "withdrawn"
    agent.restart()
    agent.until("look", "withdrawn")
    assert agent.gives("pay") == "approval"
    served.start()
    agent.until("look", "seen")  # the server lives and says that it is over


@pytest.mark.full
def test_a_forked_process_obeys_too(served: Served, agent: Agent) -> None:
    assert agent.gives("look") == "seen"
    agent.say("fork")
    assert agent.gives("look") == "seen"
    direct(served, "tool_off:look")
    agent.until("look", "withdrawn")


@pytest.mark.full
def test_a_person_says_yes_to_one_call_of_a_running_agent(
    served: Served, asking: Agent, tmp_path: Path
) -> None:
    assert asking.gives("pay o-1") == "approval"  # nobody answers within the time of the tool
    (row,) = served.request("GET", "/api/v1/approvals").json["approvals"]
    said = [
        "approvals",
        "approve",
        row["id"],
        "--reason",
        "I know the payee",
        "--data",
        str(tmp_path / "data"),
    ]
    done = subprocess.run([TRIMTAB, *said], capture_output=True, text=True, check=True)
    assert done.stdout == f"{row['id']} is granted\n"
    assert asking.gives("pay o-1") == "paid"  # the same call finds its request again
    used = served.request("GET", f"/api/v1/approvals/{row['id']}").json
    assert (used["status"], used["responses"][0]["who"]) == ("consumed", "owner")
    assert (
        served.request("POST", f"/api/v1/approvals/{row['id']}/use", b"{}", content_type=JSON).status == 409
    )
    assert asking.gives("pay o-2") == "approval"  # another call needs another yes
    (second,) = served.request("GET", "/api/v1/approvals").json["approvals"]
    assert second["args"] == '{"order": "o-2"}'
    no = b'{"reason": "once is enough"}'
    denied = served.request("POST", f"/api/v1/approvals/{second['id']}/deny", no, content_type=JSON)
    assert denied.json["status"] == "denied"
    assert asking.gives("pay o-2") == "approval"
    served.kill()
    assert asking.gives("pay o-3") == "approval"  # nobody can be asked: it stays a no


def until_listed(served: Served, variant: str, wanted: set[str], others: set[str]) -> None:
    """Wait until the sessions of a variant, a cohort as any other, are those."""
    end = time.monotonic() + 60
    while True:
        rows = served.request("GET", f"/api/v1/sessions?variant={variant}&limit=100").json["sessions"]
        names = {one["session"] for one in rows}
        assert not names & others
        if wanted <= names:
            return
        assert time.monotonic() < end, (wanted, rows[:1])
        time.sleep(0.1)


def control(tmp_path: Path, *said: str) -> None:
    command = [TRIMTAB, "control", *said, "--reason", "a test", "--data", str(tmp_path / "data")]
    subprocess.run(command, capture_output=True, text=True, check=True)


@pytest.mark.full
def test_the_code_of_a_running_agent_reads_what_is_pinned_and_split(
    served: Served, agent: Agent, tmp_path: Path
) -> None:
    other = Agent(served, tmp_path, "two")
    whom = ("--agent", "support", "--env", "prod")
    assert agent.gives("pin bundle") == agent.gives("variant s-1") == "none"
    control(tmp_path, "set", "bundle:B", *whom)
    control(tmp_path, "set", "split:new=50,old=50", *whom)
    for one in (agent, other):
        one.until("pin bundle", "B")
        one.until("variant s-1", variant_of("s-1", {"new": 50, "old": 50}))
    sessions = [f"variant s-{number}" for number in range(20)]
    found = [agent.gives(one) for one in sessions]
    assert found == [other.gives(one) for one in sessions], "the same in every process"
    assert set(found) == {"new", "old"}
    assert agent.gives("pin model") == "none"
    whose = {name.removeprefix("variant "): variant for name, variant in zip(sessions, found, strict=True)}
    for variant in ("new", "old"):
        wanted = {name for name, got in whose.items() if got == variant}
        until_listed(served, variant, wanted, set(whose) - wanted)
    served.kill()
    agent.restart()
    assert agent.gives("pin bundle") == "B", "from the disk"
    served.start()
    control(tmp_path, "set", "bundle:C", *whom)
    agent.until("pin bundle", "C")
    other.close()
