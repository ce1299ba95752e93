"""What calls other systems, made at its first call: whoever tells nobody needs no HTTP client in memory, which is megabytes."""

import threading
from collections.abc import Callable
from typing import Generic, Protocol, TypeVar

from trimtab.loop.access import Reach
from trimtab.loop.alert import Answer, Request, Web
from trimtab.loop.ingest import Destination, Reply, Sender
from trimtab.loop.store import Signal


class Closing(Protocol):
    """Holds connections."""

    def close(self) -> None:
        """Give them back."""
        ...


class ClosingWeb(Web, Closing, Protocol):
    """Calls other systems, and holds connections to them."""


class ClosingSender(Sender, Closing, Protocol):
    """Hands telemetry on, and holds connections."""


T = TypeVar("T", bound=Closing)


class Late(Generic[T]):
    """Something that is made once, when it is needed; safe to share between threads."""

    def __init__(self, make: Callable[[], T]) -> None:
        """Not made yet."""
        self._make = make
        self._making = threading.Lock()
        self._made: T | None = None

    def get(self) -> T:
        """The thing itself."""
        with self._making:
            if self._made is None:
                self._made = self._make()
            return self._made

    def close(self) -> None:
        """Close it, if it was ever made."""
        if self._made is not None:
            self._made.close()


class LateWeb(Late[ClosingWeb]):
    """Calls other systems over HTTP."""

    def send(self, request: Request) -> Answer:
        """Send a request."""
        return self.get().send(request)


class LateSender(Late[ClosingSender]):
    """Hands telemetry on."""

    def send(self, destination: Destination, signal: Signal, body: bytes) -> Reply:
        """Send a body."""
        return self.get().send(destination, signal, body)


def web_within(reach: Reach, timeout_s: float = 10.0, total_s: float = 30.0) -> LateWeb:
    """Calls within a reach; waits `timeout_s` for a connection and each piece of an answer, `total_s` for all of it."""

    def make() -> ClosingWeb:
        from trimtab.adapters.httpx_web import HttpxWeb

        return HttpxWeb(timeout_s, total_s, reach=reach)

    return LateWeb(make)


def sender_within(reach: Reach) -> LateSender:
    """Hands telemetry on within a reach."""

    def make() -> ClosingSender:
        from trimtab.adapters.httpx_web import ReachTransport
        from trimtab.adapters.otlp_http import OtlpHttpSender

        return OtlpHttpSender(transport=ReachTransport(reach))

    return LateSender(make)
