"""An agent in a process of its own that does as its server says, and what people tell the server."""

import itertools
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.support.bodies import JSON
from tests.support.server import Served

ROOT = Path(__file__).resolve().parents[2]
CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: support}
spec:
  mode: MODE
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

def variant(session: str) -> str:
    with trimtab.session(session) as s:
        return s.variant("none")

def pin(kind: str) -> str:
    return trimtab.pinned(kind, "none")

def answer(name: str, *args: str) -> str:
    try:
        with trimtab.session("chat-1", user="ann"):
            return {"look": look, "pay": pay, "pin": pin, "variant": variant}[name](*args)
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

    def __init__(self, served: Served, folder: Path, name: str = "one", mode: str = "enforce") -> None:
        self._contract = CONTRACT.replace("MODE", mode)
        key = served.request("GET", "/api/v1/control/key").json["key"]
        self._start(served, folder, name, key)

    def _start(self, served: Served, folder: Path, name: str, key: str) -> None:
        contract = folder / "contract.yaml"
        contract.write_text(self._contract)
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


def direct(served: Served, what: str, **more: Any) -> str:
    """Give a directive; its id."""
    sent = {"what": what, "reason": "a test", "by": "ann", "agent": "support", "environment": "prod"} | more
    answer = served.request("POST", "/api/v1/directives", json.dumps(sent).encode(), content_type=JSON)
    assert answer.status == 200, answer.body
    return str(answer.json["id"])


def undo(served: Served, name: str) -> None:
    answer = served.request("DELETE", f"/api/v1/directives/{name}?reason=mended&by=ann")
    assert answer.status == 200, answer.body
