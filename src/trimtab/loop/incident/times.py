"""How fast incidents are detected, acknowledged, mitigated and resolved: definitions, n, median and 90th percentile.

MTTD  detected - impact        MTTA  acknowledged - detected
MTTM  mitigated - impact       MTTR  resolved - impact
Means of few and skewed values mislead, so the names stay and medians are given.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.loop.incident.model import Incident
from trimtab.vocabulary.kernel import Z95

DEFINITIONS = {
    "mttd": (
        "detected",
        "impact",
        "from the begin of the impact to the first page or the person who noticed",
    ),
    "mtta": ("acknowledged", "detected", "from the detection to the first acknowledgement"),
    "mttm": ("mitigated", "impact", "from the begin of the impact until users no longer suffered"),
    "mttr": ("resolved", "impact", "from the begin of the impact until it was over"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """One of the four, over `n` incidents in which both of its times are known; None without data.

    `median_s` with its distribution-free 95 % interval where n allows one; `p90_s` by nearest rank. `without` counts incidents
    that lack a time, or in which the two are in the wrong order.
    """

    name: str
    definition: str
    n: int
    without: int
    median_s: float | None = None
    low_s: float | None = None
    high_s: float | None = None
    p90_s: float | None = None


def measure(incidents: Sequence[Incident]) -> dict[str, Times]:
    """MTTD, MTTA, MTTM and MTTR over incidents."""
    return {name: times(name, incidents) for name in DEFINITIONS}


def times(name: str, incidents: Sequence[Incident]) -> Times:
    """One of the four."""
    last, first, definition = DEFINITIONS[name]
    found = [span_s(one, first, last) for one in incidents]
    values = sorted(one for one in found if one is not None and one >= 0)
    n, without = len(values), len(found) - len(values)
    if not values:
        return Times(name=name, definition=definition, n=0, without=without)
    low, high = median_interval(values)
    return Times(
        name=name,
        definition=definition,
        n=n,
        without=without,
        median_s=statistics.median(values),
        low_s=low,
        high_s=high,
        p90_s=values[math.ceil(0.9 * n) - 1],
    )


def span_s(incident: Incident, first: str, last: str) -> float | None:
    """Seconds between two times of an incident; None where one is not known."""
    begin, end = getattr(incident, f"{first}_ns"), getattr(incident, f"{last}_ns")
    return None if begin is None or end is None else (end - begin) / 1e9


def median_interval(values: Sequence[float]) -> tuple[float, float] | tuple[None, None]:
    """Order statistics at n/2 -+ z sqrt(n)/2 of sorted values; none where these ranks leave the sample."""
    n = len(values)
    half = Z95 * math.sqrt(n) / 2
    low, high = math.floor(n / 2 - half), math.ceil(n / 2 + half)
    if low < 0 or high > n - 1:
        return None, None
    return values[low], values[high]
