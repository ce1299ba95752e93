"""Fakes of the ports; the store passes the conformance suite of its port."""

import threading
from collections.abc import Iterable
from dataclasses import replace

from trimtab.loop.alert.model import Alert
from trimtab.loop.alert.notice import Answer, Delivered, Message, Reply, Request
from trimtab.loop.alert.records import Acknowledgement, Attempt, Lease, Queued, Silence, Standing, Writes
from trimtab.vocabulary.kernel import Conflict


class MemoryNotifier:
    """Keeps what it was given, and answers as it was told to, at last that all is well."""

    def __init__(self, replies: Iterable[Reply] = ()) -> None:
        """Answer with `replies` in their order first."""
        self.sent: list[Message] = []
        self.replies = list(replies)

    def send(self, message: Message) -> Reply:
        """Answer with the next reply."""
        self.sent.append(message)
        return self.replies.pop(0) if self.replies else Delivered()


class MemoryWeb:
    """Keeps requests, and answers as it was told to, at last with 200."""

    def __init__(self, answers: Iterable[Answer] = ()) -> None:
        """Answer with `answers` in their order first."""
        self.requests: list[Request] = []
        self.answers = list(answers)

    def send(self, request: Request) -> Answer:
        """Answer with the next answer."""
        self.requests.append(request)
        return self.answers.pop(0) if self.answers else Answer(status=200, body=b"{}")


