"""The same with real processes: agents that are killed, hang, are interrupted or cancelled at every point, and started again over
their ledger; a bank behind a socket, which drops, delays, dies and comes back. It happens at most once, and nobody is lied to.

`pytest -s` prints what came of each point and fault.
"""

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.full.lives import Life, course
from tests.support.ledgers import new_place
from tests.support.payer import EFFECTS, Job, Seen, table
from tests.support.payments import CRASHES, FAULTS, Service
from tests.support.server import free_port

pytestmark = pytest.mark.full
NUMBERS = itertools.count()
WAYS = [pytest.param(True, id="threads"), pytest.param(False, id="loop")]
VERIFIED = {"keyed_write": (False, True), "irreversible": (False, True)}


@pytest.fixture
def bank(tmp_path: Path) -> Iterator[Service]:
    service = Service(free_port(), tmp_path / "done.jsonl")
    yield service
    service.stop()


def job_of(effect: str, *, verifying: bool, sync: bool) -> Job:
    return Job(effect=effect, work=f"w{next(NUMBERS)}", verifying=verifying, sync=sync)


def check(rows: list[Seen]) -> None:
    sys.stdout.write(table(rows))
    assert [(one, one.faults()) for one in rows if one.faults()] == []


@pytest.mark.timeout(900)
@pytest.mark.parametrize("sync", WAYS)
@pytest.mark.parametrize(
    ("kind", "effect"),
    [*(("file", effect) for effect in EFFECTS), ("redis", "irreversible"), ("postgres", "irreversible")],
)
def test_struck_at_every_point(kind: str, effect: str, sync: bool, bank: Service, tmp_path: Path) -> None:
    place = new_place(kind, tmp_path)
    rows: list[Seen] = []
    strikes = [
        ("killed", []),
        ("stalled", []),
        ("interrupted" if sync else "cancelled", []),
        ("killed", ["drop after"]),
    ]
    for verifying in VERIFIED.get(effect, (False,)):
        for fault, faults in strikes if kind == "file" else strikes[:2]:
            for at in range(60):
                job = job_of(effect, verifying=verifying, sync=sync)
                seen = course(Life(place=place, job=job, port=bank.port, fault=fault, at=at), faults)
                if seen is None:
                    break
                rows.append(seen)
    check(rows)
    assert {"pay <", "pay sent", "pay >", "begin >", "mark_sent >", "settle >"} <= {one.point for one in rows}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("sync", WAYS)
@pytest.mark.parametrize("effect", EFFECTS)
def test_every_fault_of_the_bank(effect: str, sync: bool, bank: Service, tmp_path: Path) -> None:
    place = new_place("file", tmp_path)
    rows: list[Seen] = []
    for verifying in VERIFIED.get(effect, (False,)):
        for faults in [[one, *more] for one in (*FAULTS, *CRASHES) for more in ([], ["drop after"])]:
            job = job_of(effect, verifying=verifying, sync=sync)
            seen = course(Life(place=place, job=job, port=bank.port), faults)
            assert seen
            rows.append(seen)
    check(rows)
