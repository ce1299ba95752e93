"""The thread that indexes what was said, behind the rows."""

import logging
import threading

from trimtab.loop.ingest.apply import Applier
from trimtab.loop.ingest.said import texts_of
from trimtab.loop.store import POSITIONS_PER_DAY, Entry, Journal, TextIndex, TextRow, day_of
from trimtab.vocabulary.kernel import Unavailable

LOG = logging.getLogger(__name__)
BODIES = 20
POLL_S = 0.5
LARGE_BATCH_BYTES = 1_000_000


class Indexer:
    """A thread that follows the journal while the applier has nothing to do: rows go first."""

    def __init__(self, journal: Journal, index: TextIndex, applier: Applier) -> None:
        """Index the entries of `journal` into `index`."""
        self._journal, self._index, self._applier = journal, index, applier
        self._closed = threading.Event()
        self._wanted = threading.Event()
        self._busy = threading.Lock()
        self._seen = -1
        self._thread = threading.Thread(target=self._run, name="indexer", daemon=True)

    def start(self) -> None:
        """Catch up with the journal, then follow it."""
        self._thread.start()

    def close(self) -> None:
        """Finish the bodies in hand and stop; what is left is indexed after the next start."""
        self._closed.set()
        self._wanted.set()
        if self._thread.is_alive():
            self._thread.join()

    def behind(self) -> int:
        """How many positions of the journal are not indexed yet; some of them may be empty."""
        if self._seen == self._journal.last():
            return 0
        return sum(
            max(self._journal.reach(day) - self._after(day), 0) for day in sorted(self._journal.days())
        )

    def wait(self, timeout_s: float) -> bool:
        """Have the words follow the rows at once, and wait for it; False when the time is over."""
        waiting = threading.Event()
        for _ in range(int(timeout_s / 0.05)):
            if not self.behind():
                return True
            self._wanted.set()
            waiting.wait(0.05)
        return not self.behind()

    def forget(self, day: int) -> None:
        """Drop a day and index it anew from what the journal has now: after an erasure."""
        with self._busy:  # what was read before must not be written after
            self._index.drop_day(day)
            self._seen = -1

    def _after(self, day: int) -> int:
        return max(self._index.position(day), day * POSITIONS_PER_DAY)

    def _run(self) -> None:
        self._drop_orphans()
        came = 0
        while not self._closed.is_set():
            last = self._journal.last()
            # Nothing new: one comparison, no query. While more comes, a few bodies at a time: receiving goes first.
            idle = self._seen == last or self._rows_wait() or not self._work()
            if idle or last != came:
                self._wanted.wait(POLL_S)
                self._wanted.clear()
            came = last

    def _rows_wait(self) -> bool:
        """Whether bodies wait for their rows, or a large batch gets them: words would take the interpreter from it."""
        return self._applier.backlog_bytes > 0 or self._applier.in_hand_bytes > LARGE_BATCH_BYTES

    def _drop_orphans(self) -> None:
        """Words of days that the journal no longer has point nowhere."""
        for day in set(self._index.days()) - set(self._journal.days()):
            self._index.drop_day(day)

    def _work(self) -> bool:
        """Index a few bodies; False when there is nothing to do, or not now."""
        try:
            with self._busy:
                last = self._journal.last()
                if self._step():
                    return True
                self._seen = last
        except Unavailable as error:
            LOG.warning("%s; trying again", error.message)
        except Exception:
            LOG.exception("the text index failed; trying again")
        return False

    def _step(self) -> bool:
        """Index a few bodies of the latest day that is behind; False when none is."""
        for day in reversed(self._journal.days()):
            after = self._after(day)
            if self._journal.reach(day) <= after:
                continue
            entries = [e for e in self._journal.read(after, BODIES) if day_of(e.position) == day]
            if entries:
                rows = [row for entry in entries for row in safe_texts_of(entry)]
                self._index.add(day, entries[-1].position, rows)
                return True
        return False


def safe_texts_of(entry: Entry) -> list[TextRow]:
    """The texts of a body; one that cannot be read must not hold up the others."""
    try:
        return texts_of(entry)
    except Exception:
        LOG.exception("cannot index journal entry %d", entry.position)
        return []
