"""One destination: the bodies of its project in the order of the journal, each until it is taken or refused.

What waits is what the journal holds: a destination that is away for long goes on where it was, and what retention or an
erasure has removed meanwhile is not sent. Delays as OTLP asks for: exponential with jitter, or what Retry-After says.
https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes
"""

from collections.abc import Callable

from trimtab.loop.ingest.forward.model import Destination, Progress, Reply, Sender
from trimtab.loop.store import Entry, Journal

READ = 20
FIRST_S, MOST_S = 1.0, 300.0
Noted = Callable[[Progress], None]


class Lane:
    """The way to one destination; `step` is called again and again by one thread."""

    def __init__(
        self,
        of: Destination,
        reached: Progress,
        journal: Journal,
        sender: Sender,
        chance: Callable[[], float],
    ) -> None:
        """Go on from `reached`; `chance` gives numbers from 0 to 1, for the jitter."""
        self.of, self.reached = of, reached
        self._journal, self._sender, self._chance = journal, sender, chance
        self._ahead: list[Entry] = []

    def step(self, noted: Noted) -> float | None:
        """Hand over the next body; gives the seconds to wait, 0 where more is to be done, None where nothing is."""
        entry = self._next()
        if entry is None:
            return None
        mine = entry.project == self.of.project and entry.signal in self.of.signals
        # What was read ahead may have been erased since.
        now = self._journal.get(entry.position) if mine else None
        if now is None:
            self.reached.position = entry.position
            self._ahead.pop(0)
            return 0.0
        reply = self._sender.send(self.of, now.signal, now.body)
        if reply.again:
            self.reached.failures += 1
            self.reached.reason = reply.reason
            noted(self.reached)
            return self._pause_s(reply)
        self._count(reply)
        self.reached.position = entry.position
        self._ahead.pop(0)
        noted(self.reached)
        return 0.0

    def waiting(self) -> Entry | None:
        """The next body that is to be handed over, if any."""
        after = self.reached.position
        while entries := self._journal.read(after, READ):
            for entry in entries:
                if entry.project == self.of.project and entry.signal in self.of.signals:
                    return entry
            after = entries[-1].position
        return None

    def _next(self) -> Entry | None:
        if not self._ahead:
            if self.reached.position >= self._journal.last():
                return None
            self._ahead = self._journal.read(self.reached.position, READ)
        return self._ahead[0] if self._ahead else None

    def _count(self, reply: Reply) -> None:
        self.reached.failures = 0
        self.reached.rejected += reply.rejected
        if reply.taken:
            self.reached.sent += 1
            self.reached.reason = reply.reason
        else:
            self.reached.refused += 1
            self.reached.reason = reply.reason

    def _pause_s(self, reply: Reply) -> float:
        """Twice as long with each failure, at most five minutes, and up to a half more by chance."""
        grown = min(FIRST_S * 2.0 ** min(self.reached.failures - 1, 20), MOST_S)
        return max(grown * (1 + self._chance() / 2), reply.retry_after_s or 0.0)
