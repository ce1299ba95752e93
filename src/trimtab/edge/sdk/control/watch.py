"""The thread that keeps an edge obedient; every process has its own."""

import hashlib
import http.client
import os
import random
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from trimtab.edge.sdk.control.asking import Asking
from trimtab.edge.sdk.control.fetch import Fetch
from trimtab.edge.sdk.control.follower import Follower, Trusted
from trimtab.edge.sdk.control.kept import Kept
from trimtab.edge.sdk.settings import FACTS, Settings, state_folder
from trimtab.edge.sdk.warn import nothing, safe, warn_once
from trimtab.edge.sdk.words import AGENT

if TYPE_CHECKING:
    from trimtab.edge.sdk.tools.bound import Bound

WAIT_S = 5
"""So long the server may hold back its answer while there is nothing new."""
LEAST_S, MOST_S, LOCKED_S = 0.25, 5.0, 30.0
ENVIRONMENT = "deployment.environment.name"
HINT = "control=trusting(KEY), with trusting of trimtab.adapters.ed25519 and the key of `trimtab control key`"


class Watch:
    """Asks, believes, keeps; as long as the process runs."""

    def __init__(self, fetch: Fetch, follower: Follower, kept: Kept) -> None:
        """Begin with what was kept."""
        self._fetch, self._follower, self._kept = fetch, follower, kept
        self._tag, self._failures = "", 0
        self._ended = threading.Event()
        if raw := kept.read():
            follower.take(raw, confirmed=False)

    def start(self) -> None:
        """Begin to ask; anew in a forked process."""
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="trimtab-control", daemon=True).start()

    def end(self) -> None:
        """Ask no more; what is obeyed stays."""
        self._ended.set()

    def _run(self) -> None:
        ended = self._ended
        while not ended.is_set():
            begun = time.monotonic()
            pause_s = self.turn()
            self._look()
            rest_s = max(pause_s, LEAST_S - (time.monotonic() - begun))
            if ended.wait(self._follower.next_end_s(rest_s)):
                break
            self._look()

    @safe(nothing)
    def _look(self) -> None:
        self._follower.look()

    @safe(lambda: MOST_S)
    def turn(self) -> float:
        """Ask once; gives how long to wait before the next time."""
        try:
            answer = self._fetch.ask(self._tag, int(self._follower.next_end_s(WAIT_S)))
        except (OSError, http.client.HTTPException, ValueError):
            return self._later()
        if answer.status == 200 and self._follower.take(answer.text, confirmed=True):
            self._tag, self._failures = answer.tag, 0
            self._kept.write(answer.text)
            return 0.0
        if answer.status == 304:
            self._failures = 0
            return 0.0
        if 400 <= answer.status < 500:
            warn_once(
                f"nobody says what to obey: HTTP {answer.status}: {answer.text[:300]}",
                f"control {answer.status}",
            )
            return LOCKED_S
        return self._later()

    def _later(self) -> float:
        """Longer each time, and not all agents at once."""
        self._failures += 1
        most_s = min(LEAST_S * 2 ** min(self._failures, 10), MOST_S)
        return most_s * random.uniform(0.5, 1.0)  # noqa: S311 - spreads requests


class Held:
    """The watch of this process."""

    def __init__(self) -> None:
        """Hold none."""
        self.watch: Watch | None = None
        self.hooked = False

    def put(self, watch: Watch | None) -> None:
        """Hold another; the one before ends."""
        before, self.watch = self.watch, watch
        if before is not None:
            before.end()
        if watch is None:
            return
        if not self.hooked and hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self.forked)
            self.hooked = True
        watch.start()

    @safe(nothing)
    def forked(self) -> None:
        """In a forked child: the thread stayed with the parent."""
        if self.watch is not None:
            self.watch.start()


HELD = Held()


@safe(nothing)
def follow(bound: "Bound | None", settings: Settings, options: Mapping[str, Any]) -> None:
    """Let an edge obey from now on, or no longer; what it obeyed before ends here."""
    HELD.put(None)
    trusted = options.get("control")
    if not trusted:
        if options.get("ask") == "server":
            warn_once(f"ask='server' needs control: nobody is asked; {HINT}")
        return
    if not callable(trusted):
        warn_once(f"control is no check of signatures: nothing is obeyed; {HINT}")
    elif bound is None or not settings.facts:
        warn_once("control needs a contract and a server: nothing is obeyed")
    else:
        HELD.put(watch_of(bound, settings, cast("Trusted", trusted), options.get("clock")))
        if options.get("ask") == "server":
            bound.ask_afar(Asking(fetch_of(settings), cast("Trusted", trusted)))


def watch_of(bound: "Bound", settings: Settings, trusted: Trusted, played: Any) -> Watch:
    """A watch over the agent of these settings."""
    fetch = fetch_of(settings)
    agent, environment = settings.resource.get(AGENT, ""), settings.resource.get(ENVIRONMENT, "")
    times = (time.time_ns if played is None else played.now_ns, time.monotonic_ns)
    name = hashlib.sha256(f"{fetch.base}\n{agent}\n{environment}".encode()).hexdigest()[:16]
    return Watch(
        fetch,
        Follower(bound, trusted, (agent, environment), times),
        Kept(state_folder(os.environ) / "control" / name),
    )


def fetch_of(settings: Settings) -> Fetch:
    """What asks the server of these settings about its agent."""
    agent, environment = settings.resource.get(AGENT, ""), settings.resource.get(ENVIRONMENT, "")
    return Fetch(settings.facts.removesuffix(FACTS), settings.headers, agent, environment)
