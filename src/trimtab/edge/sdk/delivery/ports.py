"""What the exporter needs: something that carries batches away, and something that keeps them meanwhile."""

from dataclasses import dataclass
from typing import Literal, Protocol

from trimtab.edge.sdk.ports import Fact
from trimtab.edge.sdk.span import Span

Signal = Literal["span", "fact"]
Verdict = Literal["taken", "later", "never", "smaller"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Encoded items of one signal from one process; `resource` is that process, encoded."""

    signal: Signal
    items: tuple[bytes, ...]
    resource: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a batch.

    `later`: try again, after `after_s` where the other side said so. `never`: nobody will take it. `smaller`: something in it,
    or its size, is refused: try its parts.
    """

    verdict: Verdict
    why: str = ""
    after_s: float | None = None


TAKEN = Answer(verdict="taken")


class Carrier(Protocol):
    """Carries batches to where they are read."""

    def encode_span(self, span: Span) -> bytes:
        """A step as one line, masked."""
        ...

    def encode_fact(self, fact: Fact) -> bytes:
        """A fact as one line, masked."""
        ...

    def carry(self, batch: Batch, timeout_s: float) -> Answer:
        """Hand a batch over; never raises an `Exception`."""
        ...

    def forget(self) -> None:
        """In a forked child: connections belong to the parent."""
        ...

    def close(self) -> None:
        """Give connections back; the next batch opens new ones."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Batches that were kept, under the name that `Spool.drop` wants."""

    name: str
    batches: tuple[Batch, ...]


class Spool(Protocol):
    """Keeps batches over the end of the process."""

    def put(self, batch: Batch) -> bool:
        """Keep a batch; False where that is not possible."""
        ...

    def oldest(self) -> Kept | None:
        """What was kept first and belongs to no other living process, else None."""
        ...

    def drop(self, name: str) -> None:
        """Forget what is under this name: it was taken."""
        ...

    def close(self) -> None:
        """Leave what is kept to whoever comes next."""
        ...

    def forget(self) -> None:
        """In a forked child: what is kept belongs to the parent."""
        ...
