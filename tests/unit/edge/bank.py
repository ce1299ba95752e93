"""A bank that counts what really happened, and a world that breaks between any two steps."""

import random
from collections.abc import Generator, Mapping
from typing import Any

from trimtab.edge.runtime import MemoryLedger, Session
from trimtab.edge.runtime.call import call
from trimtab.edge.runtime.model import Act, Invoke, Outcome, Reply, Sleep, Work
from trimtab.edge.runtime.setting import Setting
from trimtab.vocabulary.contract import Contract, Tally, read_contract
from trimtab.vocabulary.kernel import VirtualClock

HEAD = "apiVersion: trimtab/v1\nkind: AgentContract\nmetadata: {name: bank}\nspec:\n  tools:\n"
PAY = """\
    pay:
      effect: EFFECT
      timeout: 2s
      retry: {attempts: 3, backoff: 100ms, most: 1s}
      breaker: {minimum: 50, window: 100}
      idempotency: {key: [to, amount]}
VERIFY      undo: {tool: repay, arguments: {to: args.to, amount: args.amount}}
    repay: {effect: keyed_write, idempotency: {key: [to]}, timeout: 2s}
    seen: {effect: read, timeout: 1s, output: {trusted: true}}
"""
VERIFYING = "      verify: {tool: seen, arguments: {to: args.to}, happened: seen.paid}\n"
ARGS = {"to": "DE12", "amount": 5}


def contract_of(effect: str, *, verifying: bool = False) -> Contract:
    return read_contract(
        HEAD + PAY.replace("EFFECT", effect).replace("VERIFY", VERIFYING if verifying else "")
    )


class Bank:
    """What really happened: payments, by effect; `late` are those on their way."""

    def __init__(self, effect: str) -> None:
        self.effect = effect
        self.paid: list[Any] = []
        self.keys: dict[str, Any] = {}
        self.sent: list[str] = []
        self.late: list[tuple[Mapping[str, Any], str]] = []

    @property
    def effects(self) -> int:
        """How often the payment happened; setting the same state again is once."""
        return len(set(map(str, self.paid))) if self.effect == "idempotent_write" else len(self.paid)

    def pay(self, args: Mapping[str, Any], key: str) -> Any:
        """Pay; under a key that was seen the answer is that of the first time."""
        self.sent.append(key)
        if self.effect == "keyed_write" and key in self.keys:
            return self.keys[key]
        self.paid.append(dict(args))
        self.keys[key] = {"id": len(self.paid)}
        return self.keys[key]

    def arrive(self) -> None:
        """What was on its way gets there."""
        for args, key in self.late:
            self.pay(args, key)
        self.late.clear()


class Killed(BaseException):
    """The process is gone: nothing that follows has any effect."""


class Life:
    """One life of a process, that ends at its step number `kill_at`."""

    def __init__(self, kill_at: int | None = None) -> None:
        self.kill_at = kill_at
        self.step = 0

    def live(self) -> None:
        self.step += 1
        if self.kill_at is not None and self.step > self.kill_at:
            raise Killed


class MortalLedger:
    """A ledger that a dead process cannot write to; it may die before or after each of its words."""

    def __init__(self, ledger: Any, life: Life) -> None:
        self._ledger, self._life = ledger, life

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._ledger, name)

        def mortal(*args: Any, **words: Any) -> Any:
            self._life.live()
            found = method(*args, **words)
            self._life.live()
            return found

        return mortal


class World:
    """Bank, ledger and time, which outlive processes."""

    def __init__(self, effect: str, *, verifying: bool = False, ledger: Any = None) -> None:
        self.contract = contract_of(effect, verifying=verifying)
        self.bank = Bank(effect)
        self.clock = VirtualClock()
        self.ledger = ledger or MemoryLedger()
        self.budget = Tally()
        self.lives = 0

    def setting(self, life: Life) -> Setting:
        self.lives += 1
        return Setting(
            contract=self.contract,
            ledger=MortalLedger(self.ledger, life),
            budget=self.budget,
            clock=self.clock,
            dice=random.Random(self.lives),
            secret=b"secret",
            owner=f"life-{self.lives}",
            watch=lambda _: None,
        )

    def pay(
        self, faults: str = "", kill_at: int | None = None, args: Mapping[str, Any] = ARGS
    ) -> Outcome | None:
        """Ask for the payment in a new process; None where it died."""
        life = Life(kill_at)
        setting = self.setting(life)
        session = Session("s", self.clock)
        try:
            return self.drive(call(setting, session, Work(tool="pay", args=args)), faults, life)
        except Killed:
            return None

    def drive(self, steps: Generator[Act, Reply | None, Any], faults: str, life: Life) -> Any:
        """Perform steps; each letter of `faults` is what befalls one payment that is sent."""
        left = list(faults)
        reply: Reply | None = None
        try:
            while True:
                act = steps.send(reply)
                life.live()
                reply = self.perform(act, left)
                life.live()
        except StopIteration as stop:
            return stop.value
        except Killed:
            try:
                steps.throw(Killed())
            except (Killed, StopIteration):
                raise Killed from None
            raise AssertionError("a dead process went on") from None

    def perform(self, act: Act, left: list[str]) -> Reply | None:
        if isinstance(act, Sleep):
            self.clock.advance(act.seconds)
            return None
        if act.tool == "seen":
            return Reply(ending="ok", value={"paid": bool(self.bank.paid)})
        return self.befall(act, left.pop(0) if left else "o")

    def befall(self, act: Invoke, fault: str) -> Reply:
        """o: it works, r: refused before it left, b: busy, f: a clear no, t: done but the answer is lost,
        e: done, then an error, l: lost on the way, d: delayed, it gets there later."""
        timeout = Reply(ending="timeout", message="no answer")
        match fault:
            case "r":
                return Reply(ending="not_sent", message="refused")
            case "b":
                return Reply(ending="busy", message="busy", retry_after_s=0.2)
            case "f":
                return Reply(ending="failed", message="no money")
            case "l" | "d":
                self.clock.advance(act.timeout_s or 0)
                if fault == "d":
                    self.bank.late.append((act.args, act.context.key))
                return timeout
            case _:
                value = self.bank.pay(act.args, act.context.key)
        if fault == "o":
            return Reply(ending="ok", value=value)
        return timeout if fault == "t" else Reply(ending="error", message="reset")
