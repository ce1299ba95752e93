"""At-least-once delivery: messages enter the outbox with the state that caused them, and leave it when a receiver has them.

A message is held by one worker at a time, for longer than any notifier may take. A worker that dies leaves it to the next
when that time is over: it may then arrive twice, with the same key, and never not at all.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from trimtab.loop.alert.notice import Delivered, Message, Refused, Reply, Retry
from trimtab.loop.alert.pipeline.advance import Scene, Turn, advance
from trimtab.loop.alert.pipeline.group import pack_group, unpack_group
from trimtab.loop.alert.pipeline.message import Explain, dedup_key, evidence_of
from trimtab.loop.alert.pipeline.model import Routing
from trimtab.loop.alert.ports import AlertStore, NotifierOf
from trimtab.loop.alert.records import Attempt, Lease, Queued, Writes
from trimtab.vocabulary.kernel import Clock, TrimtabError, Unavailable

LOG = logging.getLogger(__name__)
SECOND_NS = 1_000_000_000
MAX_REASON = 500
Lane = tuple[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a message is held, how the pauses between attempts grow, and when it is given up."""

    hold_s: float = 120.0
    first_s: float = 5.0
    most_s: float = 600.0
    give_up_s: float = 86_400.0
    attempts: int = 200


def play_turn(
    store: AlertStore,
    project: str,
    routing: Routing,
    now_ns: int,
    lease: Lease | None = None,
    explain: Explain = evidence_of,
) -> Turn:
    """Play a turn of a project on its store: the groups and the messages that follow are kept together or not at all."""
    kept = {key: unpack_group(packed) for key, packed in store.groups(project).items()}
    scene = Scene(
        alerts=store.alerts(project),
        silences=store.silences(project, now_ns),
        acknowledgements=store.acknowledgements(project),
    )
    turn = advance(routing, kept, scene, now_ns, explain)
    groups: dict[tuple[str, str], str | None] = {
        (project, key): pack_group(group) for key, group in turn.groups.items() if kept.get(key) != group
    }
    groups |= {(project, key): None for key in kept if key not in turn.groups}
    if groups or turn.messages:
        store.write(Writes(groups=groups, messages=turn.messages), now_ns, lease)
    return turn


def keys_by_alert(store: AlertStore, project: str) -> dict[str, str]:
    """The deduplication key under which people were told of each alert, by the alert's fingerprint."""
    groups = [unpack_group(packed) for packed in store.groups(project).values()]
    return {name: dedup_key(group) for group in groups if group.opened_ns for name in group.alerts}


