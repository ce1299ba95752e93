"""When what was sent can be asked for: rows follow the journal, then the indicators count every step and session."""

import time
from dataclasses import dataclass
from pathlib import Path

from bench.bodies import expected
from bench.process import Running, fetch, wait_until

APPLY_TIMEOUT_S = 900.0
POLL_S = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible:
    """When all was applied and when the indicators had shown it (monotonic s); the server's CPU seconds until applied."""

    applied_at: float
    shown_at: float
    cpu_s: float


def owner_key(data: Path) -> str:
    """The key of the server's owner."""
    return (data / "owner.key").read_text(encoding="utf-8").strip()


def wait_visible(server: Running, key: str, bodies: int) -> Visible:
    """Wait until the first so many bodies are in the indicators; raises RuntimeError when one is lost or miscounted."""
    applied_at = wait_until(lambda: is_applied(server, key), APPLY_TIMEOUT_S, POLL_S)
    cpu_s = server.cpu_s()
    groups = fetch(server.port, "/api/v1/sli", key)["groups"]
    shown_at = time.monotonic()
    counts = {name: sum(group["counts"][name] for group in groups) for name in expected(bodies)}
    if counts != expected(bodies):
        raise RuntimeError(f"the indicators count {counts}, sent were {expected(bodies)}")
    return Visible(applied_at=applied_at, shown_at=shown_at, cpu_s=cpu_s)


def is_applied(server: Running, key: str) -> bool:
    """Whether the rows have reached the journal; raises RuntimeError when a body was skipped."""
    status = fetch(server.port, "/api/v1/status", key)
    if status["skipped"] or status["trouble"]:
        raise RuntimeError(f"the server lost something: {status}")
    return bool(status["applied"] >= status["journal"])
