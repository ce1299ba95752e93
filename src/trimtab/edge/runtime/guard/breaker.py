"""Calls stop for a while after too many bad ones: transport, schema and verification all count.

After the pause one call is let through; if it is good, all are. Each pause that follows a failed trial is twice as
long, up to ten times; the other side may name its own. Answers that come back from before a change of state are
ignored. What the model got wrong says nothing about the tool and does not count.
"""

import threading
from collections import deque
from dataclasses import dataclass
from typing import Literal

from trimtab.vocabulary.contract import Breaker as Plan
from trimtab.vocabulary.kernel import Clock

State = Literal["closed", "open", "half_open"]
LONGEST = 10


@dataclass(slots=True, kw_only=True)
class Permit:
    """Leave to make one call, in one generation of the breaker."""

    generation: int


class Breaker:
    """The breaker of one tool. Safe in threads."""

    def __init__(self, plan: Plan, clock: Clock) -> None:
        """Begin closed."""
        self._plan = plan
        self._clock = clock
        self._lock = threading.Lock()
        self._state: State = "closed"
        self._generation = 0
        self._results: deque[bool] = deque(maxlen=plan.window)
        self._pauses = 0
        self._opens_ns = 0
        self._trial = False

    @property
    def state(self) -> State:
        """How it stands now."""
        if self._state != "open":
            return self._state
        with self._lock:
            self._wake()
            return self._state

    @property
    def wait_s(self) -> float:
        """Seconds until a call may be tried; 0 where one may now."""
        with self._lock:
            self._wake()
            return max(0.0, (self._opens_ns - self._clock.now_ns()) / 1e9) if self._state == "open" else 0.0

    def enter(self) -> Permit | None:
        """Leave for one call, or None while calls stop; each leave must be followed by `record` or `give_back`."""
        generation = self._generation  # read before the state: a change in between makes the leave an old one
        if self._state == "closed":
            return Permit(generation=generation)
        with self._lock:
            self._wake()
            if self._state == "open" or (self._state == "half_open" and self._trial):
                return None
            self._trial = self._state == "half_open"
            return Permit(generation=self._generation)

    def give_back(self, permit: Permit) -> None:
        """The call was not made, or says nothing about the tool."""
        if not self._trial:
            return
        with self._lock:
            if permit.generation == self._generation:
                self._trial = False

    def note(self, *, good: bool) -> None:
        """Something learned about the last call later: its result was of another shape, its effect did not happen."""
        with self._lock:
            permit = Permit(generation=self._generation)
            closed = self._state == "closed"
        if closed:
            self.record(permit, good=good)

    def record(self, permit: Permit, *, good: bool, pause_s: float | None = None) -> None:
        """The call was good or bad; `pause_s` is how long the other side wants to be left alone."""
        with self._lock:
            if permit.generation != self._generation:
                return
            self._trial = False
            if self._state == "half_open":
                self._open(pause_s) if not good else self._close()
                return
            seen = len(self._results)
            self._results.append(good)
            if good and seen >= self._plan.minimum:
                return  # one more good one among enough: the share of bad ones did not grow
            if pause_s is not None and not good:
                self._open(pause_s)
                return
            bad = self._results.count(False)
            if len(self._results) >= self._plan.minimum and bad / len(self._results) >= self._plan.failures:
                self._open(None)

    def _wake(self) -> None:
        if self._state == "open" and self._clock.now_ns() >= self._opens_ns:
            self._state = "half_open"
            self._generation += 1
            self._trial = False

    def _open(self, pause_s: float | None) -> None:
        pause = self._plan.open_s * min(2**self._pauses, LONGEST)
        self._pauses = min(self._pauses + (pause_s is None), LONGEST)
        self._opens_ns = self._clock.now_ns() + int((pause if pause_s is None else pause_s) * 1e9)
        self._change("open")

    def _close(self) -> None:
        self._pauses = 0
        self._change("closed")

    def _change(self, state: State) -> None:
        self._state = state
        self._generation += 1
        self._results.clear()
