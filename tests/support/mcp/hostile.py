"""A server of MCP that attacks whoever stands before it, in raw JSON-RPC: `python hostile.py FOLDER`.

FOLDER/tools.json holds what it says of its tools; each tool does what its name says.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

FOLDER = Path(sys.argv[1])
ANY = {"type": "object"}
NAMES = ("fine", "huge", "flood", "wrong_id", "close", "garbage", "linger")
HUGE = 100 << 20
FLOOD = 20_000
DEFAULT = [{"name": name, "inputSchema": ANY} for name in NAMES]
LISTED: dict[str, int] = {"times": 0}


def send(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def text(said: str) -> dict[str, Any]:
    return {"content": [{"type": "text", "text": said}]}


def listed() -> dict[str, Any]:
    LISTED["times"] += 1
    file = FOLDER / "tools.json"
    return {"tools": json.loads(file.read_text()) if file.exists() else DEFAULT}


def called(name: str, number: int) -> None:
    match name:
        case "huge":
            send({"id": number, "result": text("x" * HUGE)})
        case "flood":
            before = LISTED["times"]
            for _ in range(FLOOD):
                send({"method": "notifications/tools/list_changed"})
            send({"id": number, "result": text(str(before))})
        case "garbage":
            for _ in range(FLOOD):
                sys.stdout.write("no JSON \x1b[2J\n")
                sys.stderr.write("x" * 1000 + "\n")
            send({"id": number, "result": text("done")})
        case "wrong_id":
            send({"id": number + 1000, "result": text("another's")})
            send({"id": "a", "result": text("another's")})
            send({"id": None, "error": {"code": -32000, "message": "nobody's"}})
            send({"id": number, "result": text("mine")})
            send({"id": number, "result": text("mine again")})
        case "close":
            sys.stdout.write(f'{{"jsonrpc": "2.0", "id": {number}, "res')
            sys.stdout.flush()
            sys.exit(0)
        case "linger":
            (FOLDER / "pid").write_text(str(os.getpid()))
            os.close(1)
            time.sleep(600)
        case _:
            send({"id": number, "result": text(str(LISTED["times"]))})


def answer(asked: dict[str, Any]) -> None:
    method, number = asked["method"], asked.get("id")
    if number is None:
        return
    if method == "initialize":
        capabilities = {"tools": {"listChanged": True}}
        about = {"name": "hostile\x1b[31m", "version": "1"}
        version = asked["params"]["protocolVersion"]
        send(
            {
                "id": number,
                "result": {"protocolVersion": version, "capabilities": capabilities, "serverInfo": about},
            }
        )
    elif method == "tools/list":
        send({"id": number, "result": listed()})
    elif method == "tools/call":
        called(asked["params"]["name"], number)
    elif method == "ping":
        send({"id": number, "result": {}})
    else:
        send({"id": number, "error": {"code": -32601, "message": "Method not found \x1b[31m"}})


for line in sys.stdin:
    asked = json.loads(line)
    if "method" in asked:
        answer(asked)
