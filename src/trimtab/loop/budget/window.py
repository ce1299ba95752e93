"""Which minutes a budget is for: rolling windows, and calendar periods that keep to a zone's local time."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np

from trimtab.loop.budget.model import MINUTE_S, Ints, Objective, Span, Unit, Window
from trimtab.vocabulary.kernel import Invalid

MINUTE_NS = MINUTE_S * 1_000_000_000
FIXED_MIN = {"m": 1, "h": 60, "d": 1440, "w": 10080}
MONTHS = {"M": 1, "Q": 3, "Y": 12}
LONGEST_MIN = 5 * 366 * 1440
WRITTEN = re.compile(r"([1-9][0-9]{0,6})([mhdwMQY])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Minutes since the Unix epoch from `start` to before `end`."""

    start: int
    end: int


def span_of(text: str) -> Span:
    """The length that OpenSLO writes as `30d`; raises `Invalid` for another unit, 0, or more than five years."""
    found = WRITTEN.fullmatch(text)
    if not found:
        raise Invalid(
            f"{text!r} is no duration", hint="a whole number and one of m h d w M Q Y, for example 30d or 1M"
        )
    span = Span(count=int(found[1]), unit=cast("Unit", found[2]))
    if minutes_of(span) > LONGEST_MIN:
        raise Invalid(f"{text} is too long", hint="at most five years, for example 30d")
    return span


def text_of(span: Span) -> str:
    """The length as OpenSLO writes it."""
    return f"{span.count}{span.unit}"


def minutes_of(span: Span) -> int:
    """Minutes in a length; a month counts 30 days, a quarter 91 and a year 365 here, where no date is known."""
    days = {"M": 30, "Q": 91, "Y": 365}
    return span.count * (FIXED_MIN[span.unit] if span.unit in FIXED_MIN else days[span.unit] * 1440)


def minute_after(now_ns: int) -> int:
    """The minute before which everything until `now_ns` lies: the running minute counts as far as it has gone."""
    return -(-now_ns // MINUTE_NS)


def mature_until(now_ns: int, objective: Objective) -> int:
    """The minute before which facts should be complete: alerts look no further."""
    if objective.maturity_s <= 0:
        return minute_after(now_ns)
    return (now_ns - int(objective.maturity_s * 1e9)) // MINUTE_NS


def later(at: datetime, span: Span, times: int = 1) -> datetime:
    """The local time `times` spans after `at` (before, if negative); a 31st becomes the last day of a shorter month."""
    if span.unit in FIXED_MIN:
        return at + timedelta(minutes=FIXED_MIN[span.unit] * span.count * times)
    months = at.year * 12 + at.month - 1 + MONTHS[span.unit] * span.count * times
    year, month = divmod(months, 12)
    return at.replace(year=year, month=month + 1, day=min(at.day, monthrange(year, month + 1)[1]))


def local(minute: int, zone: ZoneInfo) -> datetime:
    """The wall clock of a zone at a minute, without a zone."""
    return datetime.fromtimestamp(minute * MINUTE_S, UTC).astimezone(zone).replace(tzinfo=None)


def minute_at(wall: datetime, zone: ZoneInfo) -> int:
    """The minute at which a zone's wall clock shows `wall`; the first of two, and as before the change where there is none."""
    return int(wall.replace(tzinfo=zone, fold=0).timestamp() // MINUTE_S)


def boundary(window: Window, number: int) -> int:
    """The minute at which a calendar window's period of that number starts; days and longer follow the wall clock."""
    starts = cast("datetime", window.starts).replace(tzinfo=None)
    zone = ZoneInfo(window.zone)
    if window.span.unit in "mh":
        return minute_at(starts, zone) + minutes_of(window.span) * number
    return minute_at(later(starts, window.span, number), zone)


def period_number(window: Window, minute: int) -> int:
    """Which period of a calendar window a minute lies in; 0 also before the first."""
    first = boundary(window, 0)
    if minute < first:
        return 0
    number = (minute - first) // minutes_of(window.span)
    while boundary(window, number + 1) <= minute:
        number += 1
    while boundary(window, number) > minute:
        number -= 1
    return number


def period_at(window: Window, end: int) -> Period:
    """The minutes that a budget is for, told at the end of the minute before `end`.

    A rolling window is the last span before `end`. A calendar window is the whole period that the last minute lies in, of
    which the rest is still to come; before its start it is the first, of which nothing has happened.
    """
    if window.rolling:
        return Period(start=rolling_start(window, end), end=end)
    number = period_number(window, end - 1)
    return Period(start=boundary(window, number), end=boundary(window, number + 1))


def rolling_start(window: Window, end: int) -> int:
    """The first minute of the span before `end`; months, quarters and years go back by date."""
    if window.span.unit in FIXED_MIN:
        return end - minutes_of(window.span)
    zone = ZoneInfo(window.zone)
    return minute_at(later(local(end, zone), window.span, -1), zone)


def starts_at(window: Window, ends: Ints) -> Ints:
    """The first minute of the window for each of many ends, which ascend."""
    if window.rolling and window.span.unit in FIXED_MIN:
        return ends - minutes_of(window.span)
    if window.rolling:
        return np.array([rolling_start(window, int(end)) for end in ends], np.int64)
    if not len(ends):
        return ends
    first, last = (period_number(window, int(end) - 1) for end in (ends[0], ends[-1]))
    bounds = np.array([boundary(window, number) for number in range(first, last + 1)], np.int64)
    return bounds[np.maximum(np.searchsorted(bounds, ends - 1, side="right") - 1, 0)]
