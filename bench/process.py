"""Servers under measurement: started on free ports of the loopback, watched through /proc, always stopped."""

import contextlib
import ctypes
import http.client
import json
import os
import resource
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HOST = "127.0.0.1"
START_TIMEOUT_S = 300.0
STOP_TIMEOUT_S = 60.0
TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """How a server is started; `health` is a path that answers 200 when it is ready."""

    command: Sequence[str]
    port: int
    health: str
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    log: Path


@dataclass(slots=True)
class Running:
    """A server that answers; `ready_s` is how long that took from its start."""

    process: "subprocess.Popen[bytes]"
    port: int
    ready_s: float

    def cpu_s(self) -> float:
        """CPU seconds, user and system, of the process and its living descendants."""
        return sum(stat_of(pid)[0] for pid in tree(self.process.pid))

    def rss_bytes(self) -> int:
        """Resident bytes of the process and its descendants; shared pages count in each."""
        return sum(stat_of(pid)[1] for pid in tree(self.process.pid))

    def pss_bytes(self) -> int:
        """Proportional bytes of the process and its descendants; a page that n processes share counts 1/n."""
        return sum(kilobytes(pid, "smaps_rollup", "Pss") for pid in tree(self.process.pid)) * 1024

    def peak_bytes(self) -> int:
        """The most that the process itself ever had resident."""
        return kilobytes(self.process.pid, "status", "VmHWM") * 1024

    def end_cpu_s(self) -> float:
        """Stop the server; gives the CPU seconds that its end took, a final checkpoint among them."""
        before, children = self.cpu_s(), children_cpu_s()
        stop(self.process)
        return max(children_cpu_s() - children - before, 0.0)


def stat_of(pid: int) -> tuple[float, int]:
    """CPU seconds (with those of children that ended) and resident bytes of one process; zeros when it is gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    except OSError:
        return 0.0, 0
    return sum(map(int, fields[11:15])) / TICKS, int(fields[21]) * PAGE


def kilobytes(pid: int, file: str, name: str) -> int:
    """A size from one of a process's files in /proc; 0 when it is gone."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/{file}").read_text(encoding="ascii").splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1])
    return 0


def children_cpu_s() -> float:
    """CPU seconds of all children of this process that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    found = [pid]
    for at in found:
        with contextlib.suppress(OSError):
            for path in Path(f"/proc/{at}/task").glob("*/children"):
                found += map(int, path.read_text(encoding="ascii").split())
    return found


def free_port() -> int:
    """A high port that nobody listens on."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as found, contextlib.suppress(OSError):
            found.bind((HOST, port))
            return port


def fetch(port: int, path: str, key: str = "") -> Any:
    """A GET's JSON (None where it is not JSON); raises OSError when nobody answers 200."""
    con = http.client.HTTPConnection(HOST, port, timeout=60)
    try:
        con.request("GET", path, headers={"authorization": f"Bearer {key}"} if key else {})
        response = con.getresponse()
        raw = response.read()
        if response.status != 200:
            raise OSError(f"{path} answered {response.status}")
    except http.client.HTTPException as error:
        raise OSError(str(error)) from error
    finally:
        con.close()
    try:
        return json.loads(raw)
    except ValueError:
        return None


@contextlib.contextmanager
def running(launch: Launch) -> Generator[Running]:
    """Start a server, wait until it is healthy, stop it (SIGTERM) in the end."""
    adopt_orphans()
    ours = {name: value for name, value in os.environ.items() if not name.startswith("TRIMTAB_")}
    env = ours | dict(launch.env)
    with launch.log.open("ab") as log:
        started = time.monotonic()
        process = subprocess.Popen(
            launch.command, env=env, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
        )
        try:
            wait_healthy(process, launch)
            yield Running(process, launch.port, time.monotonic() - started)
        finally:
            stop(process)


def wait_healthy(process: "subprocess.Popen[bytes]", launch: Launch) -> None:
    """Ask until the server answers; raises RuntimeError when it ends or takes too long."""
    end = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"the server ended: {end_of(launch.log)}")
        with contextlib.suppress(OSError):
            fetch(launch.port, launch.health)
            return
        time.sleep(0.01)
    raise RuntimeError(f"the server is not healthy after {START_TIMEOUT_S:.0f} s: {end_of(launch.log)}")


def end_of(log: Path) -> str:
    """The last lines of a log, which goes with its folder."""
    return log.read_text(encoding="utf-8", errors="replace")[-2000:]


def stop(process: "subprocess.Popen[bytes]") -> None:
    """SIGTERM to the group that we made, SIGKILL when that does not help; nothing where it has ended."""
    if process.returncode is not None:
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(RuntimeError):
            wait_until(lambda: is_gone(process), STOP_TIMEOUT_S)
            return


def is_gone(process: "subprocess.Popen[bytes]") -> bool:
    """Whether a process has ended and all others of its group, which we have adopted from it, too."""
    if process.poll() is None:
        return False
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-process.pid, os.WNOHANG) != (0, 0):
            pass
        return False
    return True


def adopt_orphans() -> None:
    """Become the parent of processes that our children leave behind: their CPU time must not get lost."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def trimtab(data: Path, redaction: str) -> Launch:
    """Our server over a data folder."""
    port = free_port()
    program = str(Path(sys.executable).with_name("trimtab"))
    command = [program, "serve", "--data", str(data), "--port", str(port), "--grpc-port", str(free_port())]
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Launch(
        command=command,
        port=port,
        health="/healthz",
        env={"TRIMTAB_REDACTION": redaction},
        log=data.parent / f"{data.name}.log",
    )


def wait_until(done: Callable[[], bool], timeout_s: float, every_s: float = 0.02) -> float:
    """Wait until `done()` is true; the monotonic time at which it was seen."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        if done():
            return time.monotonic()
        time.sleep(every_s)
    raise RuntimeError(f"not done after {timeout_s:.0f} s")
