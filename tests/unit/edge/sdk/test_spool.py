"""The folder where telemetry waits: torn lines, full disks, other processes, its bound."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from trimtab.edge.sdk.delivery.ports import Batch
from trimtab.edge.sdk.delivery.spool import DiskSpool, SpoolLimits

RESOURCE = b'{"attributes":[]}'
SMALL = SpoolLimits(segment_bytes=100, total_bytes=1000)


def batch(*names: str, resource: bytes = RESOURCE) -> Batch:
    return Batch(signal="span", items=tuple(name.encode() for name in names), resource=resource)


def drained(spool: DiskSpool) -> list[str]:
    found: list[str] = []
    while kept := spool.oldest():
        found += [item.decode() for part in kept.batches for item in part.items]
        spool.drop(kept.name)
    return found


def test_what_is_put_comes_back_in_order(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path, SMALL)
    for number in range(10):
        assert spool.put(batch(f"item-{number}-" + "x" * 40))
    spool.put(Batch(signal="fact", items=(b"{}",), resource=RESOURCE))
    assert [name.split("-")[1] for name in drained(spool)[:-1]] == [str(n) for n in range(10)]
    assert list(tmp_path.iterdir()) == []
    assert spool.put(batch("again"))
    assert drained(spool) == ["again"]


def test_resources_are_not_mixed(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path, SpoolLimits())
    spool.put(batch("a", resource=b"one"))
    spool.put(batch("b", resource=b"two"))
    first = spool.oldest()
    assert first is not None
    assert [(part.resource, part.items) for part in first.batches] == [(b"one", (b"a",))]


def test_it_is_private(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path / "spool", SMALL)
    spool.put(batch("a"))
    (path,) = (tmp_path / "spool").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0


def test_a_torn_or_flipped_line_is_skipped(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path, SpoolLimits())
    spool.put(batch("first", "second", "third"))
    spool.close()
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes().replace(b"second", b"sec0nd")[:-3])
    assert drained(DiskSpool(tmp_path, SpoolLimits())) == ["first"]
    assert list(tmp_path.iterdir()) == []


def test_garbage_is_removed_and_strangers_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "00-1-ff.seg").write_bytes(os.urandom(2000))
    (tmp_path / "notes.txt").write_text("mine")
    assert drained(DiskSpool(tmp_path, SpoolLimits())) == []
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_the_oldest_go_first_and_are_counted(tmp_path: Path) -> None:
    spool = DiskSpool(tmp_path, SMALL)
    for number in range(60):
        assert spool.put(batch(f"{number:02d}" + "x" * 48, f"{number:02d}" + "y" * 48))
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    left = drained(spool)
    assert size <= SMALL.total_bytes + SMALL.segment_bytes
    assert len(left) + spool.lost == 120
    assert left[-1].startswith("59")
    assert left == sorted(left)


def test_a_segment_of_a_living_process_is_its_own(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\n"
        "from trimtab.edge.sdk.delivery.ports import Batch\n"
        "from trimtab.edge.sdk.delivery.spool import DiskSpool, SpoolLimits\n"
        "s = DiskSpool(Path(sys.argv[1]), SpoolLimits())\n"
        "s.put(Batch(signal='span', items=(b'theirs',), resource=b'{}'))\n"
        "print('ready', flush=True)\nsys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"ready\n"
        spool = DiskSpool(tmp_path, SpoolLimits())
        spool.put(batch("ours"))
        assert drained(spool) == ["ours"]
        other.kill()
        other.wait()
    assert drained(spool) == ["theirs"]


def test_a_full_disk_keeps_what_was_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spool = DiskSpool(tmp_path, SpoolLimits())
    assert spool.put(batch("before"))
    write = os.write

    def full(descriptor: int, data: bytes) -> int:
        if len(data) > 12:
            return write(descriptor, data[:12])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    assert spool.put(batch("too much for it")) is False
    monkeypatch.undo()
    assert spool.put(batch("after"))
    assert drained(spool) == ["before", "after"]
