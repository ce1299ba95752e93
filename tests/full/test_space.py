"""No room and no access: refused with a retryable error, nothing acknowledged is lost, and well again afterwards."""

import contextlib
import random
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path

import grpc
import pytest
from tests.support.bodies import good, span, traces_of
from tests.support.server import TRIMTAB, Answer, Served, serving

pytestmark = pytest.mark.full

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
FULL_MB = 24


def export(served: Served, body: bytes) -> grpc.StatusCode:
    """Send traces over gRPC; the status."""
    with grpc.insecure_channel(f"127.0.0.1:{served.grpc_port}") as channel:
        call = channel.unary_unary(EXPORT)
        try:
            call(body, metadata=[("authorization", f"Bearer {served.key}")], timeout=30)
        except grpc.RpcError as error:
            return error.code()
    return grpc.StatusCode.OK


def refused(answer: Answer) -> None:
    """Retryable, and it says what to do."""
    assert answer.status == 503, answer
    assert int(answer.headers["retry-after"]) > 0
    assert b"free disk space" in answer.body


def bulky(first: int) -> bytes:
    """Spans whose text does not compress."""
    chance = random.Random(first)
    return traces_of(span(n, {"text": chance.randbytes(30_000).hex()}) for n in range(first, first + 20))


def fill(served: Served, first: int) -> tuple[int, Answer]:
    """Send until the server refuses; the first number that it did not acknowledge, and the refusal."""
    for number in range(first, first + 4000, 20):
        answer = served.send(bulky(number))
        if answer.status != 200:
            return number, answer
    raise AssertionError("the disk is never full")


def numbers(served: Served, timeout_s: float = 60.0) -> set[int]:
    """The spans that are stored."""
    served.settle(timeout_s)
    rows = served.query("select span_id from steps", 1_000_000)
    found = {row[0] for row in rows}
    assert len(found) == len(rows), "spans are doubled"
    return found


@pytest.fixture
def room(tmp_path: Path) -> Generator[Path]:
    """A file system of its own that is soon full; where that is not allowed, the test says what it needs."""
    folder = tmp_path / "room"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={FULL_MB}m", "tmpfs", str(folder)], capture_output=True
    )
    if done.returncode:
        pytest.skip("needs to mount a tmpfs: run as root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def enlarge(room: Path) -> None:
    """Make room."""
    subprocess.run(["mount", "-o", "remount,size=400m", str(room)], check=True)


def test_a_full_disk_refuses_and_loses_nothing(room: Path) -> None:
    with serving(room / "data") as served:
        end, answer = fill(served, 1)
        assert end > 1
        refused(answer)
        assert export(served, bulky(end)) == grpc.StatusCode.UNAVAILABLE
        enlarge(room)
        assert served.send(good(900_000)).status == 200
        assert export(served, good(900_001)) == grpc.StatusCode.OK
    with serving(room / "data") as served:
        assert set(range(1, end)) | {900_000, 900_001} <= numbers(served)


def test_rows_follow_without_a_restart_when_there_is_room_again(room: Path) -> None:
    with serving(room / "data") as served:
        end, _ = fill(served, 1)
        enlarge(room)
        assert served.send(good(900_000)).status == 200
        assert set(range(1, end)) | {900_000} <= numbers(served, 5)


def test_a_disk_that_is_full_at_kill_9_loses_nothing(room: Path) -> None:
    served = Served(room / "data")
    served.start()
    try:
        end, answer = fill(served, 1)
        refused(answer)
        served.kill()
        enlarge(room)
        served.start()
        assert set(range(1, end)) <= numbers(served)
        assert served.send(good(900_000)).status == 200
    finally:
        served.stop()


def limit_files(size: int) -> Callable[[], None]:
    """No file may grow beyond a size in the child: a write beyond it fails, as on a full disk."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_limit_on_files_refuses_and_loses_nothing(tmp_path: Path) -> None:
    """The same without root: RLIMIT_FSIZE makes writes fail, and can be lifted from outside."""
    served = Served(tmp_path / "data")
    served.start(limit_files(6_000_000))
    try:
        end, answer = fill(served, 1)
        assert end > 1
        refused(answer)
        assert export(served, bulky(end)) == grpc.StatusCode.UNAVAILABLE
        resource.prlimit(served.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert served.send(good(900_000)).status == 200
        stored = numbers(served)
    finally:
        served.stop()
    assert set(range(1, end)) | {900_000} <= stored


@contextlib.contextmanager
def locked(served: Served) -> Generator[None]:
    """Another process writes to the day's journal and does not end."""
    [day] = (served.data / "journal").glob("*.sqlite")
    other = sqlite3.connect(day, isolation_level=None)
    other.execute("begin exclusive")
    try:
        yield
    finally:
        other.execute("rollback")
        other.close()


def test_a_locked_journal_refuses_and_is_well_again(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as served:
        assert served.send(good(1)).status == 200
        with locked(served):
            answer = served.send(good(2))
            assert export(served, good(3)) == grpc.StatusCode.UNAVAILABLE
        refused(answer)
        assert b"locked" in answer.body
        assert served.send(good(4)).status == 200
        assert export(served, good(5)) == grpc.StatusCode.OK
        assert numbers(served) == {1, 4, 5}


def test_a_held_folder_is_not_opened_twice(tmp_path: Path) -> None:
    with serving(tmp_path / "data") as served:
        command = [TRIMTAB, "serve", "--data", str(served.data), "--port", "0", "--grpc-port", "0"]
        second = subprocess.run(command, capture_output=True, timeout=60, text=True)
        assert second.returncode == 2
        assert "held by another process" in second.stderr
        assert "Traceback" not in second.stderr
        assert served.send(good(1)).status == 200
        assert numbers(served) == {1}


def test_a_copy_of_a_full_folder_opens(room: Path, tmp_path: Path) -> None:
    """What a full disk left behind can be moved to a larger one."""
    served = Served(room / "data")
    served.start()
    end, answer = fill(served, 1)
    refused(answer)
    served.kill()
    shutil.copytree(room / "data", tmp_path / "copy")
    with serving(tmp_path / "copy") as moved:
        assert set(range(1, end)) <= numbers(moved)
