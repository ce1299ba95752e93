"""The time of steps: the wall clock, read once and carried on by the monotonic clock, so no step ends before it began."""

import time
from collections.abc import Callable
from typing import Protocol

ADRIFT_NS = 1_000_000_000


class Told(Protocol):
    """A clock that somebody else moves."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch, UTC."""
        ...


class GivenClock:
    """The time of whoever plays it: a test, a simulation."""

    def __init__(self, clock: Told) -> None:
        """Tell the time of `clock`."""
        self._clock = clock

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch, UTC."""
        return self._clock.now_ns()

    def settle(self) -> None:
        """It never goes astray."""


class AnchoredClock:
    """Wall-clock nanoseconds that do not jump when somebody sets the clock of the machine."""

    def __init__(
        self,
        wall: Callable[[], int] = time.time_ns,
        steady: Callable[[], int] = time.perf_counter_ns,
    ) -> None:
        """Anchor the wall clock to the steady one."""
        self._wall, self._steady = wall, steady
        self._offset_ns = wall() - steady()

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch, UTC."""
        return self._offset_ns + self._steady()

    def settle(self) -> None:
        """Anchor again where the two are more than a second apart: the machine slept, or its clock was set."""
        offset_ns = self._wall() - self._steady()
        if abs(offset_ns - self._offset_ns) > ADRIFT_NS:
            self._offset_ns = offset_ns
