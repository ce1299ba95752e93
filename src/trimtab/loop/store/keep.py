"""The keeper: one thread and one lock for what removes data, so that no two removals meet."""

import json
import logging
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from trimtab.loop.store.erase import Sources, adopt, carry_out, preview, request, unfinished
from trimtab.loop.store.model import Erased
from trimtab.loop.store.ports import Row
from trimtab.loop.store.retain import Passed, Shelves, passed_row, retain
from trimtab.vocabulary.kernel import TrimtabError, Unavailable

LOG = logging.getLogger(__name__)
LAST = "retention.last"
EVERY_S = 3600.0
POLL_S = 30.0
WAIT_S = 60.0
PASSES = 1000
CaughtUp = Callable[[float], bool]


class Keeper:
    """Runs retention at the start and every hour, and erasures when asked for."""

    def __init__(self, sources: Sources, caught_up: CaughtUp) -> None:
        """Keep `sources`; `caught_up(timeout_s)` waits until all that is durable is applied."""
        self._sources, self._caught_up = sources, caught_up
        self._shelves = Shelves(
            journal=sources.journal,
            analytics=sources.analytics,
            state=sources.state,
            forget_day=sources.forget_day,
        )
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._next_ns = 0
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Look after the store from now on."""
        self._thread.start()

    def close(self) -> None:
        """Finish the pass in hand and stop."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    @contextmanager
    def alone(self) -> Generator[None]:
        """Nothing is removed meanwhile: for a backup, or a rebuild."""
        with self._lock:
            yield

    def tick(self) -> Passed | None:
        """Run a pass if one is due by the clock; gives what it did."""
        now_ns = self._sources.clock.now_ns()
        if now_ns < self._next_ns:
            return None
        passed = self._pass()
        self._next_ns = now_ns + (0 if passed.more else int(EVERY_S * 1e9))
        return passed

    def retain(self) -> Row:
        """Run passes until nothing is left to remove, and make the bytes of removed rows gone too."""
        if not self._caught_up(WAIT_S):
            raise Unavailable("bodies wait to be applied", hint="try again when they are", retry_after_s=10)
        passes = [self._pass()]
        while passes[-1].more and len(passes) < PASSES and not self._closed.is_set():
            passes.append(self._pass())
        found = passes[0]
        for later in passes[1:]:
            for project, kinds in later.removed.items():
                for kind, count in kinds.items():
                    found.add(project, kind, count)
            found.days_dropped += later.days_dropped
            found.scrubbed = found.scrubbed and later.scrubbed
        found.more = passes[-1].more
        compacted = True
        if found.rows:
            with self._lock:
                compacted = self._sources.analytics.compact()
        return passed_row(found) | {"rows_gone": compacted}

    def last_pass(self) -> Row | None:
        """What the last pass did, and when."""
        found = self._sources.state.setting(LAST)
        return json.loads(found) if found else None

    def erase(self, project: str, what: str, value: str, said: str = "") -> tuple[str, Erased]:
        """Erase whatever names a user or tenant, or a session; gives the id of the request and what went."""
        if not self._caught_up(WAIT_S):
            raise Unavailable("bodies wait to be applied", hint="try again when they are", retry_after_s=10)
        with self._lock:
            row = request(self._sources, project, what, value, said)
            return str(row["id"]), carry_out(self._sources, row)

    def preview(self, project: str, what: str, value: str, said: str = "") -> Row:
        """What an erasure would remove."""
        return preview(self._sources, project, what, value, said)

    def finish(self, recorded: Sequence[Row]) -> list[tuple[str, Erased]]:
        """Carry out what a crash interrupted, and the erasures on record that are newer than this state."""
        with self._lock:
            adopt(self._sources, recorded)
            due = unfinished(self._sources.state)
            if due and not self._caught_up(WAIT_S):
                LOG.warning("%d erasures wait until all bodies are applied", len(due))
                return []
            return [(str(row["id"]), carry_out(self._sources, row, again=True)) for row in due]

    def _pass(self) -> Passed:
        with self._lock:
            passed = retain(self._shelves, self._sources.clock.now_ns())
            self._sources.state.set_setting(LAST, json.dumps(passed_row(passed)))
        return passed

    def _run(self) -> None:
        for _ in range(int(WAIT_S)):
            if self._closed.is_set() or self._caught_up(1.0):
                break
        while not self._closed.is_set():
            try:
                self.tick()
            except TrimtabError as error:
                LOG.warning("retention: %s; trying again", error.message)
            except Exception:
                LOG.exception("retention failed; trying again")
            self._closed.wait(POLL_S)
