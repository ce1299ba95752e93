"""An agent that pays, watched at every point where it may be struck: before and after each word to its ledger and budgets, and
around everything it says to the bank.
"""

import asyncio
import itertools
import random
import signal
import threading
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from trimtab.edge.runtime import Budget, Busy, Context, Failed, Ledger, Outcome, Runtime
from trimtab.vocabulary.contract import Contract, read_contract
from trimtab.vocabulary.kernel import Clock

EFFECTS = ("idempotent_write", "keyed_write", "unkeyed_write", "irreversible")
WAIT_S = 20.0
TEXT = """\
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: payer}
spec:
  tools:
    pay:
      effect: EFFECT
      timeout: 400ms
      retry: {attempts: 2, backoff: 10ms, most: 50ms}
      breaker: {minimum: 50, window: 100}
      idempotency: {key: [work]}
      budget: {session: {calls: 50}}
      VERIFY
    seen: {effect: read, timeout: 400ms, output: {trusted: true}, retry: {attempts: 2, backoff: 10ms, most: 50ms}}
"""
VERIFY = "verify: {tool: seen, arguments: {work: args.work}, happened: seen.paid}"


def contract_of(effect: str, *, verifying: bool) -> Contract:
    return read_contract(TEXT.replace("EFFECT", effect).replace("VERIFY", VERIFY if verifying else ""))


class Wire(Protocol):
    """The way to the bank: to say something, and to hear the answer."""

    def send(self, request: Mapping[str, Any]) -> Any: ...
    def receive(self, sent: Any) -> Any: ...
    async def asend(self, request: Mapping[str, Any]) -> Any: ...
    async def areceive(self, sent: Any) -> Any: ...


class Killed(BaseException):
    """The process is gone; nothing that follows has any effect."""


@dataclass(slots=True)
class Points:
    """The points that were reached; at number `at` the agent is struck."""

    at: int | None = None
    strike: Callable[[], None] = lambda: None
    names: list[str] = field(default_factory=list)
    dead: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)

    def reach(self, name: str) -> None:
        with self.lock:
            number = len(self.names)
            self.names.append(name)
        if self.dead:
            raise Killed
        if number == self.at:
            self.strike()

    def kill(self) -> None:
        """Die, within a process that goes on."""
        self.dead = True
        raise Killed


