"""Time arrives as a parameter, so that every rule can be played on a virtual clock."""

import time
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch, UTC."""
        return time.time_ns()


class VirtualClock:
    """A clock that moves only when told: the fake of this port."""

    def __init__(self, start_ns: int = 1_700_000_000_000_000_000) -> None:
        """Start at `start_ns`, nanoseconds since the Unix epoch."""
        self._now_ns = start_ns

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch, UTC."""
        return self._now_ns

    def advance(self, seconds: float) -> None:
        """Move forward by `seconds`."""
        self._now_ns += int(seconds * 1e9)

    def set(self, now_ns: int) -> None:
        """Stand at `now_ns` exactly."""
        self._now_ns = now_ns
