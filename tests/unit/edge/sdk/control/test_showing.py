"""The checkpoints of a log, shown by a thread that never raises: servers that are away, that refuse, forks, the end."""

import json
import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import trimtab
from trimtab.edge.audit import Writer, read_log
from trimtab.edge.audit.writer import Said
from trimtab.edge.sdk.control import showing
from trimtab.edge.sdk.control.fetch import Answer
from trimtab.edge.sdk.control.showing import Shower, error_of
from trimtab.edge.sdk.runtime import HELD
from trimtab.edge.sdk.tools.held import at_work
from trimtab.edge.sdk.warn import forget
from trimtab.vocabulary.audit import FakeKey, read_checkpoint, read_note
from trimtab.vocabulary.kernel import Conflict, TrimtabError, VirtualClock

WITNESS = FakeKey("witness")


class Door:
    """A witness that signs whatever it is shown, once nothing is wrong."""

    def __init__(self, wrong: TrimtabError | OSError | None = None) -> None:
        self.wrong, self.asked, self.sizes = wrong, 0, list[int]()

    def post(self, path: str, body: object) -> Any:
        self.asked += 1
        if self.wrong is not None:
            raise self.wrong
        sent: dict[str, Any] = json.loads(json.dumps(body))
        note = read_note(sent["note"])
        assert path.endswith(f"/{read_checkpoint(note.text).origin}/checkpoints")
        self.sizes.append(read_checkpoint(note.text).size)
        return {"size": self.sizes[-1], "note": str(note.witnessed(WITNESS, 1)), "witness": "w"}


def until(true: Callable[[], object]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def key_of(name: str, _: Path) -> FakeKey:
    return FakeKey(name)


def writer(folder: Path, shower: Shower) -> Writer:
    found = Writer(folder, "shop", VirtualClock(), make_key=key_of)
    found.on_sealed = shower.sealed
    return found


def write(found: Writer, count: int = 3) -> None:
    for _ in range(count):
        found.say(Said(1, "decision", {"tool": "pay"}))


@pytest.fixture(autouse=True)
def anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Warnings are told again, and a slow machine has time to show the last checkpoint."""
    forget()
    monkeypatch.setattr(showing, "END_S", 60.0)


def test_each_checkpoint_is_shown_and_the_answer_lies_beside_the_log(tmp_path: Path) -> None:
    door = Door()
    shower = Shower(door, spread_s=0)
    for sizes in ([5], [5, 10]):
        log = writer(tmp_path, shower)
        write(log)
        log.close()
        until(lambda sizes=sizes: door.sizes[-1:] == sizes[-1:])
    shower.close()
    notes = read_log(tmp_path / "000").notes
    assert sum("witness" in one for one in notes) == 2
    assert set(door.sizes) == {5, 10}


def test_the_end_does_not_wait_for_a_server_that_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, answers = threading.Event(), threading.Event()

    class Hanging(Door):
        def post(self, path: str, body: object) -> Any:
            begun.set()
            answers.wait()
            return super().post(path, body)

    monkeypatch.setattr(showing, "END_S", 0.05)
    door = Hanging()
    shower = Shower(door, spread_s=0)
    log = writer(tmp_path, shower)
    write(log)
    log.close()
    assert begun.wait(60)
    shower.close()
    assert door.sizes == [], "it is over, and nothing was answered yet"
    answers.set()
    until(lambda: door.sizes == [5])


def test_the_end_shows_what_waits(tmp_path: Path) -> None:
    door = Door()
    shower = Shower(door, spread_s=10**6)
    log = writer(tmp_path, shower)
    write(log)
    log.close()
    shower.close()
    assert door.sizes == [5]
    assert shower.turn() == 0.0


def test_a_server_that_is_away_is_told_of_once_and_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    door = Door(OSError("connection refused"))
    shower = Shower(door, spread_s=0)
    log = writer(tmp_path, shower)
    write(log)
    with caplog.at_level(logging.WARNING, "trimtab"):
        log.close()
        until(lambda: door.asked >= 2)
        door.wrong = None
        until(lambda: door.sizes == [5])
    shower.close()
    assert [one.message for one in caplog.records] == [
        "trimtab: the audit log is not witnessed yet, it is tried again: OSError: connection refused"
    ]


def test_it_is_tried_less_often_the_longer_it_fails_and_least_where_it_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    door = Door(OSError("away"))
    shower = Shower(door, spread_s=10**6)
    log = writer(tmp_path, shower)
    write(log)
    log.close()
    pauses = [shower.turn() for _ in range(12)]
    assert all(0.5 * one <= pause <= one for one, pause in zip((1, 2, 4, 8, 16, 32), pauses, strict=False))
    assert all(30 <= pause <= 60 for pause in pauses[6:])
    door.wrong = Conflict("it saw another past", code="forked")
    with caplog.at_level(logging.WARNING, "trimtab"):
        pauses = [shower.turn() for _ in range(3)]
    assert all(1800 <= pause <= 3600 for pause in pauses)
    assert sum("does not witness the audit log shop/" in one.message for one in caplog.records) == 1
    door.wrong = None
    assert shower.turn() == 0.0
    shower.close()
    assert door.sizes == [5]


def test_a_forked_process_shows_its_own_log_and_not_its_parents(tmp_path: Path) -> None:
    door = Door(OSError("away"))
    shower = Shower(door, spread_s=10**6)
    log = writer(tmp_path, shower)
    write(log)
    log.close()
    child = os.fork()
    if not child:
        good = False
        try:
            shower.close()  # nothing of its own yet
            door.wrong, asked = None, door.asked
            own = writer(tmp_path / "child", shower)
            write(own, 7)
            own.close()
            shower.close()
            good = door.sizes == [9] and door.asked == asked + 1
        finally:
            os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    door.wrong = None
    shower.close()
    assert door.sizes == [5]


CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: shop}
spec: {tools: {look: {effect: read}}}
"""


@pytest.mark.parametrize(
    ("env", "shown"),
    [
        ({}, False),
        ({"TRIMTAB_URL": "http://127.0.0.1:9"}, False),
        ({"TRIMTAB_KEY": "k"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "TRIMTAB_KEY": "k"}, False),
        ({"TRIMTAB_URL": "http://127.0.0.1:9", "TRIMTAB_KEY": "k"}, True),
    ],
)
@pytest.mark.parametrize("audited", [True, False])
def test_it_is_off_without_a_server_that_was_named_with_its_key_and_without_a_log(
    env: dict[str, str], shown: bool, audited: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("TRIMTAB_URL", "TRIMTAB_KEY", "OTEL_EXPORTER_OTLP_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    contract = tmp_path / "contract.yaml"
    contract.write_text(CONTRACT)
    trimtab.init(contract=contract, audit=tmp_path / "audit" if audited else False, spool=False)
    bound = at_work()
    assert bound is not None
    assert (bound.audit is not None) == audited
    assert (bound.audit is not None and bound.audit.writer.on_sealed is not None) == (shown and audited)
    assert not any(one.name == "trimtab-witness" for one in threading.enumerate())
    HELD.put(None)


def test_an_answer_that_is_no_yes_is_an_error_with_its_code() -> None:
    found = error_of(Answer(status=409, text='{"title": "forked", "detail": "it contradicts"}'))
    assert (found.code, found.message) == ("forked", "HTTP 409: it contradicts")
    assert error_of(Answer(status=502, text="<html>")).code == "http"
