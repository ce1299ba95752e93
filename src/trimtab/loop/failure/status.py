"""Whether a failure is new, regressed, resolved or ongoing: a rule over when it was seen and against how much.

A failure is **resolved** when it stayed away although it had the chance to come back:

1. it was not seen since the latest release of its agents that came after it, or not for 7 days; and
2. enough sessions of its agents closed since then: (1 - p)^n <= 0.05, where n is their number and
   p = k / (N + 1) the rate before, k sessions with the failure among N. So no traffic resolves nothing.

It **regressed** when it was seen in the window after it had been resolved, is **new** when it was first seen in
the window, else it is **ongoing**. Sessions are counted by whole hours that lie between two sights, so n is
never too large. The rule reads no clock: `until_ns` is now.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from trimtab.loop.failure.model import Status

HOUR_NS = 3_600_000_000_000
QUIET_NS = 7 * 24 * HOUR_NS
DOUBT = 0.05
"""How likely the silence may be by chance, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hour:
    """How many sessions of one release closed within the hour that begins at `start_ns`."""

    start_ns: int
    release: str
    sessions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Sessions of some agents over time, and when a release other than the first was seen first.

    `hours` ascend; `before[i]` counts the sessions of the hours before `hours[i]`.
    """

    hours: tuple[int, ...]
    before: tuple[int, ...]
    changes_ns: tuple[int, ...]

    def sessions(self, since_ns: int, until_ns: int) -> int:
        """Sessions that closed in the whole hours within a time range."""
        first = bisect_left(self.hours, since_ns)
        last = bisect_right(self.hours, until_ns - HOUR_NS)
        return max(self.before[last] - self.before[first], 0) if last > first else 0

    def until(self, time_ns: int) -> int:
        """Sessions that closed up to and with the hour of a time."""
        return self.before[bisect_right(self.hours, time_ns)]

    def release_after(self, time_ns: int, until_ns: int) -> int | None:
        """When the latest release within a time range came, None where none did."""
        place = bisect_right(self.changes_ns, until_ns)
        latest = self.changes_ns[place - 1] if place else None
        return latest if latest is not None and latest > time_ns else None


def traffic_of(by_agent: Iterable[Sequence[Hour]]) -> Traffic:
    """The traffic of some agents together."""
    counted: dict[int, int] = {}
    changes: set[int] = set()
    for hours in by_agent:
        seen: dict[str, int] = {}
        for hour in hours:
            counted[hour.start_ns] = counted.get(hour.start_ns, 0) + hour.sessions
            seen[hour.release] = min(hour.start_ns, seen.get(hour.release, hour.start_ns))
        changes.update(sorted(seen.values())[1:])
    hours = sorted(counted)
    return Traffic(
        hours=tuple(hours),
        before=(0, *accumulate(counted[hour] for hour in hours)),
        changes_ns=tuple(sorted(changes)),
    )


def gone(times: int, last_ns: int, until_ns: int, of: Traffic) -> bool:
    """Whether a failure that was seen `times` times up to `last_ns` is resolved at `until_ns`."""
    release = of.release_after(last_ns, until_ns)
    if release is None and until_ns - last_ns < QUIET_NS:
        return False
    rate = min(times / (of.until(last_ns) + 1), 1.0)
    chances = of.sessions(last_ns if release is None else release, until_ns)
    return (1.0 - rate) ** chances <= DOUBT


def status_of(seen_ns: Sequence[int], since_ns: int, until_ns: int, of: Traffic) -> tuple[Status, int]:
    """The status of a failure that was seen at these times (ascending, not empty), for a window of time.

    With it the time at which it began, or, where it regressed, began again.
    """
    if gone(len(seen_ns), seen_ns[-1], until_ns, of):
        return "resolved", seen_ns[0]
    for number, (before, after) in enumerate(pairwise(seen_ns), start=1):
        if after >= since_ns and gone(number, before, after, of):
            return "regressed", after
    return "new" if seen_ns[0] >= since_ns else "ongoing", seen_ns[0]
