"""The exporter between a carrier that is a script and a spool on disk: nothing lost, nothing held up, losses counted."""

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trimtab.edge.sdk.delivery.encode import encode_fact, encode_span
from trimtab.edge.sdk.delivery.exporter import Exporter, Pace
from trimtab.edge.sdk.delivery.ports import TAKEN, Answer, Batch
from trimtab.edge.sdk.delivery.spool import DiskSpool, SpoolLimits
from trimtab.edge.sdk.lineage.context import NOBODY, Place
from trimtab.edge.sdk.span import Span

AWAY = Answer(verdict="later", why="away")
FAST = Pace(interval_s=0.01, batch_items=10, queue_items=1000)


class Script:
    """A carrier that answers as it is told and remembers what was taken."""

    def __init__(self, answer: Callable[[Batch], Answer] = lambda _: TAKEN) -> None:
        self.answer, self.taken, self.asked = answer, list[str](), 0

    def encode_span(self, span: Span) -> bytes:
        return encode_span(span)

    def encode_fact(self, fact: dict[str, Any]) -> bytes:
        return encode_fact(fact)

    def carry(self, batch: Batch, timeout_s: float) -> Answer:
        self.asked += 1
        found = self.answer(batch)
        if found.verdict == "taken":
            self.taken += [json.loads(item)["name"] for item in batch.items]
        return found

    def forget(self) -> None: ...

    def close(self) -> None: ...


def span(name: str) -> Span:
    made = Span("other", name, Place("a" * 32, "b" * 16, 1, "", NOBODY), "", born=0, now_ns=1)
    made.end(2)
    return made


def exporter(script: Script, folder: Path | None = None, pace: Pace = FAST) -> Exporter:
    spool = None if folder is None else DiskSpool(folder, SpoolLimits(batch_items=10))
    return Exporter(script, spool, b'{"attributes":[]}', pace, lambda: 0.0)


def until(true: Callable[[], bool], timeout_s: float = 60.0) -> None:
    end = time.monotonic() + timeout_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_everything_arrives_in_batches_without_flush() -> None:
    script = Script()
    found = exporter(script)
    names = [f"s{n}" for n in range(95)]
    for name in names:
        found.take_span(span(name))
    until(lambda: len(script.taken) == 95)
    assert script.taken == names
    assert script.asked >= 10
    found.close(1)


def test_while_nobody_answers_it_waits_on_disk_and_comes_once(tmp_path: Path) -> None:
    script = Script(lambda _: AWAY)
    found = exporter(script, tmp_path)
    for number in range(25):
        found.take_span(span(f"s{number}"))
    assert found.flush(5) is True
    assert len(list(tmp_path.iterdir())) == 1
    assert script.asked <= 4, "a server that is away is not asked for each batch"
    script.answer = lambda _: TAKEN
    until(lambda: len(script.taken) == 25)
    until(lambda: not list(tmp_path.iterdir()))
    assert sorted(script.taken) == sorted(f"s{n}" for n in range(25))
    found.close(1)


def test_what_waits_survives_the_process(tmp_path: Path) -> None:
    first = exporter(Script(lambda _: AWAY), tmp_path)
    for number in range(5):
        first.take_span(span(f"s{number}"))
    first.close(2)
    script = Script()
    second = exporter(script, tmp_path)
    second.start()
    until(lambda: len(script.taken) == 5)
    until(lambda: not list(tmp_path.iterdir()))
    assert second.lost == 0
    second.close(1)


def test_a_carrier_that_hangs_does_not_hold_up_the_end(tmp_path: Path) -> None:
    release = threading.Event()
    script = Script(lambda _: TAKEN if release.wait(60) else AWAY)
    found = exporter(script, tmp_path)
    for number in range(15):
        found.take_span(span(f"s{number}"))
    until(lambda: script.asked == 1)
    start = time.monotonic()
    found.close(0.3)
    assert time.monotonic() - start < 30
    kept = DiskSpool(tmp_path, SpoolLimits()).oldest()
    assert kept is not None
    names = {json.loads(item)["name"] for batch in kept.batches for item in batch.items}
    assert names == {f"s{n}" for n in range(15)}
    release.set()


def test_a_folder_that_cannot_be_written_degrades_to_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    script = Script(lambda _: AWAY)
    found = exporter(script, tmp_path / "file" / "spool")
    for number in range(30):
        found.take_span(span(f"s{number}"))
    assert found.flush(5) is False
    assert [r.message for r in caplog.records if "waits in memory" in r.message]
    script.answer = lambda _: TAKEN
    until(lambda: len(script.taken) == 30)
    assert found.lost == 0
    found.close(1)


def test_memory_is_bounded_and_the_loss_counted_and_told_once(caplog: pytest.LogCaptureFixture) -> None:
    script = Script(lambda _: AWAY)
    found = exporter(script, None, Pace(interval_s=0.01, batch_items=10, queue_items=50))
    for number in range(200):
        found.take_span(span(f"s{number}"))
        if number % 20 == 0:
            found.flush(5)
    found.flush(5)
    script.answer = lambda _: TAKEN
    assert found.flush(5) is True
    assert len(script.taken) + found.lost == 200
    assert script.taken[-1] == "s199"
    assert len([r for r in caplog.records if "lost" in r.message]) <= 2
    found.close(1)


