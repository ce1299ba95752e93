"""Lives of an agent that pays, each a process of its own: struck at a point, started again, asked again."""

import os
import signal
import time
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any

from tests.support.ledgers import Place, opened
from tests.support.payer import Job, Payer, Points, Seen
from tests.support.payments import LATE_S, Wire

from trimtab.vocabulary.kernel import SystemClock

HOUR_NS = 3600 * 10**9
WAIT_S = 60
CONTEXT = get_context("forkserver")
CONTEXT.set_forkserver_preload(["__main__", "tests.full.lives"])


class Shifted:
    """The clock of the machine, set forward."""

    def __init__(self, ahead_ns: int) -> None:
        self.ahead_ns = ahead_ns

    def now_ns(self) -> int:
        return SystemClock().now_ns() + self.ahead_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """One process: where its ledger is, what it is to do, and how and at which point it is struck."""

    place: Place
    job: Job
    port: int
    fault: str = ""
    at: int | None = None
    ahead_ns: int = 0


def live(life: Life, wire: Connection) -> None:
    """Ask once, and tell what was said; before it is struck it tells where."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    clock = Shifted(life.ahead_ns)
    points = Points(at=life.at)
    with opened(life.place, clock) as kept:
        agent = Payer(life.job, kept.ledger, kept.budget, Wire(life.port), points, clock, time.sleep)

        def strike() -> None:
            wire.send(points.names[life.at or 0])
            match life.fault:
                case "killed":
                    os.kill(os.getpid(), signal.SIGKILL)
                case "interrupted":
                    agent.interrupt()
                case "cancelled":
                    agent.cancel()
                case _:
                    wire.recv()
                    clock.ahead_ns += HOUR_NS

        points.strike = strike
        outcome = agent.ask()
        wire.send(("said", outcome.status if outcome else "-"))


def live_on(life: Life, wire: Connection) -> None:
    """Ask again at once, once every lease has ended, and at last; tell the last answer and what is shown to people."""
    clock = Shifted(life.ahead_ns)
    with opened(life.place, clock) as kept:
        for ahead_ns in (0, HOUR_NS, HOUR_NS):
            clock.ahead_ns += ahead_ns
            agent = Payer(life.job, kept.ledger, kept.budget, Wire(life.port), Points(), clock, time.sleep)
            outcome = agent.ask()
        wire.send((outcome.status if outcome else "none", bool(agent.unresolved())))


class Child:
    """A life under way."""

    def __init__(self, target: Any, life: Life) -> None:
        self.wire, theirs = CONTEXT.Pipe()
        self._process: BaseProcess = CONTEXT.Process(target=target, args=(life, theirs))
        self._process.start()
        theirs.close()

    def hear(self) -> Any:
        """What it tells next; None where it is dead."""
        try:
            return self.wire.recv() if self.wire.poll(WAIT_S) else None
        except EOFError:
            return None

    def end(self) -> int | None:
        self._process.join(WAIT_S)
        code = self._process.exitcode
        self.wire.close()
        return code


def course(life: Life, bank: list[str]) -> Seen | None:
    """A life and what follows it; None where it ended before it was struck."""
    wire = Wire(life.port)
    wire.ask({"do": "plan", "work": life.job.work, "faults": bank})
    effects = {"do": "effects", "work": life.job.work}
    child = Child(live, life)
    heard = child.hear()
    if life.at is not None and isinstance(heard, tuple):
        child.end()
        return None
    point, first = ("the bank", heard[1]) if life.at is None else (heard, "-")
    ahead_ns = 0
    if life.fault == "stalled":
        other = Child(live, Life(place=life.place, job=life.job, port=life.port, ahead_ns=HOUR_NS))
        other.hear()
        other.end()
        child.wire.send("go on")
        ahead_ns = HOUR_NS
    if life.at is not None and life.fault != "killed":
        first = child.hear()[1]
    then = wire.ask(effects)["effects"]
    assert child.end() == (-signal.SIGKILL if life.fault == "killed" else 0)
    if {"late", "lost"} & set(bank):
        time.sleep(LATE_S)
    again = Child(live_on, Life(place=life.place, job=life.job, port=life.port, ahead_ns=ahead_ns))
    last, shown = again.hear()
    again.end()
    return Seen(
        job=life.job,
        point=point,
        fault=life.fault or ", ".join(bank),
        effects=wire.ask(effects)["effects"],
        effects_then=then,
        first=first,
        last=last,
        shown=shown,
    )
