"""What the store keeps: journal entries, batches of derived rows, and when a session closes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from trimtab.vocabulary.trace import Fact, Step

Signal = Literal["traces", "logs", "metrics", "facts"]

MINUTE_NS = 60_000_000_000
DAY_NS = 86_400_000_000_000
POSITIONS_PER_DAY = 1 << 32


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One redacted body as it was accepted; `position` is 0 until the journal has given it one."""

    project: str
    signal: Signal
    received_ns: int
    body: bytes
    items: int
    position: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Derived rows of some journal entries, applied in one transaction together with their position.

    `received_ns` gives the receipt time of each body that the steps and facts point at.
    """

    steps: Sequence[Step]
    facts: Sequence[Fact]
    position: int
    received_ns: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePolicy:
    """When a session is over.

    `idle_s`: no step for so long. `max_age_s`: so long after its first step. `settle_s`: how long after
    the last receipt the close is pinned; until then a step that is still on its way can move it.
    """

    idle_s: float = 1800.0
    max_age_s: float = 86_400.0
    settle_s: float = 10.0
    idle_s_by_agent: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure or a retention pass removed, and whether the bytes themselves are gone."""

    steps: int = 0
    sessions: int = 0
    facts: int = 0
    bodies: int = 0
    text_rows: int = 0
    bytes_gone: bool = True
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextHit:
    """Where a text stands: the span's place in a journal body, and when it began."""

    body: int
    ordinal: int
    start_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRow(TextHit):
    """A text to index."""

    project: str
    text: str


def day_of(position: int) -> int:
    """Days since the Unix epoch of the journal file that holds a position."""
    return position // POSITIONS_PER_DAY
