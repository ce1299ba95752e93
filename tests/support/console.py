"""A furnished Trimtab for the console: a shop that pages, recorded runs, hostile words; on a port, for a real browser.

`python -m tests.support.console FOLDER` writes pictures of every page into a folder.
"""

import contextlib
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import uvicorn
from tests.support.bodies import json_span, json_traces, span, traces_of
from tests.support.environments import environment
from tests.support.promising import Shop, shop
from tests.support.server import HOST, Inside, free_port

from trimtab.app.http import application
from trimtab.app.web import console
from trimtab.loop.ingest.imports import IMPORTERS, Tally

DATA = Path(__file__).parents[3] / "shared" / "data" / "tau_bench_airline" / "records.jsonl.gz"
BROWSER = Path(__file__).parent / "browser.py"
NEEDED = ("playwright==1.65.2", "axe-playwright-python==0.1.8")
HOSTILE = "<script>document.title='owned'</script>\u202eevil\u202c \x1b[31mred\x00 \"quoted\" 'single' & <b>bold</b>"
DECIDED = {
    "trimtab.contract.verdict": "deny",
    "trimtab.contract.effect": "keyed_write",
    "trimtab.contract.why": "args.amount <= 500 does not hold",
    "trimtab.schema_ok": False,
}


def strange_session(
    store: Shop, name: str = "strange", words: str = HOSTILE, given: str | None = None
) -> None:
    """A session whose every text is a stranger's; `given` are the arguments of its call, if others."""
    now_ns = store.clock.now_ns()
    named = {"gen_ai.conversation.id": name, "gen_ai.agent.name": words[:200]}
    call = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "refund", **DECIDED}
    said = {"gen_ai.tool.call.arguments": words if given is None else given, "gen_ai.tool.call.result": words}
    times = {"start_time_unix_nano": now_ns - 2 * 10**9, "end_time_unix_nano": now_ns - 10**9}
    number = 900_000 + store.number
    store.number += 1
    body = traces_of([span(number, named | call | said, name=words[:200], **times)])
    answer = store.server.send(body)
    assert answer.status_code == 200, answer.text[:500]
    fact = {"id": f"f-{name}", "kind": "outcome", "source": "human", "session": name, "label": "failure"}
    assert store.server.call("facts", fact | {"reason": words[:1000]}).status_code == 200
    store.server.settle()


def import_runs(door: Inside, path: Path) -> None:
    """Recorded runs of an airline's agent."""
    for piece in IMPORTERS["tau-bench"](path, Tally()):
        if piece.signal == "facts":
            assert door.call("facts", piece.facts).status_code == 200
        else:
            assert door.send(piece.body, piece.signal).status_code == 200
    door.settle()


def ask_people(store: Shop) -> None:
    """A call that waits for a yes, in words of a stranger; and one that was answered."""
    asked = {"agent": "shop", "tool": "refund", "args_digest": "a" * 64, "contract_digest": "c" * 64}
    said = {"session": "strange", "user": "vi", "why": HOSTILE, "role": "editor", "quorum": 2}
    given = {"args": json.dumps({"to": HOSTILE, "amount": 900}), "doubts": {"to": f"to comes from {HOSTILE}"}}
    store.post("approvals", asked | said | given)
    done = store.post("approvals", asked | {"tool": "mail", "args": "{}"})
    store.post(f"approvals/{done['id']}/deny", {"reason": HOSTILE})


def decide(store: Shop) -> None:
    """Calls of two agents about which contracts decided, enforced and not."""
    contract, now_ns = "trimtab.contract.", store.clock.now_ns()
    told = (
        ("support", "refund", {"verdict": "deny", "mode": "enforce", "reasons": "bounds,budget"}),
        ("support", "refund", {"verdict": "ask", "mode": "enforce", "reasons": "approval"}),
        ("support", "mail", {"verdict": "transform", "mode": "enforce", "reasons": "fixed"}),
        ("support", "read", {"verdict": "allow", "mode": "enforce", "suspected": 0.93}),
        ("shop", "pay", {"verdict": "allow", "mode": "observe", "would": "deny", "reasons": "source"}),
    )
    spans: list[Any] = []
    for agent, tool, words in told * 3:
        store.number += 1
        named = {"gen_ai.conversation.id": f"guarded-{store.number}", "gen_ai.agent.name": agent}
        call = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": tool}
        said = {f"{contract}{name}": value for name, value in words.items()}
        times = {"start_time_unix_nano": now_ns - 2 * 10**9, "end_time_unix_nano": now_ns - 10**9}
        spans.append(span(800_000 + store.number, named | call | said, **times))
    assert store.server.send(traces_of(spans)).status_code == 200
    store.server.settle()


