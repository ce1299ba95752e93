"""The log on its disk: what is there after a crash, a full disk, a fork, and when somebody else has written."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from trimtab.adapters.ed25519 import Ed25519Key, check
from trimtab.edge.audit import Pace, Writer, read_log, read_logs
from trimtab.edge.audit.writer import Said
from trimtab.vocabulary.audit import Event, Keys, Report, inspect, read_line, read_note
from trimtab.vocabulary.kernel import Missing, VirtualClock

SMALL = Pace(seal_entries=10, file_bytes=2000)


def writer(folder: Path, clock: VirtualClock | None = None, pace: Pace = SMALL) -> Writer:
    return Writer(folder, "shop", clock or VirtualClock(), make_key=Ed25519Key.kept, pace=pace)


def said(tool: str = "refund", event: Event = "call.settled") -> Said:
    return Said(10**18, event, {"tool": tool})


def events(folder: Path) -> list[str]:
    return [json.loads(line)["event"] for one in read_log(folder).segments for line in one]


def looked(folder: Path) -> Report:
    found = read_log(folder)
    assert found.key is not None
    notes = [read_note(one) for one in found.notes]
    return inspect(found.segments, notes, Keys(log=found.key, check=check))


def test_what_is_written_is_whole_over_many_files_and_restarts(tmp_path: Path) -> None:
    for _ in range(3):
        log = writer(tmp_path)
        for number in range(30):
            log.say(said(f"tool-{number}"))
            assert log.commit()
        log.close()
    found = read_log(tmp_path / "000")
    assert len(found.segments) > 5
    assert found.origin.startswith("shop/")
    numbers = [read_line(line).seq for one in found.segments for line in one]
    assert numbers == list(range(len(numbers)))
    report = looked(tmp_path / "000")
    assert report.whole
    assert report.signed == report.entries == len(numbers), "closing signs what is there"
    names = events(tmp_path / "000")
    assert (names.count("log.opened"), names.count("log.closed")) == (3, 3)
    assert names.count("segment.opened") == len(found.segments) - 1
    assert (tmp_path / "000" / "key").stat().st_mode & 0o077 == 0


def test_a_part_of_a_log_is_judged_by_itself(tmp_path: Path) -> None:
    log = writer(tmp_path)
    for number in range(60):
        log.say(said(f"tool-{number}"))
        log.commit()
    log.close()
    found = read_log(tmp_path / "000")
    assert found.key is not None
    keys, notes = Keys(log=found.key, check=check), [read_note(one) for one in found.notes]
    part = found.segments[3:]
    begins = read_line(part[0][0]).seq
    assert inspect(part, notes, keys, begins=begins).whole
    assert [one.fault for one in inspect(part, notes, keys).findings] == ["segment_missing"]
    changed = [tuple(one.replace(b"tool-5", b"tool-7") for one in lines) for lines in part]
    assert [one.fault for one in inspect(changed, notes, keys, begins=begins).findings] == ["edited"]
    other = [[part[0][0].replace(b'"peaks":"', b'"peaks":"0')], *part[1:]]
    assert not inspect(other, notes, keys, begins=begins).whole


def test_without_a_key_it_is_written_and_not_signed(tmp_path: Path) -> None:
    log = Writer(tmp_path, "shop", VirtualClock())
    assert log.write(said()) == ""
    log.close()
    assert read_log(tmp_path / "000").notes == ()
    assert events(tmp_path / "000") == ["log.opened", "call.settled", "log.closed"]


def test_checkpoints_come_with_entries_and_with_time(tmp_path: Path) -> None:
    clock = VirtualClock()
    log = writer(tmp_path, clock)
    log.write(said())
    assert len(read_log(tmp_path / "000").notes) == 0
    clock.advance(61)
    log.commit()
    assert len(read_log(tmp_path / "000").notes) == 1, "also where nothing more comes"
    clock.advance(61)
    log.commit()
    assert len(read_log(tmp_path / "000").notes) == 1, "nothing new to sign"
    for _ in range(10):
        log.write(said())
    assert len(read_log(tmp_path / "000").notes) == 2
    log.close()


def test_two_processes_have_a_log_each_and_the_next_goes_on_with_one(tmp_path: Path) -> None:
    first, second = writer(tmp_path), writer(tmp_path)
    first.write(said())
    second.write(said())
    first.close()
    second.close()
    found = read_logs(tmp_path)
    assert [one.folder.name for one in found] == ["000", "001"]
    assert found[0].origin != found[1].origin
    assert found[0].key != found[1].key
    third = writer(tmp_path)
    third.write(said())
    third.close()
    assert [one.folder.name for one in read_logs(tmp_path)] == ["000", "001"]
    with pytest.raises(Missing):
        read_logs(tmp_path / "elsewhere")


PROGRAM = """
import sys
from pathlib import Path
from trimtab.adapters.ed25519 import Ed25519Key
from trimtab.edge.audit import Pace, Writer
from trimtab.edge.audit.writer import Said
from trimtab.vocabulary.kernel import SystemClock
log = Writer(Path(sys.argv[1]), "shop", SystemClock(), make_key=Ed25519Key.kept, pace=Pace(seal_entries=10, file_bytes=2000))
while True:
    assert not log.write(Said(1, "call.started", {"tool": "pay"}))
    print(log.size, flush=True)
