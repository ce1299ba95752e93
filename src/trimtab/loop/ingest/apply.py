"""From the journal to rows: decode, normalise, price, apply; replay from the applied position after a crash."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from trimtab.loop.ingest.decode import (
    Opened,
    Place,
    Prices,
    decode_facts,
    decode_logs,
    decode_metrics,
    decode_traces,
    open_traces,
)
from trimtab.loop.store import Analytics, Batch, Entry, Journal
from trimtab.vocabulary.kernel import Unavailable
from trimtab.vocabulary.trace import Fact, Logged, Step

LOG = logging.getLogger(__name__)
MAX_BODIES = 200
MAX_BATCH_BYTES = 32_000_000
RETRY_S = 0.5
GATHER_S = 0.25
OPENED_BYTES = 1_500_000
GATHER_BYTES = 16_000_000
Applied = Callable[[Sequence[Entry], Sequence[Step]], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What decoding depends on: prices, the skew bound, and how far apart receipts in a batch may lie."""

    prices: Prices
    skew_bound_s: float = 300.0
    settle_s: float = 10.0


class Decoded(NamedTuple):
    """What journal entries give: steps, facts, and what log records say of the messages of steps."""

    steps: list[Step]
    facts: list[Fact]
    logged: list[Logged]


def decode_entry(entry: Entry, rules: Rules, traces: Opened | None = None) -> Decoded:
    """The rows of one journal entry: a pure function of the entry and the rules; `traces` where they were opened with others."""
    place = Place(
        project=entry.project,
        body=entry.position,
        received_ns=entry.received_ns,
        skew_bound_ns=int(rules.skew_bound_s * 1e9),
    )
    steps: list[Step] = []
    logged: list[Logged] = []
    if entry.signal == "traces":
        steps, facts = decode_traces(entry.body, place, rules.prices, traces)
    elif entry.signal == "logs":
        facts, logged = decode_logs(entry.body, place)
    elif entry.signal == "metrics":
        facts = decode_metrics(entry.body, place)
    else:
        facts = decode_facts(entry.body, place)
    return Decoded(steps, [replace(fact, body=entry.position) for fact in facts], logged)


def opened_together(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Opened | None]]:
    """The entries, each with its traces, opened a few bodies at once: so many as stay in the processor's cache."""
    few: list[Entry] = []
    size = 0
    for entry in entries:
        few.append(entry)
        size += len(entry.body)
        if size >= OPENED_BYTES:
            yield from opened(few)
            few, size = [], 0
    yield from opened(few)


def opened(entries: Sequence[Entry]) -> Iterator[tuple[Entry, Opened | None]]:
    """The same, all at once; None for what holds no traces, and for all of them where one stands in the way."""
    traces = [entry.body for entry in entries if entry.signal == "traces"]
    try:
        found = iter(open_traces(traces))
    except Exception:
        LOG.exception("cannot open %d bodies together; going on one by one", len(traces))
        return ((entry, None) for entry in entries)
    return ((entry, next(found) if entry.signal == "traces" else None) for entry in entries)


def merged(parts: Iterable[Decoded]) -> Decoded:
    """The rows of several entries, in their order."""
    found = Decoded([], [], [])
    for part in parts:
        found.steps.extend(part.steps)
        found.facts.extend(part.facts)
        found.logged.extend(part.logged)
    return found


