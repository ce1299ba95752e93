"""An agent that pays is struck at every point, in threads and on an event loop: it happens at most once, and nobody is lied to.

Within one process and on a virtual clock; with processes, sockets and servers it is tried in the full suite. `pytest -s` prints
what came of each point and fault.
"""

import asyncio
import itertools
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.support.ledgers import Opened, new_place, opened
from tests.support.payer import EFFECTS, Job, Payer, Points, Seen, table
from tests.support.payments import FAULTS, Payments

from trimtab.vocabulary.kernel import VirtualClock

HOUR_S = 3600
NUMBERS = itertools.count()
FULL = [("file", effect) for effect in EFFECTS] + [
    (kind, effect) for kind in ("redis", "postgres") for effect in ("keyed_write", "irreversible")
]


class World:
    """The bank, the ledger and time, which outlive agents; it is the wire as well."""

    def __init__(self, kept: Opened) -> None:
        self.bank, self.clock, self.kept = Payments(), VirtualClock(10**18), kept
        self.late: list[Mapping[str, Any]] = []

    def agent(self, job: Job, points: Points | None = None) -> Payer:
        points = points or Points()
        return Payer(job, self.kept.ledger, self.kept.budget, self, points, self.clock, self.clock.advance)

    def send(self, request: Mapping[str, Any]) -> Any:
        if request["do"] == "effects":
            return "", {"effects": self.bank.effects(request["work"])}
        fault = self.bank.fault(request["work"])
        if fault == "late":
            self.late.append(request)
        done = fault in ("", "drop after")
        return fault, self.bank.pay(dict(request)) if done else {fault: "says the bank"}

    def receive(self, sent: Any) -> Any:
        fault, answer = sent
        if fault in ("drop before", "drop after"):
            raise ConnectionResetError
        if fault in ("late", "lost"):
            self.clock.advance(1)
            raise TimeoutError
        return answer

    async def asend(self, request: Mapping[str, Any]) -> Any:
        await asyncio.sleep(0)
        return self.send(request)

    async def areceive(self, sent: Any) -> Any:
        await asyncio.sleep(0)
        return self.receive(sent)

    def arrive(self) -> None:
        """What was on its way gets there."""
        for request in self.late:
            self.bank.pay(dict(request))
        self.late.clear()

    def end(self, job: Job, point: str, fault: str, first: str) -> Seen:
        """Ask again at once, and once every lease has ended; then look at what happened."""
        then = self.bank.effects(job.work)
        self.agent(job).ask()
        self.clock.advance(HOUR_S)
        self.agent(job).ask()
        self.arrive()
        last = self.agent(job)
        outcome = last.ask()
        return Seen(
            job=job,
            point=point,
            fault=fault,
            effects=self.bank.effects(job.work),
            effects_then=then,
            first=first,
            last=outcome.status if outcome else "none",
            shown=bool(last.unresolved()),
        )


def strike(world: World, job: Job, fault: str, at: int) -> Seen | None:
    """One agent, struck at a point; None where it ends before."""
    points = Points(at=at)
    agent = world.agent(job, points)

    def stall() -> None:
        """It hangs for an hour, in which another agent does the work; then it goes on."""
        world.clock.advance(HOUR_S)
        world.agent(Job(effect=job.effect, work=job.work, verifying=job.verifying, sync=True)).ask()

    strikes = {
        "killed": points.kill,
        "interrupted": agent.interrupt,
        "cancelled": agent.cancel,
        "stalled": stall,
    }
    points.strike = strikes[fault]
    outcome = agent.ask()
    if at >= len(points.names):
        return None
    return world.end(job, points.names[at], fault, outcome.status if outcome else "-")


def job_of(effect: str, *, verifying: bool, sync: bool) -> Job:
    return Job(effect=effect, work=f"w{next(NUMBERS)}", verifying=verifying, sync=sync)


@pytest.mark.parametrize(
    ("kind", "effect"),
    [
        *(("memory", effect) for effect in EFFECTS),
        *(pytest.param(*one, marks=pytest.mark.full) for one in FULL),
    ],
)
@pytest.mark.parametrize("sync", [True, False], ids=["threads", "loop"])
def test_struck_at_every_point(kind: str, effect: str, sync: bool, tmp_path: Path) -> None:
    """Each point times each way to be struck, after each fault of the bank that leaves the outcome open."""
    rows: list[Seen] = []
    place = new_place(kind, tmp_path)
    kinds = ["killed", "stalled", "interrupted" if sync else "cancelled"]
    with opened(place) as kept:
        for verifying, fault, first in [
            (verifying, fault, first)
            for verifying in (False, True)
            for fault in kinds
            for first in ("", "drop after", "late")
        ]:
            for at in range(60):
                world = World(kept)
                job = job_of(effect, verifying=verifying, sync=sync)
                world.bank.plan(job.work, [first] if first else [])
                seen = strike(world, job, fault, at)
                if seen is None:
                    break
                rows.append(seen)
            else:
                pytest.fail("it never ends")
    sys.stdout.write(table(rows))
    assert [(one, one.faults()) for one in rows if one.faults()] == []
    assert {"pay <", "pay sent", "pay >", "begin >", "mark_sent >", "settle >"} <= {one.point for one in rows}


@pytest.mark.parametrize("effect", EFFECTS)
@pytest.mark.parametrize("sync", [True, False], ids=["threads", "loop"])
def test_every_fault_of_the_bank(effect: str, sync: bool, tmp_path: Path) -> None:
    rows: list[Seen] = []
    with opened(new_place("memory", tmp_path)) as kept:
        for verifying in (False, True):
            for faults in [[one, *more] for one in FAULTS for more in ([], [one], ["no"], ["late"])]:
                world = World(kept)
                job = job_of(effect, verifying=verifying, sync=sync)
                world.bank.plan(job.work, faults)
                outcome = world.agent(job).ask()
                rows.append(world.end(job, "the bank", ", ".join(faults), outcome.status if outcome else "-"))
    sys.stdout.write(table(rows))
    assert [(one, one.faults()) for one in rows if one.faults()] == []
