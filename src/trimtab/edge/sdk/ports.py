"""What the SDK needs from outside itself; its tests and the test mode fill these differently."""

from collections.abc import Callable
from typing import Any, Protocol

from trimtab.edge.sdk.lineage.context import Lineage
from trimtab.edge.sdk.span import Span

Fact = dict[str, Any]
"""A fact as the API takes it."""
Draw = Callable[[int], bytes]
"""So many random bytes."""


class SteadyClock(Protocol):
    """Tells a time that does not run backwards within a session."""

    def now_ns(self) -> int:
        """Nanoseconds since the Unix epoch, UTC."""
        ...

    def settle(self) -> None:
        """Between sessions: go by the wall clock again, where it went another way."""
        ...


class Sink(Protocol):
    """Takes what happened; none of its methods waits for a network or raises."""

    def take_span(self, span: Span) -> None:
        """A step that has ended."""
        ...

    def take_fact(self, fact: Fact) -> None:
        """A fact."""
        ...

    def flush(self, timeout_s: float) -> bool:
        """Hand on what was taken until now; whether nothing is left in memory after at most `timeout_s` seconds."""
        ...

    def close(self, timeout_s: float) -> None:
        """Flush, keep what could not be handed on, and end."""
        ...

    def forget(self) -> None:
        """In a forked child: what was taken belongs to the parent."""
        ...


class Meter(Protocol):
    """Counts what a session uses: the contract at work, which `tools` knows as more than that."""

    def used(self, lineage: Lineage, tokens: int) -> None:
        """Count tokens."""
        ...

    def flush(self) -> bool:
        """Write what was told until now; whether it is on disk."""
        ...

    def close(self) -> None:
        """The process ends, or another contract follows."""
        ...


class Nowhere:
    """A sink of those who tell nobody."""

    def take_span(self, span: Span) -> None:
        """Drop it."""

    def take_fact(self, fact: Fact) -> None:
        """Drop it."""

    def flush(self, timeout_s: float) -> bool:  # noqa: ARG002 - nothing waits
        """Nothing waits."""
        return True

    def close(self, timeout_s: float) -> None:
        """Nothing is open."""

    def forget(self) -> None:
        """Nothing was taken."""
