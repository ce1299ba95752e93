"""What hooks remember between their processes."""

import os
from pathlib import Path

import pytest

from trimtab.edge.sdk.hooks.memory import forget, held, prune
from trimtab.vocabulary.kernel import Invalid


def names(folder: Path) -> int:
    return len(list(folder.iterdir()))


def test_lines_come_back_in_their_order(tmp_path: Path) -> None:
    with held(tmp_path, "s") as memory:
        memory.add("hear", source="user", text="a\nb")
        memory.add("answered")
    with held(tmp_path, "s") as memory:
        assert memory.lines == [{"kind": "hear", "source": "user", "text": "a\nb"}, {"kind": "answered"}]


def test_a_session_that_another_process_holds_is_waited_for_and_then_refused(tmp_path: Path) -> None:
    waited: list[float] = []
    late = held(tmp_path, "s", wait_s=0.02, pause=waited.append)
    with held(tmp_path, "s"), pytest.raises(Invalid, match="does not end"), late:
        pass
    assert len(waited) == 4
    with held(tmp_path, "s"):
        pass


def test_a_torn_end_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    with held(tmp_path, "s") as memory:
        memory.add("answered")
    path = next(tmp_path.iterdir())
    path.write_bytes(path.read_bytes() + b'{"kind": "re')
    with pytest.raises(Invalid, match="torn"), held(tmp_path, "s"):
        pass


def test_a_session_that_says_too_much_is_full_for_good(tmp_path: Path) -> None:
    with held(tmp_path, "s", most_bytes=200) as memory:
        with pytest.raises(Invalid, match="no more is kept"):
            memory.add("hear", text="x" * 200)
        assert memory.lines == [{"kind": "full"}]


def test_the_oldest_sessions_are_forgotten_but_never_one_that_is_held(tmp_path: Path) -> None:
    for place, name in enumerate(("a", "b", "c", "d")):
        with held(tmp_path, name) as memory:
            memory.add("begun", ns=0)
        newest = max(tmp_path.iterdir(), key=lambda one: one.stat().st_ctime_ns)
        os.utime(newest, (1000 + place, 1000 + place))
    with held(tmp_path, "a"):
        prune(tmp_path, 1004.0, most=2, oldest_s=100.0)
        assert names(tmp_path) == 3  # b went
    prune(tmp_path, 2000.0, most=10, oldest_s=100.0, keep="d")
    assert names(tmp_path) == 1
    forget(next(tmp_path.iterdir()))
    assert names(tmp_path) == 0
