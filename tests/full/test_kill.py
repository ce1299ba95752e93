"""What was acknowledged survives kill -9, once: 200 rounds over one data folder, under fire of concurrent senders."""

import http.client
import itertools
import json
import os
import random
import sys
import threading
import time
from pathlib import Path

import pytest
from tests.support.bodies import JSON, PROTOBUF, span, traces_of
from tests.support.server import HOST, Served

pytestmark = [pytest.mark.full, pytest.mark.timeout(1800)]

ROUNDS = int(os.environ.get("TRIMTAB_KILL_ROUNDS", "200"))
SENDERS = 4
SEED = 20260131
LONGEST_S = 0.8
AGAIN = 0.1


class Sender(threading.Thread):
    """Sends bodies of fresh spans until the server is gone; notes a span only when its 200 is read."""

    def __init__(self, served: Served, numbers: "itertools.count[int]", seed: int) -> None:
        super().__init__(daemon=True)
        self._served, self._numbers, self._random = served, numbers, random.Random(seed)
        self.acknowledged: list[int] = []
        self.unexpected: list[tuple[int, bytes]] = []

    def run(self) -> None:
        con = http.client.HTTPConnection(HOST, self._served.port, timeout=20)
        headers = {"authorization": f"Bearer {self._served.key}", "content-type": PROTOBUF}
        try:
            while True:
                # next() of itertools.count is atomic under the lock of the interpreter: no number comes twice.
                numbers = [next(self._numbers) for _ in range(self._random.randint(1, 40))]
                body = traces_of(span(n, {"session.id": f"session-{n // 500}"}) for n in numbers)
                con.request("POST", "/v1/traces", body, headers)
                answer = con.getresponse()
                said = answer.read()
                if answer.status == 200 and said == b"":
                    self.acknowledged += numbers
                elif answer.status != 503:
                    self.unexpected.append((answer.status, said))
        except (OSError, http.client.HTTPException):
            con.close()  # killed: whatever was in the air was not acknowledged


def fire(served: Served, numbers: "itertools.count[int]", chance: random.Random) -> list[int]:
    """One round: senders at work, and the kill at a moment that nobody knows; the numbers acknowledged."""
    senders = [Sender(served, numbers, chance.getrandbits(32)) for _ in range(SENDERS)]
    for sender in senders:
        sender.start()
    time.sleep(chance.random() * LONGEST_S)
    served.kill()
    for sender in senders:
        sender.join()
    assert [answer for sender in senders for answer in sender.unexpected] == []
    return [number for sender in senders for number in sender.acknowledged]


def stored(served: Served) -> tuple[int, int]:
    """Spans, and different spans, as a user counts them."""
    served.settle()
    [[rows, keys]] = served.query("select count(*), count(distinct (trace_id, span_id)) from steps")
    return rows, keys


def spans_after(served: Served, number: int) -> set[int]:
    """The numbers of the spans stored beyond one, through the public door."""
    sql = f"select span_id from steps where span_id > {number}"
    answer = served.request(
        "POST", "/api/v1/query", json.dumps({"sql": sql, "limit": 10_000_000}).encode(), content_type=JSON
    )
    assert answer.status == 200, answer.body
    return {row[0] for row in answer.json["rows"]}


def test_no_acknowledged_span_is_lost_or_doubled(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    served = Served(tmp_path / "data")
    try:
        report = endure(served)
    finally:
        if served.alive:
            served.kill()
    with capsys.disabled():
        sys.stdout.write(f"\n{report}\n")


def endure(served: Served) -> str:
    """All rounds, and the count in the end; what to print."""
    chance = random.Random(SEED)
    numbers = itertools.count(1)
    acknowledged: set[int] = set()
    started = time.monotonic()
    served.start()
    for done in range(1, ROUNDS + 1):
        before = next(numbers)
        fresh = fire(served, numbers, chance)
        acknowledged.update(fresh)
        served.start()
        if chance.random() < AGAIN:  # killed once more, while it replays
            served.kill()
            served.start()
        rows, keys = stored(served)
        assert rows == keys, f"round {done}: {rows - keys} spans are doubled"
        lost = set(fresh) - spans_after(served, before)
        assert not lost, (
            f"round {done}: {len(lost)} of {len(fresh)} acknowledged spans are lost: {sorted(lost)[:9]}"
        )
    rows, keys = stored(served)
    kept = spans_after(served, 0)
    served.stop()
    assert rows == keys == len(kept)
    assert acknowledged <= kept
    assert "Traceback" not in served.log.read_text()
    return (
        f"{ROUNDS} rounds of kill -9 in {time.monotonic() - started:.0f} s: {len(acknowledged)} spans"
        f" acknowledged, 0 lost, 0 doubled; {rows} stored"
    )
