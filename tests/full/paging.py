"""One run of a server that dies at a given step between evaluating a rule and having delivered the page.

Called as a program: data folder, address of the receiver, time (ns), the step at which it is killed (0: never).
"""

import functools
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.support.promising import Shop, shop

from trimtab.adapters.sql_state import SqlAlertStore, SqlIncidentStore
from trimtab.loop.alert import Courier

STEPS = (
    (SqlAlertStore, "lease"),
    (SqlAlertStore, "write"),
    (SqlIncidentStore, "append"),
    (SqlAlertStore, "take"),
    (Courier, "send"),
    (SqlAlertStore, "settle"),
)
"""What happens between evaluation and delivery, each with a moment before it and one after it."""


class Fuse:
    """Kills this process at the n-th moment."""

    def __init__(self, at: int) -> None:
        self.at, self.passed = at, 0

    def tick(self) -> None:
        self.passed += 1
        if self.passed == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def guard(self, method: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(method)
        def run(*given: Any, **named: Any) -> Any:
            self.tick()
            found = method(*given, **named)
            self.tick()
            return found

        return run


def main(data: Path, url: str, now_ns: int, at: int) -> None:
    """Look at a promise that is being broken until the page is out; print how many moments there were."""
    fuse = Fuse(at)
    with shop(data, now_ns) as store:
        prepare(store, url)
        for holder, name in STEPS:
            setattr(holder, name, fuse.guard(getattr(holder, name)))
        for _ in range(3):
            store.play(3)
            time.sleep(0.7)  # the courier looks every half second
    sys.stdout.write(f"{fuse.passed}\n")


def prepare(store: Shop, url: str) -> None:
    """A shop that fails, and its promise; a second run finds both there and does not fail anew."""
    if store.get("promises")["files"]:
        return
    store.tasks(24, 6, 0.97)
    store.apply(url)
    store.play(3)
    store.clock.advance(600)
    store.tasks(10 / 60, 120, 0.0)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