class Applier:
    """A thread that applies journalled entries in their order; `backlog_bytes` is the back-pressure signal.

    `in_hand_bytes` is the size of the batch that is being applied, which is no longer in the backlog.
    """

    def __init__(
        self, journal: Journal, analytics: Analytics, rules: Rules, applied: Applied | None = None
    ) -> None:
        """Apply entries of `journal` to `analytics`; call `applied` after each batch."""
        self._journal, self._analytics, self._rules = journal, analytics, rules
        self._applied = applied
        self._queue: deque[Entry] = deque()
        self._wake = threading.Condition()
        self._busy = threading.Lock()
        self._closed = False
        self._applied_s = 0.0
        self.backlog_bytes = 0
        self.in_hand_bytes = 0
        self.position = analytics.applied()
        self.skipped = 0
        self.trouble = ""
        self._thread = threading.Thread(target=self._run, name="applier", daemon=True)

    def start(self) -> None:
        """Replay what a crash left unapplied, then follow the queue."""
        self._thread.start()

    def put(self, entries: Sequence[Entry]) -> None:
        """Queue durable entries."""
        with self._wake:
            self._queue.extend(entries)
            self.backlog_bytes += sum(len(entry.body) for entry in entries)
            self._wake.notify_all()

    def wait(self, position: int, timeout_s: float = 60.0) -> bool:
        """Wait until everything up to a position is applied; False when the time is over."""
        with self._wake:
            return self._wake.wait_for(lambda: self.position >= position or self._closed, timeout_s)

    def rebuild(self) -> None:
        """Forget all derived rows and apply the journal again from its first entry; returns when done."""
        with self._busy:
            self._analytics.clear()
            self.position = 0
            self._replay()

    def close(self) -> None:
        """Finish the batch in hand and stop; what is left is replayed at the next start."""
        with self._wake:
            self._closed = True
            self._wake.notify_all()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        with self._busy:
            self._replay()
        while batch := self._take():
            with self._busy:
                self._apply(batch)
            self._applied_s, self.in_hand_bytes = time.monotonic(), 0

    def _replay(self) -> None:
        """Apply what lies in the journal beyond the applied position and is not in the queue."""
        while not self._closed:
            entries = self._journal.read(self.position, MAX_BODIES)
            if not entries:
                return
            for batch in cut(entries, self._rules.settle_s):
                self._apply(batch)

    def _take(self) -> list[Entry]:
        with self._wake:
            self._wake.wait_for(lambda: self._queue or self._closed)
            # Beside its rows every batch costs the same few hundredths of a second: under load, let bodies gather.
            pause_s = self._applied_s + GATHER_S - time.monotonic()
            if pause_s > 0:
                self._wake.wait_for(lambda: self.backlog_bytes >= GATHER_BYTES or self._closed, pause_s)
            if self._closed:
                return []
            taken = next(cut(self._queue, self._rules.settle_s))
            for _ in taken:
                self._queue.popleft()
            self.in_hand_bytes = sum(len(entry.body) for entry in taken)
            self.backlog_bytes -= self.in_hand_bytes
        return taken

    def _apply(self, entries: list[Entry]) -> None:
        entries = [entry for entry in entries if entry.position > self.position]
        if not entries:
            return
        found = merged(self._decode(*one) for one in opened_together(entries))
        last = entries[-1].position
        received = {entry.position: entry.received_ns for entry in entries}
        batch = Batch(**found._asdict(), position=last, received_ns=received)
        try:
            if not self._store(batch):
                return
        except Exception as error:  # noqa: BLE001 - one body that cannot be applied must not end the thread
            self._apply_apart(entries, error)
            return
        if self._applied:
            self._applied(entries, found.steps)
        self._reached(last)

    def _apply_apart(self, entries: list[Entry], error: Exception) -> None:
        """A fault of ours in one body must not hold up the others: find it by halves, and leave it out."""
        if len(entries) > 1:
            middle = len(entries) // 2
            self._apply(entries[:middle])
            self._apply(entries[middle:])
            return
        self._skip(entries[0], error)
        nothing = Batch(steps=[], facts=[], position=entries[0].position, received_ns={})
        if self._store(nothing):
            self._reached(entries[0].position)

    def _skip(self, entry: Entry, error: Exception) -> None:
        """Note a body that gives no rows; it stays in the journal for a rebuild."""
        self.skipped += 1
        LOG.error("cannot apply journal entry %d; it stays in the journal", entry.position, exc_info=error)

    def _reached(self, position: int) -> None:
        with self._wake:
            self.position = position
            self._wake.notify_all()

    def _decode(self, entry: Entry, traces: Opened | None) -> Decoded:
        try:
            return decode_entry(entry, self._rules, traces)
        except Exception as error:  # noqa: BLE001 - the door checked this body, so this is a fault of ours
            self._skip(entry, error)
            return Decoded([], [], [])

    def _store(self, batch: Batch) -> bool:
        """Apply, again and again while the disk or a lock forbids it; False when closing."""
        while not self._closed:
            try:
                self._analytics.apply(batch)
            except Unavailable as error:
                self.trouble = error.message
                LOG.warning("%s; trying again", error.message)
                time.sleep(RETRY_S)
            else:
                self.trouble = ""
                return True
        return False


def cut(entries: Iterable[Entry], settle_s: float) -> Iterator[list[Entry]]:
    """Batches in order: bounded in bodies and bytes, and never wider in receipt time than the settle time.

    The last bound makes a rebuild pin the same session closes as the live path did, however it batches.
    """
    batch: list[Entry] = []
    size = 0
    for entry in entries:
        apart = abs(entry.received_ns - batch[0].received_ns) if batch else 0
        if len(batch) >= MAX_BODIES or size >= MAX_BATCH_BYTES or apart > settle_s * 1e9:
            yield batch
            batch, size = [], 0
        batch.append(entry)
        size += len(entry.body)
    if batch:
        yield batch
