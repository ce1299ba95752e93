"""What pulling needs of a product that holds traces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A page of traces, each by its name and time, and how many pages there are."""

    traces: Sequence[tuple[str, str]]
    pages: int


class TraceSource(Protocol):
    """A product that lists its traces."""

    def list(self, since_ns: int, until_ns: int, page: int) -> Listed:
        """One page of the traces of a time, the oldest first; pages count from 1."""
        ...

    def trace(self, name: str) -> Any:
        """One trace with all that it holds; None where it is there no more."""
        ...
