"""Any course of entries, faults of the disk, crashes and restarts: what was told to be there is there, once, and the log is whole."""

import errno
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from trimtab.adapters.ed25519 import Ed25519Key, check
from trimtab.edge.audit import Pace, Writer, files, read_logs
from trimtab.edge.audit.writer import Said
from trimtab.vocabulary.audit import Keys, inspect, read_line, read_note
from trimtab.vocabulary.kernel import VirtualClock


class Disk:
    """The machine's own, which breaks where the test says: after so many bytes of a write, or at the sync."""

    def __init__(self) -> None:
        self.bytes_left: int | None = None
        self.syncs = True

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def write(self, descriptor: int, raw: bytes) -> int:
        if self.bytes_left is None:
            return os.write(descriptor, raw)
        if self.bytes_left == 0:
            raise OSError(errno.ENOSPC, "no space left")
        written = os.write(descriptor, raw[: self.bytes_left])
        self.bytes_left -= written
        return written

    def fdatasync(self, descriptor: int) -> None:
        if not self.syncs:
            raise OSError(errno.EIO, "it cannot be synced")


class Course(RuleBasedStateMachine):
    """A writer, its disk, and what it has promised."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.disk, self.clock = Disk(), VirtualClock()
        self.patched = patch.object(files, "os", self.disk)
        self.patched.start()
        self.number = 0
        self.promised: list[str] = []
        self.refused: set[str] = set()
        self.log = self.fresh()

    def fresh(self) -> Writer:
        pace = Pace(seal_entries=3, file_bytes=900, waiting=5)
        return Writer(self.folder, "shop", self.clock, make_key=Ed25519Key.kept, pace=pace)

    def said(self) -> Said:
        self.number += 1
        return Said(self.clock.now_ns(), "decision", {"tool": f"t{self.number}"})

    @rule()
    def say(self) -> None:
        self.log.say(self.said())

    @rule()
    def write(self) -> None:
        one = self.said()
        if self.log.write(one):
            self.refused.add(f"t{self.number}")
        else:
            self.promised.append(f"t{self.number}")

    @rule()
    def commit(self) -> None:
        self.log.commit()

    @rule(room=st.integers(0, 700))
    def fill_the_disk(self, room: int) -> None:
        self.disk.bytes_left = room

    @rule()
    def break_syncs(self) -> None:
        self.disk.syncs = False

    @rule()
    def mend(self) -> None:
        self.disk.bytes_left, self.disk.syncs = None, True

    @rule()
    def wait(self) -> None:
        self.clock.advance(61)

    @rule(torn=st.binary(max_size=30).filter(lambda raw: b"\n" not in raw))
    def crash(self, torn: bytes) -> None:
        """As kill -9 does: what was not committed is gone, and a write may be half done."""
        place = self.log.folder
        self.log._let_go()
        if place is not None and (last := sorted((place / "entries").iterdir())):
            with last[-1].open("ab") as file:
                file.write(torn)
        self.log = self.fresh()

    @rule()
    def restart(self) -> None:
        self.log.close()
        self.log = self.fresh()

    @invariant()
    def promises_are_kept(self) -> None:
        if not (self.folder / "000").is_dir() or not (self.folder / "000" / "origin").is_file():
            assert not self.promised
            return
        logs = read_logs(self.folder)
        assert len(logs) == 1, "no course looks like somebody else's change"
        found = logs[0]
        tools = [read_line(line).tool for lines in found.segments for line in lines]
        told = [one for one in tools if one]
        assert len(told) == len(set(told)), "each once"
        assert [one for one in told if one in set(self.promised)] == self.promised
        assert self.refused.isdisjoint(told), "what was refused is not in it"
        if found.key is not None:
            notes = [read_note(one) for one in found.notes]
            assert inspect(found.segments, notes, Keys(log=found.key, check=check)).whole

    def teardown(self) -> None:
        self.disk.bytes_left, self.disk.syncs = None, True
        self.log.close()
        self.promises_are_kept()
        self.patched.stop()
        shutil.rmtree(self.folder)


TestCourses = Course.TestCase
TestCourses.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)


def test_the_disk_breaks_where_it_is_told_to(tmp_path: Path) -> None:
    disk = Disk()
    disk.bytes_left = 3
    with (tmp_path / "file").open("wb") as file:
        assert disk.write(file.fileno(), b"12345") == 3
        with pytest.raises(OSError, match="no space"):
            disk.write(file.fileno(), b"45")
