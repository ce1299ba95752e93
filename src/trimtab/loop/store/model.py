"""What the store keeps: journal entries, batches of derived rows, and when a session closes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, cast, get_args

from trimtab.vocabulary.trace import Fact, Logged, Step

Signal = Literal["traces", "logs", "metrics", "facts"]

KeptKind = Literal["bodies", "steps", "sessions", "facts"]
KEPT_KINDS: tuple[KeptKind, ...] = get_args(KeptKind)
ErasedBy = Literal["user", "tenant", "session"]
ERASED_BY: tuple[ErasedBy, ...] = get_args(ErasedBy)

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

    `received_ns` gives the receipt time of each body that the rows point at.
    """

    steps: Sequence[Step]
    facts: Sequence[Fact]
    logged: Sequence[Logged] = ()
    position: int
    received_ns: Mapping[int, int]


class MinuteRow(NamedTuple):
    """What one method counted of one series in one minute; `total` and `per` are None where it is no sum for each."""

    minute: int
    method: str
    good: int
    bad: int
    excluded: int
    unknown: int
    total: float | None
    per: int | None


class TallyRow(NamedTuple):
    """What was counted of the sessions that closed in a period, of one cohort.

    By indicator and method; by bucket of its distribution; or, without an indicator, by tool (`label`) and type of error
    (`method`): all calls, failed ones (`bad`), and those whose arguments did not fit (`excluded`).
    """

    period: int
    agent: str
    environment: str
    bundle: str
    name: str
    method: str
    label: str
    bucket: int | None
    events: int
    good: int
    bad: int
    excluded: int
    n: int
    total: float | None
    squares: float
    per: int


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
class Retention:
    """How many days a project keeps what; None is for ever. What is derived outlives what it is derived from."""

    bodies: int | None = 30
    steps: int | None = 90
    sessions: int | None = 400
    facts: int | None = 400

    def days(self, kind: str) -> int | None:
        """The days of one kind."""
        return cast("int | None", getattr(self, kind))


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What an erasure is about: whole sessions of a project, with their spans as (trace id, span id).

    `named` is the field and the value that were asked for (user, tenant or session). What was received
    behind the journal position `upto` came after the request and is not touched.
    """

    project: str
    named: tuple[str, str]
    sessions: frozenset[str]
    spans: frozenset[tuple[bytes, int]]
    traces: frozenset[bytes]
    upto: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """A body after an erasure: None where nothing is left; and what stays, in order.

    Of a traces body (trace id, span id) of each span, of a logs body (trace id, content hash) of each record.
    """

    body: bytes | None
    spans: Sequence[tuple[bytes, int]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """In how many rows of the state, by what they are, names were taken out; and in how many they are `left`."""

    rows: Mapping[str, int] = field(default_factory=dict[str, int])
    left: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure removed, and whether the bytes themselves are gone from the data folder.

    `reached` counts what stays without the names, such as alerts and incidents; `left` what cannot change and names them still.
    """

    sessions: int = 0
    steps: int = 0
    facts: int = 0
    bodies_rewritten: int = 0
    bodies_removed: int = 0
    reached: Mapping[str, int] = field(default_factory=dict[str, int])
    left: Mapping[str, int] = field(default_factory=dict[str, int])
    bytes_gone: bool = False
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
