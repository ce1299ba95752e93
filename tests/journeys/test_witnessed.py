"""A real server and a real agent: the checkpoints of its audit log stand countersigned without anybody's doing."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from tests.support.server import TRIMTAB, Served, serving

pytestmark = pytest.mark.full
ROOT = Path(__file__).resolve().parents[2]
CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: shop}
spec: {tools: {look: {effect: read}}}
"""
AGENT = """
import sys, trimtab
from trimtab.adapters.ed25519 import Ed25519Key
from trimtab.edge.sdk.control import fetch, showing
from trimtab.vocabulary.kernel import VirtualClock

@trimtab.tool
def look() -> str:
    return "seen"

showing.END_S = fetch.SLACK_S = 60.0  # the machine may be busy
clock = VirtualClock()
trimtab.init(contract=sys.argv[1], audit=sys.argv[2], audit_key=Ed25519Key.kept, clock=clock, ledger=False, interval_s=0.05)
for line in sys.stdin:
    if line == "a minute later\\n":
        clock.advance(61)
    with trimtab.session(user="ann"):
        print(look(), flush=True)
"""


class Agent:
    """An agent's process, which acts when it is told to."""

    def __init__(self, served: Served, folder: Path) -> None:
        contract = folder / "contract.yaml"
        contract.write_text(CONTRACT)
        self.audit = folder / "audit"
        key = served.request(
            "POST", "/api/v1/keys", b'{"scopes": "ingest"}', content_type="application/json"
        ).json["key"]
        env = os.environ | {
            "TRIMTAB_URL": f"http://127.0.0.1:{served.port}",
            "TRIMTAB_KEY": key,
            "XDG_STATE_HOME": str(folder / "state"),
            "PYTHONPATH": str(ROOT / "src"),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", AGENT, str(contract), str(self.audit)],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def act(self, when: str = "now") -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{when}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "seen\n"

    def signed(self) -> int:
        """How many entries its last checkpoint covers."""
        path = self.audit / "000" / "checkpoints"
        return int(path.read_text().rstrip("\n").split("\n\n")[-2].splitlines()[1]) if path.is_file() else 0

    def signs(self) -> int:
        """Let it act until there is a new checkpoint; how many entries that covers."""
        before = self.signed()
        self.act("a minute later")
        until(lambda: self.signed() > before)
        return self.signed()

    def end(self) -> str:
        """Let it end in order; what it warned of."""
        return self.process.communicate(timeout=60)[1]

    def kill(self) -> None:
        self.process.kill()
        self.process.communicate()


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def seen(served: Served) -> list[int]:
    """How many entries of the one log the server has seen, time by time."""
    logs = served.request("GET", "/api/v1/audit/logs").json["logs"]
    if not logs:
        return []
    path = f"/api/v1/audit/logs/{quote(logs[0]['origin'])}/checkpoints"
    return [one["size"] for one in served.request("GET", path).json["checkpoints"] if not one["contradicts"]]


def verified(served: Served, agent: Agent) -> dict[str, Any]:
    """What `trimtab audit verify` says of the log, given the key of the server as a witness."""
    env = os.environ | {"TRIMTAB_URL": f"http://127.0.0.1:{served.port}", "TRIMTAB_KEY": served.key}
    asked = [TRIMTAB, "audit", "witness", str(agent.audit), "--json"]
    (told,) = json.loads(subprocess.run(asked, env=env, capture_output=True, text=True, check=True).stdout)
    command = [TRIMTAB, "audit", "verify", str(agent.audit), "--key", told["witness"], "--json"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    (found,) = json.loads(done.stdout)
    return found


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    with serving(tmp_path / "data") as found:
        yield found


def test_checkpoints_stand_at_the_server_while_the_agent_runs_and_at_its_end(
    served: Served, tmp_path: Path
) -> None:
    agent = Agent(served, tmp_path)
    agent.act()
    sizes = [agent.signs()]
    until(lambda: seen(served) == sizes)
    sizes.append(agent.signs())
    until(lambda: seen(served) == sizes)
    agent.act()
    assert agent.end() == ""
    last = seen(served)
    assert last[:2] == sizes
    assert last[2:] == [agent.signed()], "the last one, too"
    notes = (agent.audit / "000" / "witnessed").read_text()
    assert notes.count("trimtab-witness") == 3
    found = verified(served, agent)
    assert (found["witnessed"], found["entries"]) == (last[-1], last[-1])
    assert (agent.audit / "000" / "witnessed").read_text() == notes, "the command had nothing to add"


def test_a_server_that_was_killed_is_shown_all_when_it_is_back(served: Served, tmp_path: Path) -> None:
    agent = Agent(served, tmp_path)
    first = agent.signs()
    until(lambda: seen(served) == [first])
    served.kill()
    agent.signs()
    last = agent.signs()
    served.start()
    until(lambda: seen(served)[-1] == last)
    said = agent.end()
    assert said.count("the audit log is not witnessed yet") <= 1
    assert verified(served, agent)["witnessed"] == agent.signed()


def test_an_agent_that_is_killed_loses_no_more_than_the_interval(served: Served, tmp_path: Path) -> None:
    agent = Agent(served, tmp_path)
    size = agent.signs()
    until(lambda: seen(served) == [size])
    agent.act()
    agent.kill()
    assert seen(served) == [size], "what was signed stands, whatever becomes of the machine"
    again = Agent(served, tmp_path)
    more = again.signs()
    until(lambda: seen(served)[-1] == more)
    assert again.end() == ""
    found = verified(served, again)
    assert found["witnessed"] == found["entries"] == again.signed()


def test_a_past_that_was_written_anew_is_refused_and_the_agent_says_so(
    served: Served, tmp_path: Path
) -> None:
    agent = Agent(served, tmp_path)
    size = agent.signs()
    until(lambda: seen(served) == [size])
    agent.end()
    folder = agent.audit / "000"
    (entries,) = (folder / "entries").iterdir()
    lines = entries.read_bytes().splitlines(keepends=True)
    entries.write_bytes(b"".join(lines[:1]))  # whoever has the key begins the past anew
    for name in ("checkpoints", "witnessed"):
        (folder / name).unlink()
    again = Agent(served, tmp_path)
    for _ in range(6):
        again.act()
    assert "the server does not witness the audit log shop/" in again.end()
    logs = served.request("GET", "/api/v1/audit/logs").json["logs"]
    path = f"/api/v1/audit/logs/{quote(logs[0]['origin'])}/checkpoints"
    kept = served.request("GET", path).json["checkpoints"]
    assert [one["contradicts"] for one in kept].count(True) == 1
