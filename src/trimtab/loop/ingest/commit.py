"""Group commit: many small bodies share one fsync, and each is acknowledged only after it."""

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import replace

from trimtab.loop.store import Entry, Journal
from trimtab.vocabulary.kernel import TrimtabError, Unavailable

LOG = logging.getLogger(__name__)
Durable = Callable[[Sequence[Entry]], None]


class GroupCommit:
    """Collects entries for `window_s` or `max_bytes`, appends them at once, then resolves their futures."""

    def __init__(
        self, journal: Journal, durable: Durable, *, window_s: float = 0.005, max_bytes: int = 4_000_000
    ) -> None:
        """Append to `journal`; call `durable` with the entries and their positions."""
        self._journal, self._durable = journal, durable
        self._window_s, self._max_bytes = window_s, max_bytes
        self._waiting: list[tuple[Entry, Future[int]]] = []
        self._size = 0
        self._closed = False
        self._wake = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="group-commit", daemon=True)
        self._thread.start()

    def submit(self, entry: Entry) -> Future[int]:
        """Queue an entry; the future gives its position once it is durable, or raises `Unavailable`."""
        future: Future[int] = Future()
        with self._wake:
            if self._closed:
                raise Unavailable("the server is shutting down", hint="send again when it is back")
            self._waiting.append((entry, future))
            self._size += len(entry.body)
            self._wake.notify()
        return future

    def close(self) -> None:
        """Commit what waits, then stop."""
        with self._wake:
            self._closed = True
            self._wake.notify()
        self._thread.join()

    def _take(self) -> list[tuple[Entry, Future[int]]]:
        with self._wake:
            self._wake.wait_for(lambda: self._waiting or self._closed)
            if not self._closed:
                self._wake.wait_for(lambda: self._size >= self._max_bytes or self._closed, self._window_s)
            taken, self._waiting, self._size = self._waiting, [], 0
        return taken

    def _run(self) -> None:
        while taken := self._take():
            # A client that went away has cancelled its future; from here on the others cannot be cancelled.
            wanted = [(entry, future) for entry, future in taken if future.set_running_or_notify_cancel()]
            if wanted:
                self._append(wanted)

    def _append(self, taken: list[tuple[Entry, Future[int]]]) -> None:
        entries = [entry for entry, _ in taken]
        try:
            positions = self._journal.append(entries)
        except Exception as error:  # noqa: BLE001 - whatever it was, the clients must hear that it is not stored
            for _, future in taken:
                future.set_exception(said(error))
            return
        self._durable([replace(e, position=p) for e, p in zip(entries, positions, strict=True)])
        for (_, future), position in zip(taken, positions, strict=True):
            future.set_result(position)


def said(error: Exception) -> TrimtabError:
    """The error as clients hear it: what was not stored may be sent again."""
    if isinstance(error, TrimtabError):
        return error
    LOG.error("the journal failed", exc_info=error)
    return Unavailable(
        f"the journal failed: {error}",
        hint="see the log of the server; `trimtab doctor` checks the store",
        code="journal_failed",
        retry_after_s=5,
    )
