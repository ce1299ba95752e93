"""What alerting needs from outside: a store that forgets nothing, and somebody who carries messages."""

from collections.abc import Callable
from typing import Protocol

from trimtab.loop.alert.model import Alert
from trimtab.loop.alert.notice import Answer, Message, Reply, Request
from trimtab.loop.alert.records import Acknowledgement, Attempt, Lease, Queued, Silence, Standing, Writes


class Notifier(Protocol):
    """Carries messages to one receiver; says whether a failure passes, and never tries again by itself."""

    def send(self, message: Message) -> Reply:
        """Send one message within a bounded time; the same `key` must lead to the same thing over there.

        What the other side or the network does is in the reply. Raises `Unavailable` for a secret that is not there.
        """
        ...


class Web(Protocol):
    """Calls other systems over HTTP: bounded in time and size, without following redirects."""

    def send(self, request: Request) -> Answer:
        """Send a request; an answer of status 0 where none came. Never raises for what the other side does."""
        ...


class SecretSource(Protocol):
    """Gives secrets at the moment they are needed."""

    def reveal(self, reference: str) -> str:
        """The secret that `env:NAME` or `file:PATH` stands for; raises `Unavailable`."""
        ...

    def hide(self, text: str) -> str:
        """A text without any secret that was ever given."""
        ...


NotifierOf = Callable[[str, str], Notifier | None]
"""(project, receiver) -> who carries its messages; None where the project has no such receiver."""


class AlertStore(Protocol):
    """Alerts, what follows from them, and the messages on their way; every call is one transaction.

    Raises `Unavailable` where the store cannot be written now.
    """

    def write(self, writes: Writes, now_ns: int, lease: Lease | None = None) -> None:
        """Store all or nothing; raises `Conflict` when the lease is given and no longer held."""
        ...

    def alerts(self, project: str) -> list[Alert]:
        """The alerts of a project, firing or ended, by their start."""
        ...

    def forget_alerts(self, project: str, before_ns: int) -> int:
        """Remove alerts that ended before a time; gives their number."""
        ...

    def rules(self, project: str) -> dict[str, str]:
        """The states of a project's rules as JSON, by name."""
        ...

    def groups(self, project: str) -> dict[str, str]:
        """The groups of a project as JSON, by key."""
        ...

    def put_silence(self, silence: Silence) -> None:
        """Keep a silence; one of the same id is replaced."""
        ...

    def silences(self, project: str, after_ns: int = 0) -> list[Silence]:
        """The silences of a project that end after a time, by their start."""
        ...

    def acknowledge(self, given: Acknowledgement) -> bool:
        """Keep the first acknowledgement of a key; False where there is one."""
        ...

    def acknowledgements(self, project: str) -> dict[str, Acknowledgement]:
        """The acknowledgements of a project by key."""
        ...

    def lanes(self, now_ns: int) -> list[tuple[str, str]]:
        """(project, receiver) with a message that is due and that nobody holds."""
        ...

    def take(self, lane: tuple[str, str], holder: str, now_ns: int, until_ns: int) -> Queued | None:
        """Hold the next message of a lane alone until a time; None where nothing is due.

        A message waits for all earlier ones of its receiver and key. Its `attempts` is then the number of this attempt.
        """
        ...

    def settle(self, taken: Queued, attempt: Attempt, standing: Standing, due_ns: int) -> bool:
        """Note what came of a message that is held, and its line in the log; False where another holds it since."""
        ...

    def queued(self, project: str, standing: Standing, limit: int = 100) -> list[Queued]:
        """Messages of a standing, the latest first."""
        ...

    def revive(self, project: str, message_id: str, now_ns: int) -> bool:
        """Let a refused or dead message wait again, with new attempts; False where there is none."""
        ...

    def log(self, project: str, since_ns: int = 0, limit: int = 100) -> list[Attempt]:
        """Attempts since a time, the latest first."""
        ...

    def prune(self, before_ns: int) -> int:
        """Remove delivered messages, attempts, acknowledgements and silences of before a time; gives their number."""
        ...

    def lease(self, name: str, holder: str, now_ns: int, until_ns: int) -> Lease | None:
        """Take or renew the right to do something alone; None while another has it.

        Whoever renews in time keeps its token, every other taker gets a higher one.
        """
        ...

    def release(self, lease: Lease) -> None:
        """Give a lease back before its time; nothing where it is lost already."""
        ...

    def close(self) -> None:
        """Give the files back."""
        ...
