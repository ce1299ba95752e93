"""When a route keeps silent: recurring times, on the wall clock of a zone.

https://prometheus.io/docs/alerting/latest/configuration/#time_interval
"""

import calendar
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from trimtab.loop.alert.pipeline.fields import Node, fields, items, name_of, text, unique, wrong, zone
from trimtab.loop.alert.pipeline.model import Period, Route

Ranges = tuple[tuple[int, int], ...]
WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
MONTHS = (
    *("", "january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
CLOCK = re.compile(r"(\d{1,2}):([0-5]\d)")
DAY_MIN = 1440


def muted(route: Route, intervals: Mapping[str, Sequence[Period]], now_ns: int) -> bool:
    """Whether a route keeps silent now: in a muted time, or outside all of its active ones."""
    if any(within(intervals[name], now_ns) for name in route.muted_in):
        return True
    return bool(route.active_in) and not any(within(intervals[name], now_ns) for name in route.active_in)


def within(periods: Sequence[Period], now_ns: int) -> bool:
    """Whether a time falls into one of the periods."""
    at = datetime.fromtimestamp(now_ns // 1_000_000_000, tz=UTC)
    return any(covers(period, at.astimezone(ZoneInfo(period.zone))) for period in periods)


def covers(period: Period, at: datetime) -> bool:
    """Whether all that a period says holds at a local time."""
    minute = at.hour * 60 + at.minute
    last = calendar.monthrange(at.year, at.month)[1]
    days = [(from_end(low, last), from_end(high, last)) for low, high in period.days]
    return (
        (not period.minutes or any(low <= minute < high for low, high in period.minutes))
        and inside(period.weekdays, at.isoweekday() % 7)
        and inside(days, at.day)
        and inside(period.months, at.month)
        and inside(period.years, at.year)
    )


def inside(ranges: Sequence[tuple[int, int]], value: int) -> bool:
    """Whether a value is in one of the ranges; without any it is."""
    return not ranges or any(low <= value <= high for low, high in ranges)


def from_end(day: int, last: int) -> int:
    """A day of the month, negative ones counted from its end, within the month."""
    return max(1, last + day + 1) if day < 0 else min(day, last + 1)


def read_intervals(node: Node | None) -> dict[str, tuple[Period, ...]]:
    """The named times of a document; raises `Invalid`."""
    found: dict[str, tuple[Period, ...]] = {}
    nodes = items(node)
    given = [fields(one, required=("name", "time_intervals")) for one in nodes]
    unique(nodes, [name_of(one["name"]) for one in given])
    for one in given:
        found[name_of(one["name"])] = tuple(read_period(each) for each in items(one["time_intervals"]))
    return found


def read_period(node: Node) -> Period:
    """One recurring time."""
    given = fields(node, optional=("times", "weekdays", "days_of_month", "months", "years", "location"))
    return Period(
        minutes=tuple(read_minutes(one) for one in items(given.get("times"))),
        weekdays=ranges(given.get("weekdays"), WEEKDAYS, (0, 6)),
        days=ranges(given.get("days_of_month"), (), (-31, 31)),
        months=ranges(given.get("months"), MONTHS, (1, 12)),
        years=ranges(given.get("years"), (), (1970, 9999)),
        zone=zone(given.get("location")),
    )


def read_minutes(node: Node) -> tuple[int, int]:
    """A range of the day in minutes."""
    given = fields(node, required=("start_time", "end_time"))
    low, high = minute_of(given["start_time"]), minute_of(given["end_time"])
    if low >= high:
        wrong(node, "ends before it starts", "a night needs two ranges: until 24:00, and from 00:00")
    return low, high


def minute_of(node: Node) -> int:
    """A time of day in minutes; YAML reads an unquoted 17:00 as the number 1020, which is meant so."""
    if isinstance(node.value, int) and not isinstance(node.value, bool):
        minute = node.value
    else:
        found = CLOCK.fullmatch(text(node))
        if found is None:
            wrong(node, f"no time of day: {node.value!r}", "for example '09:00'")
        minute = int(found[1]) * 60 + int(found[2])
    if not 0 <= minute <= DAY_MIN:
        wrong(node, f"no time of day: {node.value!r}", "from '00:00' to '24:00'")
    return minute


def ranges(node: Node | None, names: Sequence[str], bounds: tuple[int, int]) -> Ranges:
    """Ranges such as `monday:friday`, `1:5`, `-1`, each with its ends."""
    found: list[tuple[int, int]] = []
    for one in items(node):
        low, _, high = text(one).lower().partition(":")
        first = number(one, low, names, bounds)
        last = number(one, high or low, names, bounds)
        if first > last and (first < 0) == (last < 0):
            wrong(one, "ends before it starts", "write two ranges")
        found.append((first, last))
    return tuple(found)


def number(node: Node, written: str, names: Sequence[str], bounds: tuple[int, int]) -> int:
    """The number that a name or a number stands for."""
    written = written.strip()
    value = names.index(written) if written and written in names else None
    if value is None and re.fullmatch(r"-?\d{1,4}", written):
        value = int(written)
    if value is None or value == 0 > bounds[0] or not bounds[0] <= value <= bounds[1]:
        wrong(node, f"{node.value!r} is no such range", f"from {bounds[0]} to {bounds[1]}, or by name")
    return value