class Courier:
    """Sends what is due, one message at a time; any number of them may work on one store."""

    def __init__(
        self,
        store: AlertStore,
        notifier_of: NotifierOf,
        clock: Clock,
        holder: str,
        chance: Callable[[], float],
        patience: Patience | None = None,
    ) -> None:
        """Hold messages as `holder`, a name that no other worker has; `chance` gives numbers from 0 to 1."""
        self._store, self._notifier_of, self._clock = store, notifier_of, clock
        self._holder, self._chance, self._patience = holder, chance, patience or Patience()

    def deliver(self, lane: Lane) -> bool:
        """Send the next message of a lane that is due; False where there is none."""
        now_ns = self._clock.now_ns()
        until_ns = now_ns + int(self._patience.hold_s * SECOND_NS)
        taken = self._store.take(lane, self._holder, now_ns, until_ns)
        if taken is None:
            return False
        self.note(taken, self.send(taken.message))
        return True

    def send(self, message: Message) -> Reply:
        """Hand a message to its notifier; whatever goes wrong there is a reply."""
        try:
            notifier = self._notifier_of(message.project, message.receiver)
            if notifier is None:
                return Refused(
                    reason=f"no receiver is called {message.receiver}: the routing document changed"
                )
            return notifier.send(message)
        except Unavailable as error:
            return Retry(reason=error.message)
        except TrimtabError as error:
            return Refused(reason=error.message)
        except Exception as error:  # noqa: BLE001 - a notifier's fault must not end the lane; its text may hold a secret
            return Retry(reason=f"{type(error).__name__} in the notifier")

    def note(self, taken: Queued, reply: Reply) -> None:
        """Keep what came of an attempt, and when the next one is due."""
        now_ns, message = self._clock.now_ns(), taken.message
        standing, due_ns, reason = "delivered", taken.due_ns, ""
        match reply:
            case Delivered(note=note):
                outcome, reason = "delivered", note
            case Refused(reason=reason):
                outcome, standing = "refused", "refused"
            case Retry(reason=reason):
                outcome, standing = "retry", "waiting"
                due_ns = now_ns + int(self.pause_s(taken.attempts, reply.after_s) * SECOND_NS)
                if self.is_hopeless(taken, due_ns):
                    outcome, standing = "dead", "dead"
        if outcome in {"refused", "dead"}:
            LOG.error("%s for %s: %s: %s", message.key, message.receiver, outcome, reason)
        attempt = Attempt(
            message_id=message.id,
            project=message.project,
            receiver=message.receiver,
            key=message.key,
            kind=message.kind,
            number=taken.attempts,
            at_ns=now_ns,
            outcome=outcome,
            reason=reason[:MAX_REASON],
        )
        if not self._store.settle(taken, attempt, standing, due_ns):
            LOG.warning("%s for %s took longer than it was held", message.key, message.receiver)

    def pause_s(self, attempts: int, after_s: float | None) -> float:
        """Twice as long with each attempt up to a bound, and up to a half more by chance; no sooner than was asked for."""
        grown = min(self._patience.first_s * 2.0 ** min(attempts - 1, 30), self._patience.most_s)
        return max(grown * (1 + self._chance() / 2), after_s or 0.0)

    def is_hopeless(self, taken: Queued, due_ns: int) -> bool:
        """Whether it was tried often enough, or would be too old at the next attempt."""
        limit_ns = taken.message.at_ns + int(self._patience.give_up_s * SECOND_NS)
        return taken.attempts >= self._patience.attempts or due_ns > limit_ns


class Delivery:
    """A thread for each receiver that has something due, so that one that hangs delays nobody else."""

    def __init__(self, courier: Courier, store: AlertStore, clock: Clock, poll_s: float = 0.5) -> None:
        """Start nothing yet; look every `poll_s` seconds for what is due."""
        self._courier, self._store, self._clock, self._poll_s = courier, store, clock, poll_s
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._busy: dict[Lane, threading.Thread] = {}
        self._watcher = threading.Thread(target=self._watch, name="deliver", daemon=True)

    def start(self) -> None:
        """Deliver from now on."""
        self._watcher.start()

    def wake(self) -> None:
        """Begin with all lanes that have something due and are not at work."""
        for lane in self._store.lanes(self._clock.now_ns()):
            with self._lock:
                if lane not in self._busy and not self._closed.is_set():
                    thread = threading.Thread(
                        target=self._run, args=(lane,), name=f"deliver-{lane[1]}", daemon=True
                    )
                    self._busy[lane] = thread
                    thread.start()

    def close(self, timeout_s: float = 30.0) -> None:
        """Finish what is being sent, for at most `timeout_s` for each receiver; the rest waits in the outbox."""
        self._closed.set()
        with self._lock:
            threads = list(self._busy.values())
        for thread in (self._watcher, *threads):
            if thread.is_alive():
                thread.join(timeout_s)

    def _watch(self) -> None:
        while not self._closed.is_set():
            try:
                self.wake()
            except Exception:
                LOG.exception("cannot look into the outbox; trying again")
            self._closed.wait(self._poll_s)

    def _run(self, lane: Lane) -> None:
        try:
            while not self._closed.is_set() and self._courier.deliver(lane):
                pass
        except Exception:
            LOG.exception("delivery to %s failed; trying again", lane[1])
        finally:
            with self._lock:
                del self._busy[lane]
