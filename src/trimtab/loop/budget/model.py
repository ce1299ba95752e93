"""What a promise is: an objective about events, a window, a target; and the minutes it is counted in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import numpy as np

Ints = np.ndarray[Any, np.dtype[np.int64]]
Floats = np.ndarray[Any, np.dtype[np.float64]]
Unit = Literal["m", "h", "d", "w", "M", "Q", "Y"]
Method = Literal["occurrences", "timeslices", "ratio_timeslices"]
Comparison = Literal["lte", "lt", "gte", "gt"]
Detector = Literal["auto", "burn", "e-detector"]
Risk = Literal["low", "medium", "high"]
MINUTE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A length of time as OpenSLO writes it: `30d` is 30 and `d`; m h d w are fixed, M Q Y are of the calendar."""

    count: int
    unit: Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """What the budget is for: the last `span`, or (with `starts`, in the time zone `zone`) a calendar period."""

    span: Span
    starts: datetime | None = None
    zone: str = "UTC"

    @property
    def rolling(self) -> bool:
        """Whether the window moves with the clock."""
        return self.starts is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Which events count: an indicator of the catalogue, of a cohort (dimension -> value).

    An indicator that is a ratio says itself what is good. One that is a number (a latency, a cost) is compared: an event is
    good where `value op threshold`; of a `sum per` indicator the sum of a slice over its `per` is. `outcome_source` names the
    sources of outcomes that count ("" is every source): a session whose outcome nobody else told is unknown.
    """

    indicator: str
    cohort: Mapping[str, str] = field(default_factory=dict[str, str])
    op: Comparison | None = None
    threshold: float | None = None
    outcome_source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One target of one SLO; `id` is unique in a project: the SLO's name, or `name/objective` where it has several.

    `target` is the share of good events (or slices) promised, in (0, 1). With a `method` of time slices, a slice of
    `slice_min` minutes is good when its share of good events is at least `slice_target`. Events younger than `maturity_s`
    may still be restated by facts: alerts do not look at them.

    `weight` is its part in a composite (None outside of one). `by` names a dimension whose every value is promised the same
    for itself. Alerts stay silent below `min_events` in their window; `detector` chooses how they notice.
    """

    id: str
    slo: str
    target: float
    window: Window
    measure: Measure
    method: Method = "occurrences"
    slice_min: int = 1
    slice_target: float | None = None
    maturity_s: float = 0.0
    title: str = ""
    description: str = ""
    service: str = ""
    weight: float | None = None
    by: str = ""
    min_events: int = 0
    detector: Detector = "auto"
    risk: Risk = "medium"
    runbook: str = ""
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def budget(self) -> float:
        """The share of events that may be bad; 0.05 for 0.95, without the noise of the subtraction."""
        return round(1.0 - self.target, 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Minutes:
    """Events by minute: parallel arrays in ascending order of `minute` (minutes since the Unix epoch).

    A minute without events is absent. `unknown` are events of which nothing is known yet. `total` and `per` are the sum
    and the number it is for, of an indicator that is a sum for each; empty elsewhere.
    """

    minute: Ints
    good: Ints
    bad: Ints
    excluded: Ints
    unknown: Ints
    total: Floats = field(default_factory=lambda: np.empty(0, np.float64))
    per: Ints = field(default_factory=lambda: np.empty(0, np.int64))
