"""Tallies periods that are over, in the background, while nothing waits to be applied."""

import logging
import threading
from collections.abc import Callable

from trimtab.loop.sli.basis import Basis, basis_of
from trimtab.loop.sli.tallies import QUIET_NS, sum_up
from trimtab.loop.store import Analytics, State
from trimtab.vocabulary.kernel import Clock, Unavailable

LOG = logging.getLogger(__name__)


class Tallier:
    """Looks at every project where something was applied since the last look, and once an hour."""

    def __init__(
        self,
        analytics: Analytics,
        state: State,
        clock: Clock,
        caught_up: Callable[[], bool],
        every_s: float = 60.0,
    ) -> None:
        """Look every so many seconds once started."""
        self._analytics, self._state, self._clock = analytics, state, clock
        self._caught_up, self._every_s = caught_up, every_s
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tallier", daemon=True)
        self._seen: dict[str, tuple[int, int, Basis]] = {}

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def close(self) -> None:
        """Finish the periods in hand."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closed.wait(self._every_s):
            try:
                self.tick()
            except Unavailable as error:
                LOG.warning("%s; trying again", error.message)
            except Exception:
                LOG.exception("nothing could be tallied; trying again")

    def tick(self) -> None:
        """One look at all projects."""
        for row in self._state.projects():
            project = str(row["name"])
            basis = basis_of(self._state, project)
            seen = (self._analytics.applied(), self._clock.now_ns() // QUIET_NS, basis)
            if self._seen.get(project) == seen:
                continue
            more = True
            while more:
                if self._closed.is_set() or not self._caught_up():
                    return
                more = bool(sum_up(self._analytics, project, basis))
            self._seen[project] = seen