class MemoryAlertStore:
    """The alert store in memory."""

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._lock = threading.RLock()
        self._alerts: dict[tuple[str, str], Alert] = {}
        self._rules: dict[tuple[str, str], str] = {}
        self._groups: dict[tuple[str, str], str] = {}
        self._silences: dict[str, Silence] = {}
        self._acknowledged: dict[tuple[str, str], Acknowledgement] = {}
        self._outbox: dict[str, Queued] = {}
        self._log: list[Attempt] = []
        self._leases: dict[str, Lease] = {}
        self._sequence = 0

    def write(self, writes: Writes, now_ns: int, lease: Lease | None = None) -> None:
        """Store all or nothing."""
        with self._lock:
            if lease is not None:
                held = self._leases.get(lease.name)
                if held is None or held.token != lease.token or held.until_ns <= now_ns:
                    raise Conflict(f"{lease.name} is done by another now", hint="begin again with its state")
            self._alerts |= {(one.project, one.fingerprint): one for one in writes.alerts}
            for kept, given in ((self._rules, writes.rules), (self._groups, writes.groups)):
                for name, value in given.items():
                    if value is None:
                        kept.pop(name, None)
                    else:
                        kept[name] = value
            for message in writes.messages:
                if message.id not in self._outbox:
                    self._sequence += 1
                    self._outbox[message.id] = Queued(
                        sequence=self._sequence, message=message, standing="waiting", due_ns=now_ns
                    )

    def alerts(self, project: str) -> list[Alert]:
        """The alerts of a project by their start."""
        with self._lock:
            found = [one for one in self._alerts.values() if one.project == project]
        return sorted(found, key=lambda one: (one.starts_ns, one.fingerprint))

    def forget_alerts(self, project: str, before_ns: int) -> int:
        """Remove alerts that ended before a time."""
        with self._lock:
            gone = [
                name
                for name, one in self._alerts.items()
                if one.project == project and one.ends_ns is not None and one.ends_ns < before_ns
            ]
            for name in gone:
                del self._alerts[name]
        return len(gone)

    def rules(self, project: str) -> dict[str, str]:
        """The states of a project's rules."""
        with self._lock:
            return {name: state for (owner, name), state in self._rules.items() if owner == project}

    def groups(self, project: str) -> dict[str, str]:
        """The groups of a project."""
        with self._lock:
            return {name: state for (owner, name), state in self._groups.items() if owner == project}

    def put_silence(self, silence: Silence) -> None:
        """Keep a silence."""
        with self._lock:
            self._silences[silence.id] = silence

    def silences(self, project: str, after_ns: int = 0) -> list[Silence]:
        """The silences of a project that end after a time."""
        with self._lock:
            found = [
                one for one in self._silences.values() if one.project == project and one.ends_ns > after_ns
            ]
        return sorted(found, key=lambda one: (one.starts_ns, one.id))

    def acknowledge(self, given: Acknowledgement) -> bool:
        """Keep the first acknowledgement of a key."""
        with self._lock:
            return self._acknowledged.setdefault((given.project, given.key), given) is given

    def acknowledgements(self, project: str) -> dict[str, Acknowledgement]:
        """The acknowledgements of a project."""
        with self._lock:
            return {key: one for (owner, key), one in self._acknowledged.items() if owner == project}

    def lanes(self, now_ns: int) -> list[tuple[str, str]]:
        """Lanes with something to send."""
        with self._lock:
            return sorted({lane_of(one) for one in self._outbox.values() if self._ready(one, now_ns)})

    def take(self, lane: tuple[str, str], holder: str, now_ns: int, until_ns: int) -> Queued | None:
        """Hold the next message of a lane."""
        with self._lock:
            ready = [
                one for one in self._outbox.values() if lane_of(one) == lane and self._ready(one, now_ns)
            ]
            if not ready:
                return None
            first = min(ready, key=lambda one: one.sequence)
            taken = replace(first, holder=holder, until_ns=until_ns, attempts=first.attempts + 1)
            self._outbox[taken.message.id] = taken
            return taken

    def _ready(self, one: Queued, now_ns: int) -> bool:
        return (
            one.standing == "waiting"
            and max(one.due_ns, one.until_ns) <= now_ns
            and not any(
                other.standing == "waiting"
                and other.sequence < one.sequence
                and lane_of(other) == lane_of(one)
                and other.message.key == one.message.key
                for other in self._outbox.values()
            )
        )

    def settle(self, taken: Queued, attempt: Attempt, standing: Standing, due_ns: int) -> bool:
        """Note what came of a message."""
        with self._lock:
            held = self._outbox.get(taken.message.id)
            if held is None or held.standing != "waiting":
                return False
            if (held.holder, held.attempts) != (taken.holder, taken.attempts):
                return False
            self._outbox[taken.message.id] = replace(
                held, standing=standing, due_ns=due_ns, holder="", until_ns=0, reason=attempt.reason
            )
            self._log.append(attempt)
            return True

    def queued(self, project: str, standing: Standing, limit: int = 100) -> list[Queued]:
        """Messages of a standing."""
        with self._lock:
            found = [
                one
                for one in self._outbox.values()
                if one.message.project == project and one.standing == standing
            ]
        return sorted(found, key=lambda one: -one.sequence)[:limit]

    def revive(self, project: str, message_id: str, now_ns: int) -> bool:
        """Let a message wait again."""
        with self._lock:
            held = self._outbox.get(message_id)
            if held is None or held.message.project != project or held.standing not in {"refused", "dead"}:
                return False
            self._outbox[message_id] = replace(held, standing="waiting", due_ns=now_ns, attempts=0)
            return True

    def log(self, project: str, since_ns: int = 0, limit: int = 100) -> list[Attempt]:
        """Attempts since a time."""
        with self._lock:
            found = [one for one in self._log if one.project == project and one.at_ns >= since_ns]
        return found[::-1][:limit]

    def prune(self, before_ns: int) -> int:
        """Remove what is long done."""
        with self._lock:
            old = [
                name
                for name, one in self._outbox.items()
                if one.standing == "delivered" and one.message.at_ns < before_ns
            ]
            for name in old:
                del self._outbox[name]
            kept = [one for one in self._log if one.at_ns >= before_ns]
            count = len(old) + len(self._log) - len(kept)
            self._log = kept
            acknowledged = {key: one for key, one in self._acknowledged.items() if one.at_ns >= before_ns}
            silences = {name: one for name, one in self._silences.items() if one.ends_ns >= before_ns}
            count += len(self._acknowledged) - len(acknowledged) + len(self._silences) - len(silences)
            self._acknowledged, self._silences = acknowledged, silences
        return count

    def lease(self, name: str, holder: str, now_ns: int, until_ns: int) -> Lease | None:
        """Take or renew a lease."""
        with self._lock:
            held = self._leases.get(name)
            free = held is None or held.until_ns <= now_ns
            if held is not None and not free and held.holder != holder:
                return None
            token = (held.token if held else 0) + (1 if free else 0)
            self._leases[name] = Lease(name=name, holder=holder, token=token, until_ns=until_ns)
            return self._leases[name]

    def release(self, lease: Lease) -> None:
        """Give a lease back."""
        with self._lock:
            held = self._leases.get(lease.name)
            if held is not None and held.token == lease.token:
                self._leases[lease.name] = replace(held, until_ns=0)

    def close(self) -> None:
        """Nothing is held."""


def lane_of(queued: Queued) -> tuple[str, str]:
    """The project and the receiver of a message."""
    return queued.message.project, queued.message.receiver