"""


def test_what_was_told_to_be_there_is_there_after_kill_9(tmp_path: Path) -> None:
    running = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert running.stdout is not None
    told = [int(running.stdout.readline()) for _ in range(200)]
    running.send_signal(signal.SIGKILL)
    told += [int(one) for one in running.stdout.read().split("\n")[:-1]]
    running.wait()
    running.stdout.close()
    report = looked(tmp_path / "000")
    assert report.whole
    assert report.entries >= told[-1]
    log = writer(tmp_path)
    assert log.write(said()) == ""
    log.close()
    assert looked(tmp_path / "000").whole


@pytest.mark.parametrize("cut", [1, 5, 60])
def test_a_torn_end_is_cut_and_told(tmp_path: Path, cut: int) -> None:
    log = writer(tmp_path, pace=Pace(seal_entries=10_000))
    for _ in range(5):
        log.write(said())
    log._let_go()  # as a crash does: nothing is closed or signed
    file = next((tmp_path / "000" / "entries").iterdir())
    raw = file.read_bytes()
    file.write_bytes(raw + raw.splitlines()[-1][:-cut])
    assert looked_entries(tmp_path) == 6, "the auditor does not count what nobody was told"
    again = writer(tmp_path)
    again.write(said("next"))
    again.close()
    assert looked(tmp_path / "000").whole
    lines = [json.loads(line) for one in read_log(tmp_path / "000").segments for line in one]
    torn = [one["detail"]["torn_bytes"] for one in lines if one["event"] == "log.repaired"]
    assert torn == [len(raw.splitlines()[-1]) - cut]


def looked_entries(folder: Path) -> int:
    return sum(len(one) for one in read_log(folder / "000").segments)


def test_a_torn_checkpoint_is_cut(tmp_path: Path) -> None:
    log = writer(tmp_path)
    for _ in range(25):
        log.write(said())
    log._let_go()
    notes = tmp_path / "000" / "checkpoints"
    raw = notes.read_bytes()
    for cut in range(1, len(raw) // 2):
        notes.write_bytes(raw[:-cut])
        assert looked(tmp_path / "000").whole, cut
    again = writer(tmp_path)
    again.write(said())
    again.close()
    assert looked(tmp_path / "000").whole


def test_a_log_that_somebody_changed_is_left_as_it_is_and_another_begins(tmp_path: Path) -> None:
    log = writer(tmp_path, pace=Pace(seal_entries=5))
    for number in range(10):
        log.write(said(f"tool-{number}"))
    log.close()
    file = next((tmp_path / "000" / "entries").iterdir())
    changed = file.read_bytes().replace(b"tool-7", b"tool-3")
    file.write_bytes(changed)
    again = writer(tmp_path)
    assert again.write(said()) == ""
    again.close()
    assert file.read_bytes() == changed
    assert looked(tmp_path / "001").whole
    first = [json.loads(line) for line in read_log(tmp_path / "001").segments[0]][:2]
    assert "is not what was signed" in first[1]["detail"]["left"]
    file.write_bytes(b"".join(changed.splitlines(keepends=True)[:4]))
    assert "entries were signed" in next(left_of(tmp_path))


def left_of(folder: Path):
    log = writer(folder)
    log.write(said())
    log.close()
    for line in read_log(folder / "001").segments[-1][::-1]:
        entry = json.loads(line)
        if "left" in entry.get("detail", {}):
            yield entry["detail"]["left"]


FULL = """
import resource, sys
from pathlib import Path
from trimtab.edge.audit import Pace, Writer, read_log
from trimtab.edge.audit.writer import Said
from trimtab.vocabulary.kernel import SystemClock
log = Writer(Path(sys.argv[1]), "shop", SystemClock(), pace=Pace(waiting=3))
assert not log.write(Said(1, "call.started", {"tool": "pay"}))
before = (log.folder / "entries" / "000000000000.jsonl").stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (before + 10, resource.RLIM_INFINITY))
why = log.write(Said(2, "call.started", {"tool": "refused"}))
assert "too large" in why.lower(), why
for number in range(5):
    log.say(Said(3, "call.settled", {"tool": f"later-{number}"}))
