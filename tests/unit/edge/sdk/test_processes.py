"""Workers, forks, endings, many threads: each step is told once, by the process that did it."""

import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

import trimtab
from trimtab.edge.sdk.clock import AnchoredClock

WORKERS = """
import multiprocessing, sys, trimtab

def work(number):
    with trimtab.step("other", f"worker-{number}"): pass

if __name__ in ("__main__", "__mp_main__"):
    trimtab.init("a", log=sys.argv[1], interval_s=30)

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[2])
    with trimtab.session("s"):
        if sys.argv[3] == "pool":
            with context.Pool(2) as pool:
                pool.map(work, range(4), chunksize=1)
                pool.close()
                pool.join()
        else:
            started = [context.Process(target=work, args=[n]) for n in range(4)]
            for process in started: process.start()
            for process in started: process.join()
"""


def names(log: Path) -> Counter[str]:
    return Counter(json.loads(line)["name"] for line in log.read_text().splitlines())


def run(script: str, *arguments: str, tmp_path: Path) -> str:
    path = tmp_path / "program.py"
    path.write_text(script)
    command = [sys.executable, "-W", "ignore", str(path), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("shape", ["pool", "processes"])
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_workers_of_multiprocessing_lose_nothing(method: str, shape: str, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    assert run(WORKERS, str(log), method, shape, tmp_path=tmp_path) == ""
    assert names(log) == {f"worker-{n}": 1 for n in range(4)} | {"invoke_agent a": 1}


def test_a_child_that_leaves_the_session_of_its_parent_does_not_end_it(tmp_path: Path) -> None:
    script = """
import os, sys, trimtab
trimtab.init("a", log=sys.argv[1], interval_s=30)
with trimtab.session("s") as s:
    with trimtab.step("other", "before"): pass
    child = os.fork()
    if child == 0:
        with trimtab.step("other", "child"): pass
if child:
    os.waitpid(child, 0)
"""
    log = tmp_path / "log.jsonl"
    run(script, str(log), tmp_path=tmp_path)
    assert names(log) == {"before": 1, "child": 1, "invoke_agent a": 1}


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    trimtab.init("a", log=log, interval_s=0.01)

    def work(number: int) -> None:
        for n in range(300):
            with trimtab.step("other", f"{number}-{n}"):
                pass

    threads = [threading.Thread(target=work, args=[n]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert trimtab.flush(10)
    found = names(log)
    assert (len(found), sum(found.values())) == (2400, 2400)


def test_init_again_hands_on_what_the_first_was_told(tmp_path: Path) -> None:
    trimtab.init("a", log=tmp_path / "1.jsonl", interval_s=30)
    with trimtab.step("other", "one"):
        pass
    trimtab.init("a", log=tmp_path / "2.jsonl", interval_s=30)
    with trimtab.step("other", "two"):
        pass
    trimtab.shutdown()
    with trimtab.step("other", "nobody"):
        pass
    assert (names(tmp_path / "1.jsonl"), names(tmp_path / "2.jsonl")) == ({"one": 1}, {"two": 1})


def test_a_log_handler_that_tells_steps_does_not_lock_up(tmp_path: Path) -> None:
    class Telling(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            with trimtab.step("other", "logged"):
                pass

    trimtab.init("a", endpoint="http://127.0.0.1:1", spool=False, interval_s=0.001)
    handler = Telling()
    logging.getLogger("trimtab").addHandler(handler)
    try:
        for _ in range(3000):
            with trimtab.step("llm"):
                pass
            logging.getLogger("trimtab.theirs").warning("x")
    finally:
        logging.getLogger("trimtab").removeHandler(handler)


def test_a_file_that_cannot_be_written_is_told_and_the_agent_goes_on(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trimtab.init("a", log="/dev/full" if os.path.exists("/dev/full") else "/", interval_s=0.01)  # noqa: PTH110
    with trimtab.session() as s, trimtab.step("llm"):
        s.outcome("success")
    assert trimtab.flush(2) is False
    trimtab.shutdown(0.5)
    assert "waits" in caplog.text
    assert "lost" in caplog.text


def test_the_wall_clock_may_jump_within_a_session_and_is_followed_between_them() -> None:
    wall, steady = [1_000_000_000_000], [0]
    clock = AnchoredClock(lambda: wall[0], lambda: steady[0])
    wall[0] -= 3_600_000_000_000
    steady[0] += 5
    assert clock.now_ns() == 1_000_000_000_005
    clock.settle()
    assert clock.now_ns() == wall[0]
    wall[0] += 500_000_000
    clock.settle()
    assert clock.now_ns() == wall[0] - 500_000_000, "what is slewed is not jumped after"


def test_the_import_is_light() -> None:
    script = "import sys; before = set(sys.modules); import trimtab; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "['trimtab']"


def test_a_silent_process_has_no_thread_and_no_file(tmp_path: Path) -> None:
    script = """
import sys, threading, trimtab
trimtab.init("a")
with trimtab.session(), trimtab.step("llm"): pass
trimtab.init("a", endpoint="http://127.0.0.1:1", spool=sys.argv[1])
assert threading.active_count() == 1
assert "http.server" not in sys.modules
"""
    run(script, str(tmp_path / "spool"), tmp_path=tmp_path)
    assert not (tmp_path / "spool").exists()


def test_what_connections_need_is_there_before_any_thread_so_that_no_fork_finds_half_of_it(
    tmp_path: Path,
) -> None:
    script = """
import sys, threading, trimtab
trimtab.init("a", endpoint="http://127.0.0.1:1", spool=False)
assert threading.active_count() == 1
assert {"encodings.idna", "http.client", "ssl"} <= set(sys.modules)
"""
    run(script, tmp_path=tmp_path)


def test_ctrl_c_while_the_end_waits_for_a_server_that_hangs(tmp_path: Path) -> None:
    script = """
import sys, trimtab
trimtab.init("a", endpoint=sys.argv[1], spool=sys.argv[2], interval_s=0.01)
with trimtab.session("s"):
    for n in range(700):
        with trimtab.step("other", f"n{n}"): pass
print("ending", flush=True)
"""
    path = tmp_path / "program.py"
    path.write_text(script)
    with socket.socket() as hangs:
        hangs.bind(("127.0.0.1", 0))
        hangs.listen()
        url = f"http://127.0.0.1:{hangs.getsockname()[1]}"
        command = [sys.executable, str(path), url, str(tmp_path / "spool")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"ending\n"
            time.sleep(0.3)
            process.send_signal(signal.SIGINT)
            start = time.monotonic()
            process.wait(60)
    assert time.monotonic() - start < 30
    texts = [found.read_text() for found in (tmp_path / "spool").rglob("*.seg")]
    kept = {name for text in texts for name in re.findall(r'"name":"(n\d+|invoke_agent a)"', text)}
    assert len(kept) == 701
