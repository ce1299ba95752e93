"""The second process does what the first would do, and no body is lost when it ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from tests.support.bodies import good, json_span, json_traces, span, traces_of

from trimtab.loop.ingest import Door, DoorLimits, RedactionPolicy, Redactor
from trimtab.loop.ingest.aside import Aside, Gone
from trimtab.loop.ingest.decode import Limits
from trimtab.loop.ingest.prepare import prepare
from trimtab.loop.store import Entry, MemoryJournal
from trimtab.vocabulary.kernel import Invalid, VirtualClock

POLICY = RedactionPolicy(mode="hash", key=b"k" * 32)
SECRET = traces_of([span(1, {"note": "write to ann.smith@example.com"}), span(2, {"note": "nothing"})])
TIMEOUT_S = 30.0


def until(happened: Callable[[], Any]) -> None:
    """Wait for something; fails after a while."""
    for _ in range(int(TIMEOUT_S / 0.02)):
        if happened():
            return
        time.sleep(0.02)
    raise AssertionError("it did not happen")


def started(aside: Aside) -> Aside:
    """A second process that is ready."""
    until(lambda: aside.submit(("traces", good(1), False)))
    return aside


@pytest.fixture
def aside() -> Generator[Aside]:
    found = started(Aside(POLICY, Limits()))
    yield found
    found.close()


def process_of(aside: Aside) -> "subprocess.Popen[bytes]":
    assert aside._worker is not None
    return aside._worker._process


def answer(aside: Aside, task: Any) -> Any:
    future = aside.submit(task)
    assert future is not None
    return future.result(TIMEOUT_S)


def test_it_answers_as_the_first_process_would(aside: Aside) -> None:
    redactor = Redactor(POLICY)
    as_json = orjson.dumps(json_traces([json_span(7)]))
    for body, json in ((SECRET, False), (good(1, 300), False), (as_json, True)):
        expected = prepare(redactor, Limits(), "traces", body, json=json)
        assert answer(aside, ("traces", body, json)) == expected
    assert b"ann.smith" not in answer(aside, ("traces", SECRET, False)).body


def test_what_is_wrong_is_said_in_the_same_words(aside: Aside) -> None:
    future = aside.submit(("traces", b"\xff\xff", False))
    assert future is not None
    with pytest.raises(Invalid, match="not an OTLP traces request") as error:
        future.result(TIMEOUT_S)
    assert error.value.code == "otlp_malformed"
    assert error.value.hint
    assert answer(aside, ("traces", good(1), False)).items == 1


def test_when_it_is_killed_those_who_wait_hear_of_it_and_a_new_one_starts(aside: Aside) -> None:
    first = process_of(aside)
    os.kill(first.pid, signal.SIGSTOP)
    waiting = [aside.submit(("traces", good(n), False)) for n in range(1, 4)]
    first.kill()
    for future in waiting:
        assert future is not None
        with pytest.raises(Gone):
            future.result(TIMEOUT_S)
    started(aside)
    assert process_of(aside).pid != first.pid


def test_it_ends_when_there_is_nothing_to_do() -> None:
    aside = started(Aside(POLICY, Limits(), idle_s=0.2))
    process = process_of(aside)
    until(lambda: process.poll() is not None)
    started(aside)
    assert process_of(aside).pid != process.pid
    aside.close()
    assert process_of(aside).poll() is not None


def test_it_ends_when_the_first_process_is_killed() -> None:
    program = (
        "import time; from tests.unit.loop.ingest.test_aside import *;"
        "aside = started(Aside(POLICY, Limits())); print(process_of(aside).pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        pid = int(first.stdout.readline())
        first.kill()
    until(lambda: not Path(f"/proc/{pid}").exists() or " Z " in Path(f"/proc/{pid}/stat").read_text())


class Busy:
    """An applier that has much to do, and a commit that is done at once."""

    backlog_bytes = 50_000_000

    def __init__(self) -> None:
        self.journal = MemoryJournal(VirtualClock())

    def submit(self, entry: Entry) -> Any:
        from concurrent.futures import Future

        future: Future[int] = Future()
        future.set_result(self.journal.append([entry])[0])
        return future


def test_a_busy_door_hands_over_and_takes_back_when_it_must() -> None:
    busy = Busy()
    door = Door(VirtualClock(), POLICY, busy, busy, DoorLimits())  # type: ignore[arg-type]
    started(door._aside)
    process = process_of(door._aside)
    assert door.otlp("p", "traces", SECRET).result(TIMEOUT_S).items == 2
    os.kill(process.pid, signal.SIGSTOP)
    tickets = [door.otlp("p", "traces", SECRET) for _ in range(3)]
    cancelled = door.otlp("p", "traces", good(99))
    assert not any(ticket.done() for ticket in tickets)  # they are with the other process
    assert cancelled.cancel()
    process.kill()
    assert [ticket.result(TIMEOUT_S).items for ticket in tickets] == [2, 2, 2]
    stored = [ExportTraceServiceRequest.FromString(entry.body) for entry in busy.journal.read(0, 10)]
    assert len(stored) == 4
    assert not any(b"ann.smith" in entry.body for entry in busy.journal.read(0, 10))
    door.close()
