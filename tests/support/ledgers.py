"""Every ledger and every budget there is, opened by kind and place, in this process or in one that is to be killed."""

import itertools
import os
import secrets
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.postgres import new_schema
from tests.support.servers import shared_redis

from trimtab.adapters.postgres_ledger import PostgresBudget, PostgresDatabase, PostgresLedger
from trimtab.adapters.redis_ledger import RedisBudget, RedisLedger, RedisServer
from trimtab.edge.runtime import Budget, File, Ledger, MemoryLedger, SqliteBudget, SqliteLedger
from trimtab.vocabulary.contract import Tally
from trimtab.vocabulary.kernel import Clock, VirtualClock

ROOT = Path(__file__).resolve().parents[2]
NUMBERS = itertools.count()
SERVED = [pytest.param(kind, marks=pytest.mark.full) for kind in ("redis", "postgres")]
KEPT = ["file", *SERVED]
"""The kinds that outlive a process."""
KINDS = ["memory", *KEPT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a ledger and its budgets are kept."""

    kind: str
    where: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A ledger and the budgets beside it."""

    ledger: Ledger
    budget: Budget


def new_place(kind: str, folder: Path) -> Place:
    """A place with nothing in it."""
    match kind:
        case "file":
            return Place(kind=kind, where=str(folder / f"{next(NUMBERS)}.db"))
        case "redis":
            return Place(kind=kind, where=shared_redis(), name="{t" + secrets.token_hex(6) + "}")
        case "postgres":
            return Place(kind=kind, where=new_schema())
    return Place(kind=kind)


@contextmanager
def opened(place: Place, clock: Clock | None = None) -> Generator[Opened]:
    """What is kept there."""
    clock = clock or VirtualClock(100)
    closing: Any
    match place.kind:
        case "file":
            closing = file = File(place.where)
            found = Opened(ledger=SqliteLedger(file), budget=SqliteBudget(file, clock))
        case "redis":
            closing = server = RedisServer(place.where, prefix=place.name)
            found = Opened(ledger=RedisLedger(server), budget=RedisBudget(server, clock))
        case "postgres":
            closing = database = PostgresDatabase(place.where)
            found = Opened(ledger=PostgresLedger(database), budget=PostgresBudget(database, clock))
        case _:
            yield Opened(ledger=MemoryLedger(), budget=Tally())
            return
    try:
        yield found
    finally:
        closing.close()


class Doomed:
    """A process that does something with a ledger, says so, and waits to be killed."""

    def __init__(self, place: Place, code: str) -> None:
        source = (
            "import sys\n"
            "from tests.support.ledgers import *\n"
            f"with opened({place!r}) as found:\n"
            "    ledger, budget = found.ledger, found.budget\n"
            + "".join(f"    {line}\n" for line in code.splitlines())
            + "    print('done', flush=True)\n"
            "    sys.stdin.read()\n"
        )
        self._process = subprocess.Popen(
            [sys.executable, "-c", source],
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def die(self) -> None:
        """Wait until it is done, and kill it."""
        assert self._process.stdout
        assert self._process.stdin
        said = self._process.stdout.readline()
        self._process.kill()
        self._process.wait(30)
        self._process.stdout.close()
        self._process.stdin.close()
        assert said == b"done\n"
