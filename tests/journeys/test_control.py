"""A real server and real agents: switches obeyed in seconds, and what stays when the server is killed."""

import itertools
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support.bodies import JSON
from tests.support.server import TRIMTAB, Served, serving

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: support}
spec:
  tools:
    look: {effect: read}
    pay: {effect: unkeyed_write, approval: {}, timeout: 2s}
"""
AGENT = """
import os, sys, trimtab
from trimtab.adapters.ed25519 import trusting

@trimtab.tool
def look() -> str:
    return "seen"

@trimtab.tool
def pay(order: str) -> str:
    return "paid"

def answer(name: str, *args: str) -> str:
    try:
        with trimtab.session("chat-1", user="ann"):
            return {"look": look, "pay": pay}[name](*args)
    except trimtab.Stopped as stopped:
        return stopped.code

trimtab.init(contract=sys.argv[1], control=trusting(sys.argv[2]), environment="prod", interval_s=0.05, ledger=False, ask=sys.argv[3] or None)
for line in sys.stdin:
    if line.startswith("fork"):
        child = os.fork()
        if child:
            os.waitpid(child, 0)
            print("back", flush=True)
            break
        continue
    print(answer(*line.split()), flush=True)
"""


NUMBERS = itertools.count()


class Agent:
    """An agent's process; asked what a call of a tool gives."""

    def __init__(self, served: Served, folder: Path, name: str = "one") -> None:
        key = served.request("GET", "/api/v1/control/key").json["key"]
        self._start(served, folder, name, key)

    def _start(self, served: Served, folder: Path, name: str, key: str) -> None:
        contract = folder / "contract.yaml"
        contract.write_text(CONTRACT)
        env = os.environ | {
            "TRIMTAB_URL": f"http://127.0.0.1:{served.port}",
            "TRIMTAB_KEY": served.key,
            "XDG_STATE_HOME": str(folder / name),
            "PYTHONPATH": str(ROOT / "src"),
        }
        self.again = (served, folder, name, key)
        self.process = subprocess.Popen(
            [sys.executable, "-c", AGENT, str(contract), key, "server" if name == "asking" else ""],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def say(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def gives(self, tool: str) -> str:
        """What a call gives; each payment is another one unless it is named."""
        self.say(f"pay n-{next(NUMBERS)}" if tool == "pay" else tool)
        assert self.process.stdout
        return self.process.stdout.readline().strip()

    def until(self, tool: str, wanted: str, most_s: float = 60.0) -> float:
        """Call again and again until it gives that; how long it took."""
        begun = time.monotonic()
        while (found := self.gives(tool)) != wanted:
            assert time.monotonic() - begun < most_s, f"{tool} gives {found}, not {wanted}"
            time.sleep(0.02)
        return time.monotonic() - begun

    def restart(self) -> None:
        """End the process, and begin it anew on the same disk."""
        self.close()
        self._start(*self.again)

    def close(self) -> None:
        self.process.kill()
        self.process.communicate()


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


def direct(served: Served, what: str, **more: Any) -> str:
    """Give a directive; its id."""
    sent = {"what": what, "reason": "a test", "by": "ann", "agent": "support", "environment": "prod"} | more
    answer = served.request("POST", "/api/v1/directives", json.dumps(sent).encode(), content_type=JSON)
    assert answer.status == 200, answer.body
    return str(answer.json["id"])


def undo(served: Served, name: str) -> None:
    answer = served.request("DELETE", f"/api/v1/directives/{name}?reason=mended&by=ann")
    assert answer.status == 200, answer.body


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
