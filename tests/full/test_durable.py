"""Acknowledged means durable, as the kernel saw it: between a body's receipt and its 200 lies an fdatasync of the WAL."""

import re
import shutil
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.support.bodies import span, traces_of
from tests.support.server import Served

pytestmark = pytest.mark.full

REQUESTS = 40
SENDERS = 4
CALLS = "fdatasync,fsync,pwrite64,write,writev,sendto,sendmsg,read,recvfrom,recvmsg"
RESUMED = re.compile(r"<\.\.\. (\w+) resumed>(.*)")
CALL = re.compile(r"(\w+)\((.*)")
WAL = re.compile(r"^\d+<[^>]*/journal/[^>]*\.sqlite-wal>")
MARK = re.compile(r"MARK-(\d+)-MARK")


class Event(NamedTuple):
    """One system call: when it ended, or for what is sent, when it began."""

    call: str
    text: str
    began: int
    ended: int


def events(lines: list[str]) -> Iterator[Event]:
    """The calls of a trace, put together where strace cut them in two; times are line numbers."""
    open_calls: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(lines):
        pid, _, rest = line.partition(" ")
        rest = rest.lstrip()
        if rest.endswith("<unfinished ...>"):
            open_calls[pid] = (number, rest.partition("(")[2])
        elif resumed := RESUMED.match(rest):
            began, first = open_calls.pop(pid, (number, ""))
            yield Event(resumed[1], first + resumed[2], began, number)
        elif call := CALL.match(rest):
            yield Event(call[1], call[2], number, number)


def send_marked(served: Served, first: int, connections: list[int]) -> None:
    """Send bodies one by one, each with its number in plain text; every one must be acknowledged."""
    for number in range(first, first + REQUESTS // SENDERS):
        body = traces_of([span(number + 1, {"note": f"MARK-{number}-MARK"})])
        answer = served.send(body, x_mark=f"MARK-{number}-MARK")
        connections.append(answer.status)


@pytest.fixture
def trace(tmp_path: Path) -> list[Event]:
    """What the server did while concurrent senders were at work."""
    strace = shutil.which("strace")
    assert strace, "this test needs strace: apt-get install strace (.ci/run does)"
    out = tmp_path / "strace.txt"
    prefix = [strace, "-f", "-yy", "-s", "4096", "-e", f"trace={CALLS}", "-o", str(out)]
    served = Served(tmp_path / "data", prefix)
    served.start()
    statuses: list[int] = []
    try:
        threads = [
            threading.Thread(target=send_marked, args=(served, 1000 * number, statuses))
            for number in range(SENDERS)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        served.end(signal.SIGTERM)
    assert statuses == [200] * (REQUESTS // SENDERS * SENDERS)
    return list(events(out.read_text(errors="replace").splitlines()))


def socket_of(event: Event) -> str:
    """The connection that a call is about, as strace -yy writes it (both ends)."""
    found = re.match(r"\d+<(TCP[^>]*->[^>]*)>", event.text)
    return found[1] if found else ""


def synced(trace: list[Event], heard: Event, answered: Event) -> bool:
    """Whether the WAL of the journal was written and then synced between two moments."""
    within = [e for e in trace if e.began > heard.ended and e.ended < answered.began and WAL.search(e.text)]
    written = [e.ended for e in within if e.call == "pwrite64"]
    done = [e.began for e in within if e.call in {"fdatasync", "fsync"} and e.text.endswith("= 0")]
    return bool(written and done) and max(done) > min(written)


def test_an_fdatasync_of_the_wal_lies_between_receipt_and_acknowledgement(trace: list[Event]) -> None:
    received: dict[str, Event] = {}
    answered = 0
    for event in trace:
        connection = socket_of(event)
        if event.call in {"read", "recvfrom", "recvmsg"} and connection and MARK.search(event.text):
            received[connection] = event
        elif event.call in {"write", "writev", "sendto", "sendmsg"} and "HTTP/1.1 200" in event.text:
            heard = received.pop(connection, None)
            if heard is None:
                continue  # an answer to something else than telemetry: the wait for the start
            assert synced(trace, heard, event), (
                f"acknowledged without a sync: received {heard}, answered {event}"
            )
            answered += 1
    assert answered == REQUESTS // SENDERS * SENDERS
    assert received == {}