def fail_provider(store: Shop) -> None:
    """Half an hour of calls of two providers; one of them, with a stranger's name, is out for some minutes."""
    now_ns, minute_ns = store.clock.now_ns(), 60 * 10**9
    spans: list[Any] = []
    for place in range(60):
        store.number += 1
        at = now_ns - (30 - place // 2) * minute_ns
        failed = {"error.type": "RateLimitError"} if 30 <= place < 54 and place % 2 else {}
        named = {"gen_ai.conversation.id": f"asked-{place % 7}", "gen_ai.agent.name": "support"}
        model = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m1"}
        model["gen_ai.provider.name"] = HOSTILE[:60] if place % 2 else "openai"
        times = {"start_time_unix_nano": at, "end_time_unix_nano": at + 10**9}
        spans.append(span(700_000 + store.number, named | model | failed, **times))
    assert store.server.send(traces_of(spans)).status_code == 200
    store.server.settle()


def furnish(store: Shop) -> None:
    """Good days, bad hours, a page, an incident that somebody takes; and whatever runs are recorded."""
    store.tasks(240, 20, 0.97)
    store.apply()
    store.play(30, per_minute=1, rate=0.97)
    store.play(60, per_minute=1, rate=0.2)
    strange_session(store)
    decide(store)
    fail_provider(store)
    if DATA.exists():
        import_runs(store.server, DATA)
    ask_people(store)
    declared = store.post("incidents", {"title": "Refunds go wrong", "gravity": "sev1", "by": "ada"})
    store.post(f"incidents/{declared['id']}", {"action": "note", "note": "since the release", "by": "ada"})


@contextlib.contextmanager
def listening(door: Inside) -> Generator[str]:
    """The server on a port; its address."""
    port = free_port()
    app = application(door.server, console(door.server))
    web = uvicorn.Server(uvicorn.Config(app, host=HOST, port=port, log_level="error", lifespan="off"))
    thread = threading.Thread(target=web.run, daemon=True)
    thread.start()
    end = time.monotonic() + 60
    while not web.started:
        assert time.monotonic() < end, "the server does not listen"
        time.sleep(0.02)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        web.should_exit = True
        thread.join(20)


def pages_of(door: Inside) -> dict[str, str]:
    """Every page by a name: the lists, and one of each kind that there is."""

    def first(path: str, rows: str, key: str) -> str:
        found = door.request("GET", f"/api/v1/{path}").json()[rows]
        return quote(str(found[0][key]), safe="") if found else "nobody"

    failed = first("sessions?outcome=failure", "sessions", "session")
    longest = first("sessions?agent=airline", "sessions", "session") if DATA.exists() else failed
    return {
        "home": "/",
        "sessions": "/sessions",
        "sessions-failed": "/sessions?outcome=failure&tool_error=no",
        "sessions-none": "/sessions?agent=nobody",
        "session": f"/sessions/{longest}",
        "conversation": f"/sessions/{longest}?view=said",
        "strange": "/sessions/strange?view=said",
        "queue": "/queue?agent=airline" if DATA.exists() else "/queue",
        "tools": "/tools",
        "safety": "/safety",
        "silences": "/silences?severity=page",
        "failures": "/failures",
        "failure": f"/failures/{first('failures', 'groups', 'fingerprint')}",
        "objectives": "/objectives",
        "objective": f"/objectives/{first('slo', 'objectives', 'id')}",
        "alerts": "/alerts",
        "incidents": "/incidents",
        "incident": f"/incidents/{first('incidents', 'incidents', 'id')}",
        "approvals": "/approvals?all=yes",
        "cost": "/cost",
        "error": "/incidents/nobody",
    }


def begun(door: Inside) -> dict[str, Any]:
    """The first step of a session that begins while somebody looks."""
    now_ns = door.server.clock.now_ns()
    named = {"key": "gen_ai.conversation.id", "value": {"stringValue": "came-while-open"}}
    return json_span(
        987_654, startTimeUnixNano=str(now_ns), endTimeUnixNano=str(now_ns + 1), attributes=[named]
    )


def browse(door: Inside, address: str, out: Path) -> dict[str, Any]:
    """Let a real browser walk through the console; pictures into a folder, and what it found."""
    python = environment("browser", NEEDED) / "python"
    order = {"url": address, "key": door.server.owner, "out": str(out), "pages": pages_of(door)}
    order["trace"] = json.dumps(json_traces([begun(door)]))
    done = subprocess.run(
        [python, BROWSER], input=json.dumps(order), capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def main() -> None:
    """Write the pictures."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="trimtab-pictures-"))
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data, shop(Path(data) / "data") as store:
        furnish(store)
        with listening(store.server) as address:
            found = browse(store.server, address, out)
    sys.stdout.write("".join(f"{one}\n" for one in found["axe"]))
    sys.stdout.write(f"{len(found['pictures'])} pictures in {out}\n")


if __name__ == "__main__":
    main()
