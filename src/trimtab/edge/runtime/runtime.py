"""The runtime around an agent's tools: one policy, for threads and for asyncio."""

import asyncio
import random
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from trimtab.edge.runtime.advice.asking import Adviser, decided
from trimtab.edge.runtime.audit import tell, told_of
from trimtab.edge.runtime.call import call
from trimtab.edge.runtime.drive import drive, drive_async
from trimtab.edge.runtime.model import Attempt, Function, Outcome, Work
from trimtab.edge.runtime.record import Budget, Ledger, MemoryLedger
from trimtab.edge.runtime.record.told import Audit, Told
from trimtab.edge.runtime.saga import Undone, undo_all
from trimtab.edge.runtime.session import Session
from trimtab.edge.runtime.setting import Setting
from trimtab.vocabulary.contract import Contract, Decision, Facts, Grant, Point, Tally
from trimtab.vocabulary.kernel import Clock, SystemClock


class Runtime:
    """Calls tools as a contract says. Give it a ledger that survives, and the same `secret` after every restart."""

    def __init__(  # noqa: PLR0913 - every part can be replaced by name
        self,
        contract: Contract,
        functions: Mapping[str, Function],
        *,
        secret: bytes,
        ledger: Ledger | None = None,
        budget: Budget | None = None,
        clock: Clock | None = None,
        dice: random.Random | None = None,
        watch: Callable[[Attempt | Outcome], None] | None = None,
        audit: Audit | None = None,
        advisers: Iterable[Adviser] = (),
        sleep: Callable[[float], None] = time.sleep,
        sleep_async: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take what is given; without a ledger and a budget nothing is remembered beyond this process."""
        self._functions = functions
        self._sleep = sleep
        self._sleep_async = sleep_async
        self._clock = clock or SystemClock()
        self._setting = Setting(
            contract=contract,
            ledger=ledger or MemoryLedger(),
            budget=budget or Tally(),
            clock=self._clock,
            dice=dice or random.SystemRandom(),
            secret=secret,
            owner=secrets.token_hex(8),
            watch=watch or ignore,
            audit=audit,
            advisers=tuple(advisers),
        )

    def session(self, id: str, *, tenant: str = "", user: str = "", intent: str = "") -> Session:  # noqa: A002 - its own id
        """A session that begins now, or goes on after a restart under the same id."""
        return Session(id, self._clock, tenant=tenant, user=user, intent=intent)

    def obey(self, contract: Contract) -> None:
        """Go on under another contract, or the same one under overlays; what guards know of tools stays."""
        before, self._setting.contract = self._setting.contract, contract
        same = contract.digest == before.digest
        told = Told(
            event="control.changed" if same else "contract.changed",
            detail={"overlays": ",".join(contract.overlays), "before": before.digest},
        )
        tell(self._setting, None, told)

    def decide(self, point: Point, facts: Facts) -> Decision:
        """The decision at a point that is no tool call, with the word of all who are asked."""
        return decided(self._setting.advisers, self._setting.contract, point, facts)

    def advised_at(self, point: Point) -> bool:
        """Whether anybody is asked at a point."""
        return any(point in one.points for one in self._setting.advisers)

    def audited(self, session: Session, told: Told | Decision) -> None:
        """Tell the audit log, where there is one, of a person's answer, or of a decision that is not about a tool."""
        tell(self._setting, session, told if isinstance(told, Told) else told_of(told))

    def usable(self) -> list[str]:
        """The tools that the model should be offered now: not switched off, and not at rest."""
        return [
            name
            for name, tool in self._setting.contract.tools.items()
            if not (tool.withdrawn and tool.mode == "enforce")
            and self._setting.guards_of(name).breaker.state != "open"
        ]

    def call(
        self,
        session: Session,
        tool: str,
        args: Mapping[str, Any],
        *,
        unit: str = "",
        grants: tuple[Grant, ...] = (),
    ) -> Outcome:
        """Call a tool; `unit` tells two equal calls of a session apart that are both meant."""
        work = Work(tool=tool, args=args, unit=unit)
        return drive(call(self._setting, session, work, grants), self._functions, self._sleep)

    async def acall(
        self,
        session: Session,
        tool: str,
        args: Mapping[str, Any],
        *,
        unit: str = "",
        grants: tuple[Grant, ...] = (),
    ) -> Outcome:
        """Call a tool from asynchronous code."""
        work = Work(tool=tool, args=args, unit=unit)
        return await drive_async(
            call(self._setting, session, work, grants), self._functions, self._sleep_async
        )

    def undo(self, session: Session) -> Undone:
        """Take back what a session did, the latest first."""
        return drive(undo_all(self._setting, session), self._functions, self._sleep)

    async def aundo(self, session: Session) -> Undone:
        """Take back what a session did, from asynchronous code."""
        return await drive_async(undo_all(self._setting, session), self._functions, self._sleep_async)


def ignore(_: Attempt | Outcome) -> None:
    """Nobody watches."""
