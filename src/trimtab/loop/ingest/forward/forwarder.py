"""A thread for each destination; without any, nothing runs and nothing leaves the process."""

import logging
import random
import threading
from dataclasses import asdict

from trimtab.loop.ingest.forward import destinations
from trimtab.loop.ingest.forward.lane import Lane
from trimtab.loop.ingest.forward.model import Destination, Progress, Sender
from trimtab.loop.store import Journal, Row, State
from trimtab.vocabulary.kernel import Clock, Conflict, Missing, TrimtabError

LOG = logging.getLogger(__name__)
POLL_S = 0.5
TROUBLE_S = 5.0


class Runner:
    """One lane with the thread that drives it."""

    def __init__(self, lane: Lane, state: State) -> None:
        """Drive `lane`, and note in `state` how far it is."""
        self.lane, self._state = lane, state
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"forward-{lane.of.name}", daemon=True)

    def start(self) -> None:
        """Go on from where it was."""
        self._thread.start()

    def close(self) -> None:
        """Finish the body in hand, note how far it is, and stop."""
        self._closed.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            try:
                wait_s = self.lane.step(self._note)
            except TrimtabError as error:
                LOG.warning("forwarding to %s: %s", self.lane.of.name, error.message)
                wait_s = TROUBLE_S
            except Exception:
                LOG.exception("forwarding to %s failed; trying again", self.lane.of.name)
                wait_s = TROUBLE_S
            if wait_s != 0.0:
                self._closed.wait(POLL_S if wait_s is None else wait_s)
        self._note(self.lane.reached)

    def _note(self, reached: Progress) -> None:
        destinations.note(self._state, self.lane.of, reached)


class Forwarder:
    """The destinations of all projects."""

    def __init__(self, journal: Journal, state: State, sender: Sender, clock: Clock) -> None:
        """Start nothing yet."""
        self._journal, self._state, self._sender, self._clock = journal, state, sender, clock
        self._lock = threading.Lock()
        self._runners: dict[tuple[str, str], Runner] = {}

    def start(self) -> None:
        """Go on with every destination that is configured."""
        with self._lock:
            for row in self._state.projects():
                for destination in destinations.listed(self._state, str(row["name"])).values():
                    reached = destinations.progress(self._state, destination)
                    self._begin(destination, reached or Progress(position=self._journal.last()))

    def close(self) -> None:
        """Stop all; each goes on where it is at the next start."""
        with self._lock:
            for runner in self._runners.values():
                runner.close()
            self._runners.clear()

    def add(self, destination: Destination, *, from_start: bool = False) -> None:
        """Hand on what comes from now on; with `from_start` what the journal holds, too."""
        with self._lock:
            known = destinations.listed(self._state, destination.project)
            if destination.name in known:
                raise Conflict(f"{destination.name} is there already", hint="remove it first")
            destinations.keep(self._state, destination.project, known | {destination.name: destination})
            reached = Progress(position=0 if from_start else self._journal.last())
            destinations.note(self._state, destination, reached)
            self._begin(destination, reached)

    def remove(self, project: str, name: str) -> None:
        """Stop handing on to a destination, and forget it."""
        with self._lock:
            known = destinations.listed(self._state, project)
            if name not in known:
                raise Missing(f"no destination: {name}", hint="`trimtab forward list` shows them")
            if runner := self._runners.pop((project, name), None):
                runner.close()
            del known[name]
            destinations.keep(self._state, project, known)

    def status(self, project: str) -> list[Row]:
        """Each destination of a project: what it is, what went, and since when the next body waits."""
        with self._lock:
            runners = [runner for (owner, _), runner in self._runners.items() if owner == project]
        return [self._row(runner.lane) for runner in runners]

    def _row(self, lane: Lane) -> Row:
        waiting = lane.waiting()
        waits_s = None if waiting is None else max(self._clock.now_ns() - waiting.received_ns, 0) / 1e9
        reached = asdict(lane.reached)
        del reached["position"]
        return {
            "name": lane.of.name,
            "url": lane.of.url,
            "signals": list(lane.of.signals),
            "headers": dict(lane.of.headers),
            "waits_s": waits_s,
            **reached,
        }

    def _begin(self, destination: Destination, reached: Progress) -> None:
        lane = Lane(destination, reached, self._journal, self._sender, random.random)
        runner = Runner(lane, self._state)
        self._runners[destination.project, destination.name] = runner
        runner.start()
