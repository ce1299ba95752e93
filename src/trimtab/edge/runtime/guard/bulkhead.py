"""So many calls of a tool at once, and so many waiting; more are turned away at once."""

import threading

WAITING_PER_PLACE = 4


class Bulkhead:
    """The places of one tool; None of them means as many as come. Safe in threads."""

    def __init__(self, places: int | None) -> None:
        """Begin empty."""
        self._places = places
        self._inside = 0
        self._waiting = 0
        self._lock = threading.Lock()

    def enter(self) -> bool:
        """Take a place, if one is free."""
        if self._places is None:
            return True
        with self._lock:
            if self._inside >= self._places:
                return False
            self._inside += 1
            return True

    def leave(self) -> None:
        """Give a place back."""
        if self._places is None:
            return
        with self._lock:
            self._inside -= 1

    def queue(self) -> bool:
        """Begin to wait, if the queue is not full."""
        with self._lock:
            if self._places is not None and self._waiting >= self._places * WAITING_PER_PLACE:
                return False
            self._waiting += 1
            return True

    def unqueue(self) -> None:
        """Stop waiting."""
        with self._lock:
            self._waiting -= 1
