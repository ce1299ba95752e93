"""`trimtab hook claude-code`: one process for each event of Claude Code.

What goes wrong here is a deny where the contract enforces, and nothing where it observes. A contract that cannot be read says
nothing of its mode: then it is a deny.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import orjson

from trimtab.edge.runtime import Budget, File, SqliteBudget
from trimtab.edge.sdk.hooks import wire
from trimtab.edge.sdk.hooks.memory import held, prune
from trimtab.edge.sdk.hooks.points import Points
from trimtab.edge.sdk.hooks.replay import replayed
from trimtab.edge.sdk.hooks.snippet import snippet
from trimtab.edge.sdk.hooks.tell import Teller
from trimtab.edge.sdk.lineage.context import Lineage
from trimtab.edge.sdk.runtime import Runtime
from trimtab.edge.sdk.settings import Settings, read_settings, state_folder
from trimtab.edge.sdk.start import built
from trimtab.vocabulary.contract import Contract, Tally, contract_at
from trimtab.vocabulary.kernel import Clock, SystemClock, TrimtabError

HOST = "claude-code"
BLOCKED = 2
"""The exit code that stops what Claude Code was about to do; its words are on standard error."""
SEND_S, LEAVE_S = 2.0, 60.0
SENDING = ("Stop", "SessionEnd")
"""Events after which nobody waits for the next step: then what was told is sent, until then it is only written down."""


def run(arguments: Sequence[str], env: Mapping[str, str] = os.environ) -> int:
    """Answer the event on standard input; the exit code."""
    asked = options(arguments)
    if asked.settings:
        print(snippet(asked.contract, permits=asked.permit))  # noqa: T201 - this is its answer
        return 0
    return respond(sys.stdin.buffer.read(), asked, env)


def options(arguments: Sequence[str]) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(
        prog=f"trimtab hook {HOST}",
        description="Put Claude Code under a contract: its hooks call this, with an event on standard input.",
    )
    parser.add_argument("--contract", required=True, help="The contract, a YAML file.")
    parser.add_argument(
        "--permit", action="store_true", help="Where the contract allows a call, do not let Claude Code ask."
    )
    parser.add_argument("--settings", action="store_true", help="Print the hooks for .claude/settings.json.")
    return parser.parse_args(arguments)


def respond(raw: bytes, asked: argparse.Namespace, env: Mapping[str, str]) -> int:
    """Decide about an event, and write the answer."""
    event: wire.Event | None = None
    contract: Contract | None = None
    try:
        with suppress(Exception):  # its fault is told once the contract has said its mode
            event = wire.read_event(raw)
        contract = contract_at(Path(asked.contract))
        event = event or wire.read_event(raw)
        answer = decided(contract, event, asked, env)
    except BaseException as error:  # noqa: BLE001 - also Ctrl-C: whatever it is, nothing goes on unseen
        return broken(event, contract, error)
    write(answer)
    return 0


def decided(
    contract: Contract, event: wire.Event, asked: argparse.Namespace, env: Mapping[str, str]
) -> wire.Answer:
    """The answer to an event of a session, which no other process holds meanwhile."""
    clock = SystemClock()
    folder = state_folder(env) / "contracts" / contract.agent
    settings = read_settings(contract.agent, "", "", {"service": contract.agent, "interval_s": LEAVE_S}, env)
    runtime = None if settings.silent else built(settings, None)
    try:
        with held(folder / HOST, event.session) as memory:
            if not memory.lines:
                memory.add("begun", ns=clock.now_ns())
            known = replayed(contract, clock, event.session, memory.lines)
            teller = Teller(runtime, Lineage(session=event.session, agent=contract.agent))
            budget = budget_of(contract, folder, clock)
            points = Points(contract, clock, memory, known, teller, budget=budget)
            points.permits = asked.permit
            answer = points.answer(event)
    finally:
        if runtime is not None:
            leave(runtime, settings, event)
    if event.name == "SessionStart":
        prune(folder / HOST, clock.now_ns() / 1e9, keep=event.session)
    return answer


def budget_of(contract: Contract, folder: Path, clock: Clock) -> Budget:
    """The budgets of a day, which all sessions of the agent share; in memory where there are none."""
    if not any(one.scope == "day" for tool in contract.tools.values() for one in tool.limits):
        return Tally()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return SqliteBudget(File(folder / "ledger.db"), clock)


def leave(runtime: Runtime, settings: Settings, event: wire.Event) -> None:
    """Send what was told where nobody waits for us, else leave it on disk for whoever ends the turn."""
    if settings.spool is None:
        return runtime.close(SEND_S)
    if event.name in SENDING:
        runtime.flush(SEND_S)
    runtime.close(0.0)


def broken(event: wire.Event | None, contract: Contract | None, error: BaseException) -> int:
    """The answer where we failed: a deny in mode enforce, else none."""
    hint = f" ({error.hint})" if isinstance(error, TrimtabError) and error.hint else ""
    said = f"the contract could not be applied: {error or type(error).__name__}{hint}"
    print(f"trimtab: {said}", file=sys.stderr)  # noqa: T201 - Claude Code shows it with --debug
    tool = contract.tools.get(event.tool) if contract and event else None
    mode = tool.mode if tool else contract.mode if contract else "enforce"
    if mode != "enforce":
        return 0
    if event is None:
        return BLOCKED
    write(wire.refused(event, said))
    return 0


def write(answer: wire.Answer) -> None:
    """Write an answer; none is no word at all."""
    if answer:
        sys.stdout.write(orjson.dumps(answer).decode() + "\n")
        sys.stdout.flush()