assert not log.commit()
assert log.lost == 2, log.lost
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
assert not log.write(Said(4, "call.started", {"tool": "again"}))
assert log.lost == 0
log.close()
"""


def test_a_full_disk_refuses_what_must_be_there_and_keeps_the_rest_for_later(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], check=True)
    lines = [json.loads(line) for one in read_log(tmp_path / "000").segments for line in one]
    tools = [one["tool"] for one in lines if "tool" in one]
    assert tools == ["pay", "later-0", "later-1", "later-2", "again"], "what was refused never happened"
    assert [one["detail"]["lost_entries"] for one in lines if "lost_entries" in one.get("detail", {})] == [2]
    assert [one["seq"] for one in lines] == list(range(len(lines)))


def test_a_folder_that_is_gone_or_closed_to_us_is_told(tmp_path: Path) -> None:
    log = writer(tmp_path / "logs")
    assert log.write(said()) == ""
    subprocess.run(["rm", "-r", str(tmp_path / "logs")], check=True)
    assert "was removed" in log.write(said())
    assert "was removed" in log.write(said()), "nor does it begin anew unseen"
    (tmp_path / "file").write_text("")
    assert log.failing
    assert "file" in writer(tmp_path / "file" / "logs").write(said())


def test_what_cannot_be_an_entry_stops_no_other(tmp_path: Path) -> None:
    log = writer(tmp_path)
    log.say(Said(1, "decision", {"detail": {"share": 0.5}}))
    log.say(said("good"))
    assert "cannot be written" in log.write(Said(1, "decision", {"detail": {"share": 0.5}}))
    log.close()
    assert events(tmp_path / "000") == ["log.opened", "call.settled", "log.closed"]


def test_many_threads_share_a_commit_and_none_is_lost(tmp_path: Path) -> None:
    log = writer(tmp_path, pace=Pace(file_bytes=20_000))
    wrong: list[str] = []

    def work(number: int) -> None:
        wrong.extend(why for at in range(50) if (why := log.write(said(f"{number}-{at}"))))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    log.close()
    lines = [json.loads(line) for one in read_log(tmp_path / "000").segments for line in one]
    tools = [one["tool"] for one in lines if "tool" in one]
    assert wrong == []
    assert len(tools) == len(set(tools)) == 400
    for number in range(8):
        mine = [one for one in tools if one.startswith(f"{number}-")]
        assert mine == [f"{number}-{at}" for at in range(50)]
    assert looked(tmp_path / "000").whole
