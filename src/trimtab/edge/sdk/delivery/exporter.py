"""From a bounded queue to the carrier, by one thread; what nobody takes now waits on disk, else in memory.

Every batch is carried at least once: after a crash or a lost answer it may come twice, which changes nothing, for steps and
facts have ids.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from trimtab.edge.sdk.delivery.ports import Answer, Batch, Carrier, Signal, Spool
from trimtab.edge.sdk.ports import Fact
from trimtab.edge.sdk.span import Span
from trimtab.edge.sdk.warn import warn_once

FIRST_WAIT_S, MAX_WAIT_S = 0.5, 60.0
SHORTEST_S, LOOK_S = 0.05, 30.0
"""The shortest rest, and how often an idle exporter looks for what other processes left behind."""
SIZE = 1000
Thing = Span | Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How much waits in memory, how much goes at once, how long it waits for more, how long a server may take."""

    queue_items: int = 20_000
    batch_items: int = 500
    interval_s: float = 1.0
    timeout_s: float = 10.0
    queue_bytes: int = 64_000_000
    batch_bytes: int = 4_000_000


def size_of(thing: Thing) -> int:
    """About how many bytes a step or a fact holds."""
    return SIZE + (thing.size if isinstance(thing, Span) else 0)


class Exporter:
    """Takes steps and facts at once, hands them on in the background."""

    def __init__(
        self, carrier: Carrier, spool: Spool | None, resource: bytes, pace: Pace, jitter: Callable[[], float]
    ) -> None:
        """`jitter` draws from 0 to 1; the thread begins with the first thing to carry."""
        self._carrier, self._spool, self._resource = carrier, spool, resource
        self._pace, self._jitter = pace, jitter
        self.lost = 0
        self._begin_anew()

    def _begin_anew(self) -> None:
        self._lock = threading.RLock()
        self._queue: deque[Thing] = deque()
        self._queued_bytes = 0
        self._flying: list[Thing] = []
        self._waiting: deque[Batch] = deque()
        self._wake, self._hurry = threading.Event(), threading.Event()
        self._done = threading.Condition(self._lock)
        self._thread: threading.Thread | None = None
        self._asked = self._answered = self._failures = 0
        self._blocked_until = self._told_until = self._look_at = 0.0
        self._deadline = float("inf")
        self._closing = False

    def take_span(self, span: Span) -> None:
        """Queue a step."""
        self._take(span)

    def take_fact(self, fact: Fact) -> None:
        """Queue a fact."""
        self._take(fact)

    def start(self) -> None:
        """Begin the thread, if there is none."""
        with self._lock:
            if self._thread is not None:
                return
            thread = threading.Thread(target=self._work, name="trimtab", daemon=True)
            self._thread = thread
        try:
            thread.start()
        except RuntimeError:  # the interpreter ends: what is queued goes with `close`
            self._thread = None

    def flush(self, timeout_s: float) -> bool:
        """Hand on what was taken until now, without waiting for a better time; whether memory is empty."""
        self.start()
        end = time.monotonic() + timeout_s
        with self._lock:
            self._asked += 1
            asked = self._asked
        self._wake.set()
        self._hurry.set()
        with self._done:
            while self._answered < asked:
                left_s = end - time.monotonic()
                if left_s <= 0 or self._thread is None or not self._thread.is_alive():
                    return False
                self._done.wait(left_s)
            return not (self._queue or self._flying or self._waiting)

    def close(self, timeout_s: float) -> None:
        """Flush; keep on disk what could not be handed on in time, and count what could not be kept either."""
        self._deadline = time.monotonic() + timeout_s
        self._closing = True
        try:
            if self._has_something():
                self.start()
                if self._thread is None:
                    self._round()
                else:
                    self.flush(timeout_s)
        finally:  # also when somebody presses Ctrl-C while we wait
            self._keep_rest()
            self._closing, self._deadline, self._thread = False, float("inf"), None
            self._wake.set()
            self._carrier.close()
        if self.lost:
            warn_once(f"{self.lost} steps and facts were lost", "lost at the end")

    def forget(self) -> None:
        """In a forked child: begin with nothing."""
        self._begin_anew()
        self._carrier.forget()
        if self._spool is not None:
            self._spool.forget()

    def _has_something(self) -> bool:
        return bool(self._queue or self._flying or self._waiting)

    def _take(self, thing: Thing) -> None:
        size, lost = size_of(thing), 0
        with self._lock:
            queue, pace = self._queue, self._pace
            while queue and (len(queue) >= pace.queue_items or self._queued_bytes + size > pace.queue_bytes):
                self._queued_bytes -= size_of(queue.popleft())
                lost += 1
            queue.append(thing)
            self._queued_bytes += size
            queued = len(queue)
        if lost:  # told outside the lock: a handler of the user's may wait for us
            self._lose(lost, "more comes than can be handed on")
        if queued == 1:
            if self._thread is None:
                self.start()
            self._wake.set()
        elif queued == self._pace.batch_items:
            self._hurry.set()

    def _lose(self, count: int, why: str) -> None:
        with self._lock:
            self.lost += count
        warn_once(f"steps or facts are lost: {why}", f"lost: {why[:40]}")

    def _work(self) -> None:
        thread = threading.current_thread()
        while self._thread is thread:
            try:
                self._rest()
                self._round()
            except Exception as error:  # noqa: BLE001 - the thread must live on
                warn_once(f"the exporter stumbled: {type(error).__name__}: {error}", "stumbled")
                time.sleep(self._pace.interval_s)

    def _rest(self) -> None:
        """Sleep until there is something to do, then a moment longer, so that batches fill."""
        if not self._queue and self._answered == self._asked:
            self._wake.wait(self._idle_s())
        self._wake.clear()
        if self._queue and self._answered == self._asked:
            self._hurry.wait(self._pace.interval_s)
        self._hurry.clear()

    def _idle_s(self) -> float | None:
        now = time.monotonic()
        if self._waiting or self._failures:
            return max(SHORTEST_S, max(self._blocked_until, self._told_until) - now)
        return None if self._spool is None else max(SHORTEST_S, self._look_at - now)

    def _round(self) -> None:
        with self._lock:
            asked = self._asked
            if asked > self._answered:
                self._blocked_until = 0.0
        while self._waiting and self._carried(self._waiting[0]):
            if self._waiting:
                self._waiting.popleft()
        while self._queue:
            self._fly()
        if not self._closing:
            self._drain()
        if not self._waiting and (self._spool is None or self._look_at):
            self._failures = 0  # nothing is left to try again
        with self._done:
            self._answered = asked
            self._done.notify_all()

    def _fly(self) -> None:
        with self._lock:
            self._flying = []
            size = 0
            while (
                self._queue and len(self._flying) < self._pace.batch_items and size < self._pace.batch_bytes
            ):
                size += size_of(self._queue[0])
                self._flying.append(self._queue.popleft())
            self._queued_bytes -= size
        for batch in self._batches(self._flying):
            self._deliver(batch)
        self._flying = []

    def _batches(self, things: list[Thing]) -> list[Batch]:
        items: dict[Signal, list[bytes]] = {"span": [], "fact": []}
        for thing in things:
            try:
                if isinstance(thing, Span):
                    items["span"].append(self._carrier.encode_span(thing))
                else:
                    items["fact"].append(self._carrier.encode_fact(thing))
            except Exception as error:  # noqa: BLE001 - one that cannot be written must not hold up the others
                self._lose(1, f"cannot be encoded: {type(error).__name__}: {error}")
        return [
            Batch(signal=signal, items=tuple(listed), resource=self._resource)
            for signal, listed in items.items()
            if listed
        ]

    def _deliver(self, batch: Batch) -> None:
        """Carry a batch, or keep it for later."""
        if not self._carried(batch):
            self._keep(batch)

    def _carried(self, batch: Batch) -> bool:
        """Whether there is nothing left to do with a batch: taken, or refused for ever."""
        now = time.monotonic()
        if now < max(self._blocked_until, self._told_until):
            return False
        left_s = self._deadline - now
        if left_s <= 0:
            return False
        answer = self._ask(batch, min(self._pace.timeout_s, left_s))
        if answer.verdict == "later":
            self._block(answer.after_s)
            warn_once(f"telemetry waits: {answer.why}", "waits")
            return False
        self._failures = 0
        if answer.verdict == "smaller" and len(batch.items) > 1:
            return self._halves(batch)
        if answer.verdict != "taken":
            self._lose(len(batch.items), f"refused: {answer.why}")
        return True

    def _ask(self, batch: Batch, timeout_s: float) -> Answer:
        try:
            return self._carrier.carry(batch, timeout_s)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not cost the batch
            return Answer(verdict="later", why=f"{type(error).__name__}: {error}")

    def _halves(self, batch: Batch) -> bool:
        half = len(batch.items) // 2
        for part in (batch.items[:half], batch.items[half:]):
            self._deliver(Batch(signal=batch.signal, items=part, resource=batch.resource))
        return True

    def _block(self, after_s: float | None) -> None:
        self._failures += 1
        wait_s = min(MAX_WAIT_S, FIRST_WAIT_S * 2 ** min(self._failures - 1, 10))
        wait_s *= 0.5 + self._jitter() / 2
        now = time.monotonic()
        self._blocked_until = now + wait_s
        if after_s is not None:  # the server's word holds for `flush`, too
            self._told_until = now + after_s + wait_s * 0.1

    def _keep(self, batch: Batch) -> None:
        if self._spool is not None and self._spool.put(batch):
            self._look_at = 0.0
            return
        self._waiting.append(batch)
        while len(self._waiting) > 1 and self._too_much_waits():
            self._lose(len(self._waiting.popleft().items), "nobody takes them, and memory is full")

    def _too_much_waits(self) -> bool:
        items = sum(len(batch.items) for batch in self._waiting)
        size = sum(len(item) for batch in self._waiting for item in batch.items)
        return items > self._pace.queue_items or size > self._pace.queue_bytes

    def _drain(self) -> None:
        """Carry what was kept, a segment at a time, while somebody takes it and nothing new waits."""
        spool = self._spool
        now = time.monotonic()
        if spool is None or now < self._blocked_until or now < self._look_at:
            return
        while not self._queue and not self._closing:
            kept = spool.oldest()
            if kept is None:
                self._look_at = time.monotonic() + LOOK_S
                return
            if not all(self._carried(batch) for batch in kept.batches):
                return
            spool.drop(kept.name)

    def _keep_rest(self) -> None:
        with self._lock:
            things, waiting = [*self._flying, *self._queue], list(self._waiting)
            self._queue.clear()
            self._waiting.clear()
            self._flying, self._queued_bytes = [], 0
        for batch in [*waiting, *self._batches(things)]:
            if self._spool is None or not self._spool.put(batch):
                self._lose(len(batch.items), "the process ended before anybody took them")
        if self._spool is not None:
            self._spool.close()
