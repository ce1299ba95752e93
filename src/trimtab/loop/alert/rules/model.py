"""What a rule is made of: windows that must both burn, or a detector; and what one evaluation of it may say."""

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

from trimtab.loop.alert.model import Severity
from trimtab.vocabulary.kernel import Invalid

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Bools = np.ndarray[Any, np.dtype[np.bool_]]
Signals = np.ndarray[Any, np.dtype[np.int8]]
Json = dict[str, Any]
Move = Literal["pending", "firing", "resolved", "dropped", "frozen", "thawed", "no_data", "data"]

MINUTE_NS: Final = 60_000_000_000
FIRES: Final = 1
CLEAR: Final = 0
SILENT: Final = -1
"""What a condition says at an evaluation: it holds, it does not, or there is too little data to say."""
HELD_REACH: Final = 4
"""How many times its `held_min` a pair looks back for when it began to burn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two windows that must both burn `factor` times as fast as the budget lasts; lengths in minutes.

    `held_min` is for how long both must have burnt before it counts (Prometheus' `for`).
    """

    severity: Severity
    name: str
    long_min: int
    short_min: int
    factor: float
    held_min: int = 0

    @property
    def reach_min(self) -> int:
        """How many minutes back it looks."""
        return self.long_min + HELD_REACH * self.held_min

    def threshold(self, target: float) -> float:
        """The share of bad events above which it burns; from 1 on it can never fire."""
        return round(self.factor * (1.0 - target), 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """An e-detector of a success rate below `target`: of `levels` (rates below it), alarm at `threshold`.

    While the rate is at or above the target, a false alarm takes at least `threshold` events on average. After an alarm it
    clears when the same kind of evidence says that the rate is back at the target, with `clear` in place of `threshold`.
    """

    target: float
    levels: tuple[float, ...]
    threshold: float
    clear: float = 500.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of one objective: by `pairs` (any of them) or by a `detector`.

    Fires after its condition held for `for_min` minutes with data, resolves after it was clear for `keep_min` such minutes.
    A pair speaks only with `min_events` in its long window; the detector only with events in the last `stale_min`. Without
    any event for `no_data_min` minutes (None: never) the absence is an alert of its own. Raises `Invalid` with neither or both.
    """

    name: str
    severity: Severity
    pairs: tuple[Pair, ...] = ()
    detector: Detector | None = None
    min_events: int = 10
    for_min: int = 0
    keep_min: int = 0
    stale_min: int = 60
    no_data_min: int | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that has nothing to say, or two things."""
        if bool(self.pairs) == (self.detector is not None):
            raise Invalid(f"rule {self.name} needs pairs of windows or a detector", hint="one of both")

    @property
    def reach_min(self) -> int:
        """How many minutes before the first evaluation its counts must reach back."""
        return max([self.stale_min, *(pair.reach_min for pair in self.pairs)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """What an objective counts, by minute, ascending: parallel arrays; a slice of time stands at its last minute."""

    minute: Ints
    good: Floats
    bad: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """What changed at the end of minute `at_min` - 1; `why` is a sentence with the numbers it rests on."""

    at_min: int
    to: Move
    why: str = ""
