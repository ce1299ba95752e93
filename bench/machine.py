"""The machine under the measurement: what it is, and who else was using it."""

import os
import platform
import resource
import subprocess
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")
DISTURBED = 0.05
"""From this share of the machine on, wall-clock numbers say more about its other users than about us."""
PACKAGES = (
    "trimtab",
    "duckdb",
    "protobuf",
    "pyarrow",
    "uvicorn",
    "uvloop",
    "httptools",
    "zstandard",
    "google-re2",
)


def machine() -> dict[str, Any]:
    """Where and with what was measured; no name of the host or of a path in it."""
    versions: dict[str, str] = {}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit(),
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 1e9, 1),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions,
    }


def commit() -> str:
    """The checked-out commit, with a plus where the source differs from it; "" outside a checkout."""
    root = Path(__file__).parents[1]
    try:
        head = subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], cwd=root, text=True).strip()
        changed = subprocess.check_output(["git", "status", "--porcelain", "src"], cwd=root, text=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return head + ("+" if changed.strip() else "")


class Watch:
    """How much of the machine others used since this was made."""

    def __init__(self) -> None:
        """Begin now."""
        self._since = time.monotonic(), busy_s(), own_s()

    def others(self) -> float:
        """The share of all cores that went to processes that are neither this one nor its (ended) children."""
        at, busy, own = self._since
        used = busy_s() - busy - (own_s() - own)
        return max(0.0, used / (time.monotonic() - at) / (os.cpu_count() or 1))


def busy_s() -> float:
    """CPU seconds that all cores have worked, for whomever, a hypervisor's other guests among them."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text(encoding="ascii").split(maxsplit=9)[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / TICKS


def own_s() -> float:
    """CPU seconds of this process and of its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