def test_one_that_is_refused_does_not_take_the_others_with_it(caplog: pytest.LogCaptureFixture) -> None:
    def answer(batch: Batch) -> Answer:
        bad = any(b'"bad"' in item for item in batch.items)
        return Answer(verdict="smaller", why="HTTP 400") if bad else TAKEN

    script = Script(answer)
    found = exporter(script)
    for name in ["a", "b", "bad", "c", "d", "e"]:
        found.take_span(span(name))
    assert found.flush(5) is True
    assert script.taken == ["a", "b", "c", "d", "e"]
    assert found.lost == 1
    found.close(1)


def test_one_that_cannot_be_encoded_does_not_hold_up_the_others() -> None:
    script = Script()
    found = exporter(script)
    broken = span("x")
    broken.attributes["x"] = object()  # type: ignore[assignment]
    for item in (span("a"), broken, span("b")):
        found.take_span(item)
    assert found.flush(5) is True
    assert (script.taken, found.lost) == (["a", "b"], 1)
    found.close(1)


def test_a_carrier_that_breaks_does_not_end_the_thread() -> None:
    def broken(_: Batch) -> Answer:
        raise RuntimeError("a fault of ours")

    script = Script(broken)
    found = exporter(script)
    found.take_span(span("a"))
    until(lambda: script.asked > 0)
    script.answer = lambda _: TAKEN
    found.take_span(span("b"))
    until(lambda: "b" in script.taken)
    found.close(1)


def test_retry_after_is_obeyed(tmp_path: Path) -> None:
    script = Script(lambda _: Answer(verdict="later", why="busy", after_s=0.6))
    found = exporter(script, tmp_path)
    found.take_span(span("a"))
    until(lambda: script.asked == 1)
    script.answer = lambda _: TAKEN
    start = time.monotonic()
    until(lambda: script.taken == ["a"])
    assert time.monotonic() - start > 0.4
    found.close(1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_sends_only_what_is_its_own(tmp_path: Path) -> None:
    script = Script(lambda _: AWAY)
    found = exporter(script, tmp_path / "spool", Pace(interval_s=30))
    found.take_span(span("parent"))
    child = os.fork()
    if child == 0:
        found.forget()
        found.take_span(span("child"))
        found.close(2)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    found.close(2)
    texts = [path.read_text() for path in (tmp_path / "spool").iterdir()]
    assert sorted("parent" in text for text in texts) == [False, True]
    assert sorted("child" in text for text in texts) == [False, True]


def test_logging_is_not_loud(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    found = exporter(Script(lambda _: AWAY), tmp_path)
    for number in range(50):
        found.take_span(span(f"s{number}"))
        found.flush(1)
    found.close(1)
    assert len(caplog.records) == 1


def test_flush_does_not_ask_a_server_that_said_when(tmp_path: Path) -> None:
    script = Script(lambda _: Answer(verdict="later", why="busy", after_s=30))
    found = exporter(script, tmp_path)
    for number in range(5):
        found.take_span(span(f"s{number}"))
        assert found.flush(5) is True
    assert script.asked == 1
    found.close(1)


def test_memory_is_bounded_in_bytes() -> None:
    script = Script(lambda _: AWAY)
    found = exporter(script, None, Pace(interval_s=30, queue_bytes=100_000))
    for number in range(50):
        large = span(f"s{number}")
        large.end_ns = 0
        large.tell("input", "x" * 9_000)
        found.take_span(large)
    assert len(found._queue) == 10
    assert found.lost == 40
    found.close(0.1)
    assert found.lost == 50


def test_nothing_left_to_do_is_no_work(tmp_path: Path) -> None:
    script = Script(lambda _: AWAY)
    found = exporter(script, tmp_path)
    found.take_span(span("a"))
    found.flush(5)
    script.answer = lambda _: TAKEN
    until(lambda: script.taken == ["a"])
    until(lambda: (found._idle_s() or 0) > 10)
    found.close(1)


def test_no_secret_waits_on_disk(tmp_path: Path) -> None:
    found = exporter(Script(lambda _: AWAY), tmp_path)
    telling = span("password=hunter2222")
    telling.end_ns = 0
    telling.tell("input", "my key is sk-Ex4mpleEx4mpleEx4mplEx4mple")
    telling.fail("Refused", "Authorization: Bearer abcdefghijklmnop1234")
    found.take_span(telling)
    found.take_fact({"id": "1", "reason": "postgresql://app:ex4mple-pw@db/app"})
    found.close(2)
    text = "".join(path.read_text() for path in tmp_path.iterdir())
    assert text.count("[redacted:") == 4
    assert not any(secret in text for secret in ("hunter2222", "sk-Ex4", "abcdefghijkl", "ex4mple-pw"))