class Watched:
    """A ledger or budgets, with a point before and after each of their words."""

    def __init__(self, inner: Any, points: Points) -> None:
        self._inner, self._points = inner, points

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def word(*args: Any, **words: Any) -> Any:
            self._points.reach(f"{name} <")
            answer = found(*args, **words)
            self._points.reach(f"{name} >")
            return answer

        return word


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What is to be paid, and how: `sync` in threads, else on an event loop."""

    effect: str
    work: str
    verifying: bool
    sync: bool


class Payer:
    """One life of the agent."""

    def __init__(
        self,
        job: Job,
        ledger: Ledger,
        budget: Budget,
        wire: Wire,
        points: Points,
        clock: Clock,
        sleep: Callable[[float], None],
    ) -> None:
        self.job, self.wire, self.points, self.ledger = job, wire, points, ledger
        self._noticed, self._left_behind = threading.Event(), threading.Event()
        self._left_behind.set()
        self._task: asyncio.Task[Any] | None = None
        functions: dict[str, Any] = {"pay": self.pay, "seen": self.seen}
        if not job.sync:
            functions = {"pay": self.apay, "seen": self.aseen}

        async def sleep_async(seconds: float) -> None:
            await asyncio.sleep(0)
            sleep(seconds)

        def rest(seconds: float) -> None:
            self.points.reach("sleep <")
            sleep(seconds)

        self.runtime = Runtime(
            contract_of(job.effect, verifying=job.verifying),
            functions,
            secret=b"secret",
            ledger=Watched(ledger, points),  # type: ignore[arg-type]
            budget=Watched(budget, points),  # type: ignore[arg-type]
            clock=clock,
            dice=random.Random(1),
            sleep=rest,
            sleep_async=sleep_async,
        )

    # What the tools say

    def request(self, do: str, args: Mapping[str, Any], context: Context) -> dict[str, Any]:
        return {
            "do": do,
            "effect": self.job.effect,
            "key": context.key,
            "args": dict(args),
            "work": args["work"],
        }

    def pay(self, args: Mapping[str, Any], context: Context) -> Any:
        self._left_behind.clear()
        try:
            self.points.reach("pay <")
            sent = self.wire.send(self.request("pay", args, context))
            self.points.reach("pay sent")
            answer = self.wire.receive(sent)
            self.points.reach("pay >")
            return told(answer)
        except Killed:
            return None  # the thread that waits for us dies at its next word
        finally:
            self._left_behind.set()

    def seen(self, args: Mapping[str, Any], context: Context) -> Any:
        try:
            self.points.reach("seen <")
        except Killed:
            return None
        answer = self.wire.receive(self.wire.send(self.request("effects", args, context)))
        return {"paid": answer["effects"] > 0}

    async def apay(self, args: Mapping[str, Any], context: Context) -> Any:
        self.points.reach("pay <")
        sent = await self.wire.asend(self.request("pay", args, context))
        self.points.reach("pay sent")
        answer = await self.wire.areceive(sent)
        self.points.reach("pay >")
        return told(answer)

    async def aseen(self, args: Mapping[str, Any], context: Context) -> Any:
        self.points.reach("seen <")
        answer = await self.wire.areceive(await self.wire.asend(self.request("effects", args, context)))
        return {"paid": answer["effects"] > 0}

    # What is asked of it, and what befalls it

    def ask(self) -> Outcome | None:
        """Ask for the payment; None where it was struck."""
        session, args = self.runtime.session(self.job.work), {"work": self.job.work}
        try:
            if self.job.sync:
                return self.runtime.call(session, "pay", args)
            return asyncio.run(self.run(self.runtime.acall(session, "pay", args)))
        except (KeyboardInterrupt, asyncio.CancelledError, Killed):
            return None
        finally:
            self._noticed.set()
            assert self._left_behind.wait(WAIT_S)

    async def run(self, call: Awaitable[Outcome]) -> Outcome:
        self._task = asyncio.current_task()
        return await call

    def unresolved(self) -> list[str]:
        """What it shows to people, of which nobody knows how it ended."""
        return [row.tool for row in self.runtime.undo(self.runtime.session(self.job.work)).unresolved]

    def cancel(self) -> None:
        """Its task is cancelled."""
        assert self._task
        self._task.cancel()

    def interrupt(self) -> None:
        """Ctrl-C: it meets the main thread, wherever that is, while tools go on in theirs."""
        if threading.current_thread() is threading.main_thread():
            raise KeyboardInterrupt
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        assert self._noticed.wait(WAIT_S)


def told(answer: Mapping[str, Any]) -> Any:
    """An answer of the bank, as a tool tells it."""
    if "busy" in answer:
        raise Busy(answer["busy"], retry_after_s=0.01)
    if "no" in answer:
        raise Failed(answer["no"])
    return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came of a job: what was said first, and how often it had happened then; what was said last, and is shown to people."""

    job: Job
    point: str
    fault: str
    effects: int
    effects_then: int
    first: str
    last: str
    shown: bool

    def faults(self) -> list[str]:
        """What is wrong: it happened twice, or somebody was lied to, or nobody is told."""
        found: list[str] = []
        if self.effects > 1:
            found.append("it happened more than once")
        for said, effects in ((self.first, self.effects_then), (self.last, self.effects)):
            if said == "failed" and effects:
                found.append("it happened and is said not to have")
            if said == "succeeded" and not effects:
                found.append("it did not happen and is said to have")
        if self.last not in ("succeeded", "failed", "unknown"):
            found.append("no outcome")
        if (self.last == "unknown") is not self.shown:
            found.append("what is unknown must be shown, and nothing else")
        if self.job.verifying and self.effects and self.last != "succeeded":
            found.append("a reading could have resolved it")
        return found


def table(rows: list[Seen]) -> str:
    """Effects and last outcome, by point and fault."""
    lines: list[str] = []
    for job, group in itertools.groupby(
        sorted(rows, key=lambda one: (one.job.effect, one.job.verifying, one.job.sync)),
        key=lambda one: (one.job.effect, one.job.verifying, one.job.sync),
    ):
        effect, verifying, sync = job
        how = "threads" if sync else "event loop"
        lines.append(f"\n{effect}, {'with' if verifying else 'without'} verification, {how}")
        lines += [
            f"  {one.point:<16}{one.fault:<14}{one.effects} effect{'s' if one.effects != 1 else ' '}  {one.first:>10} -> {one.last}"
            for one in group
        ]
    return "\n".join(lines)
