"""So many calls a second, by the generic cell rate algorithm (ITU-T I.371): it says exactly how long to wait."""

import threading

from trimtab.vocabulary.kernel import Clock


class Rate:
    """The rate of one tool; None of it means as fast as they come. Safe in threads.

    `burst` calls may come at once after a pause: one second's worth, and at least one.
    """

    def __init__(self, per_s: float | None, clock: Clock) -> None:
        """Begin rested."""
        self._clock = clock
        self._lock = threading.Lock()
        self._step_ns = int(1e9 / per_s) if per_s else 0
        self._slack_ns = self._step_ns * (max(1, int(per_s)) - 1) if per_s else 0
        self._due_ns = 0

    def take(self) -> float:
        """Take leave for one call: 0.0 where it may be made now, else the seconds to wait before asking again."""
        if not self._step_ns:
            return 0.0
        with self._lock:
            now_ns = self._clock.now_ns()
            due_ns = max(self._due_ns, now_ns)
            early_ns = due_ns - self._slack_ns - now_ns
            if early_ns > 0:
                return early_ns / 1e9
            self._due_ns = due_ns + self._step_ns
            return 0.0
