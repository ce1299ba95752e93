"""How often somebody may try: failures of signing in, and requests of a key. In memory, bounded, on the given clock."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from math import ceil

from trimtab.loop.access.errors import TooMany
from trimtab.vocabulary.kernel import Clock

MOST_NAMES = 20_000
SECOND_NS = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """So many attempts are free; after them each waits twice as long as the one before, at most `most_s`."""

    free: int
    most_s: int


@dataclass(slots=True)
class Tried:
    """Attempts of a name, and when the next one is heard."""

    count: int = 0
    until_ns: int = 0


class Throttle:
    """Counts attempts before they are judged, so that many at once are no way around; success forgets them."""

    def __init__(self, clock: Clock, patience: Patience) -> None:
        """Nobody has tried yet."""
        self._clock, self._patience = clock, patience
        self._tried: OrderedDict[str, Tried] = OrderedDict()
        self._lock = threading.Lock()

    def attempt(self, name: str) -> None:
        """Count an attempt; raises `TooMany` while the name has to wait."""
        now_ns = self._clock.now_ns()
        with self._lock:
            one = self._tried.setdefault(name, Tried())
            if now_ns < one.until_ns:
                wait_s = ceil((one.until_ns - now_ns) / SECOND_NS)
                raise TooMany("too many attempts to sign in", hint=f"wait {wait_s} s", retry_after_s=wait_s)
            one.count += 1
            over = one.count - self._patience.free
            if over >= 0:
                one.until_ns = now_ns + min(1 << min(over, 30), self._patience.most_s) * SECOND_NS
            self._tried.move_to_end(name)
            while len(self._tried) > MOST_NAMES:
                self._tried.popitem(last=False)

    def forget(self, name: str) -> None:
        """It succeeded."""
        with self._lock:
            self._tried.pop(name, None)


class Pace:
    """A bucket of requests for each name: `burst` at once, `per_s` in the long run; 0 is no limit."""

    def __init__(self, clock: Clock, per_s: float, burst: float) -> None:
        """All buckets are full."""
        self._clock, self._per_s, self._burst = clock, per_s, max(burst, 1.0)
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, name: str) -> None:
        """Take one; raises `TooMany` where the bucket is empty."""
        if self._per_s <= 0:
            return
        now_ns = self._clock.now_ns()
        with self._lock:
            left, then_ns = self._buckets.get(name, (self._burst, now_ns))
            left = min(self._burst, left + max(0, now_ns - then_ns) / SECOND_NS * self._per_s)
            if left < 1:
                wait_s = max(1, ceil((1 - left) / self._per_s))
                raise TooMany(
                    "too many requests",
                    hint=f"wait {wait_s} s; TRIMTAB_REQUESTS_PER_S sets the rate",
                    retry_after_s=wait_s,
                )
            self._buckets[name] = (left - 1, now_ns)
            self._buckets.move_to_end(name)
            while len(self._buckets) > MOST_NAMES:
                self._buckets.popitem(last=False)
