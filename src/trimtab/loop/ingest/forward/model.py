"""A destination, what came back from it, how far it is; the port that sends, and its fake."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from trimtab.loop.store import Signal

SIGNALS: tuple[Signal, ...] = ("traces", "logs", "metrics")


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """An OTLP/HTTP backend of a project: the base of its address, which signals, and headers by environment variable.

    A header's value is never kept: `headers` names the variable that holds it when something is sent.
    """

    project: str
    name: str
    url: str
    signals: tuple[Signal, ...] = ("traces",)
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came of sending a body: taken (less some `rejected` items), to be sent again, or refused for good."""

    taken: bool = False
    again: bool = False
    reason: str = ""
    rejected: int = 0
    retry_after_s: float | None = None


@dataclass(slots=True, kw_only=True)
class Progress:
    """How far a destination is: the position up to which all was handed over or refused, and how much of each."""

    position: int
    sent: int = 0
    refused: int = 0
    rejected: int = 0
    reason: str = ""
    failures: int = 0


class Sender(Protocol):
    """Sends one body; never raises for what the other side does."""

    def send(self, destination: Destination, signal: Signal, body: bytes) -> Reply:
        """Send a serialised OTLP request."""
        ...


class MemorySender:
    """The fake of this port: keeps what it was given, and answers as it was told to, at last that all is well."""

    def __init__(self) -> None:
        """Take everything."""
        self.taken: list[tuple[str, Signal, bytes]] = []
        self.replies: list[Reply] = []

    def send(self, destination: Destination, signal: Signal, body: bytes) -> Reply:
        """Answer with the next reply."""
        reply = self.replies.pop(0) if self.replies else Reply(taken=True)
        if reply.taken:
            self.taken.append((destination.name, signal, body))
        return reply
