"""From nothing to ready, and what a server costs that has nothing to do."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.outcome import Outcome, at_most, no_target
from bench.process import Running, running, trimtab

LIBRARIES = (
    "duckdb, google.protobuf, grpc, numpy, orjson, pyarrow, re2, sqlalchemy, starlette, uvicorn, zstandard"
)
"""What the server cannot do without; their bare import is the floor of its start."""
REST_S = 10.0


def starts(folder: Path, count: int, *, new: bool) -> list[float]:
    """Seconds from process start to a healthy answer, on new data folders or again and again on one."""
    found: list[float] = []
    for number in range(count):
        data = folder / (f"new-{number}" if new else "new-0")
        with running(trimtab(data, "mask")) as server:
            found.append(server.ready_s)
    return found


def imports(count: int) -> float:
    """Least seconds of an interpreter that does nothing but import the server's libraries."""
    found: list[float] = []
    for _ in range(count):
        started = time.monotonic()
        subprocess.run([sys.executable, "-c", f"import {LIBRARIES}"], check=True)
        found.append(time.monotonic() - started)
    return min(found)


def idle(server: Running, watch_s: float, rest_s: float = REST_S) -> dict[str, float]:
    """Memory after a rest, then the share of one core over a while in which nobody asks anything."""
    time.sleep(rest_s)
    found = {"rss_mb": server.rss_bytes() / 1e6, "pss_mb": server.pss_bytes() / 1e6}
    cpu, started = server.cpu_s(), time.monotonic()
    time.sleep(watch_s)
    share = (server.cpu_s() - cpu) / (time.monotonic() - started)
    return found | {"cpu_percent": share * 100, "rested_s": rest_s, "watched_s": watch_s}


def run(*, quick: bool) -> Outcome:
    """Starts on new and on existing folders, then an idle server; `quick` takes three starts instead of five."""
    count = 3 if quick else 5
    with tempfile.TemporaryDirectory(prefix="bench-start-") as name:
        folder = Path(name)
        new = starts(folder, count, new=True)
        again = starts(folder, count, new=False)
        with running(trimtab(folder / "new-0", "mask")) as server:
            rest = idle(server, 20.0)
    raw: dict[str, Any] = {"new_s": new, "again_s": again, "imports_s": imports(count), "idle": rest}
    floor = raw["imports_s"]
    lines = [
        at_most("start to ready, new data folder", statistics.median(new), 3, "s", floor),
        at_most("start to ready, existing data folder", statistics.median(again), 3, "s", floor),
        no_target("  the first of them, libraries maybe not cached", new[0], "s", floor),
        at_most("idle memory, RSS", rest["rss_mb"], 200, "MB"),
        no_target("idle memory, PSS", rest["pss_mb"], "MB"),
        at_most("idle CPU, of one core", rest["cpu_percent"], 1, "%"),
    ]
    return Outcome(name="start", raw=raw, lines=lines)
