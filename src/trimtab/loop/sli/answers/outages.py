"""When a provider was out: stretches of minutes in which far more of its calls failed through its fault than usual."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trimtab.vocabulary.kernel import wilson

LEAST_CALLS = 10
"""A stretch of fewer calls tells nothing."""
SHARE = 5
"""One call in so many that fails is too much: the lower bound of the share of faults is above 1/5."""
TIMES = 3
"""So many times as often as usual."""
SILENT_MINUTES = 5
"""After so many minutes without a call nothing is known: no stretch goes on over them."""


@dataclass(frozen=True, slots=True, order=True)
class Minute:
    """What ended in a minute: calls of one provider, those that failed through its fault, and the agents that these hit."""

    minute: int
    calls: int
    faults: int
    agents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """From the first minute to the last, both within; `usual` is the share of faults outside of all such stretches.

    `interval` is the 95 % Wilson interval of the share of faults within. `usual` is None where no call ended outside.
    """

    first: int
    last: int
    calls: int
    faults: int
    interval: tuple[float, float]
    usual: float | None
    agents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Segment:
    """Places of minutes, and the score summed up before the first and with the last."""

    first: int
    last: int
    before: int
    through: int


def outages(minutes: Iterable[Minute]) -> list[Outage]:
    """The outages of one provider in the order of time; neither the order of the minutes nor silent ones matter.

    A stretch is a maximal scoring segment (Ruzzo and Tompa 1999) of minutes with calls, whose score is faults - calls / 5. It is an
    outage where at least 10 calls ended in it and the lower bound of the 95 % Wilson interval of its share of faults
    is above 1/5 and above 3 times the usual share.
    """
    known = sorted(one for one in minutes if one.calls)
    bad: list[tuple[Sequence[Minute], tuple[float, float]]] = []
    for spell in spells(known):
        for found in segments([SHARE * one.faults - one.calls for one in spell]):
            stretch = spell[found.first : found.last + 1]
            calls, faults = totals(stretch)
            interval = wilson(faults, calls)
            if interval and calls >= LEAST_CALLS and interval[0] > 1 / SHARE:
                bad.append((stretch, interval))
    usual = share_outside(known, [stretch for stretch, _ in bad])
    return [
        outage_of(stretch, interval, usual)
        for stretch, interval in bad
        if usual is None or interval[0] > TIMES * usual
    ]


def spells(known: Sequence[Minute]) -> list[list[Minute]]:
    """Minutes with calls in the order of time, cut where silence is too long."""
    found: list[list[Minute]] = []
    for one in known:
        if found and one.minute - found[-1][-1].minute <= SILENT_MINUTES:
            found[-1].append(one)
        else:
            found.append([one])
    return found


def segments(scores: Sequence[int]) -> list[Segment]:
    """All maximal scoring segments: every part of one scores less, and none lies within a larger one of that kind."""
    settled: list[Segment] = []
    still: list[Segment] = []
    total = lowest = 0
    for place, score in enumerate(scores):
        total += score
        if score > 0:
            join(still, Segment(place, place, total - score, total))
        elif total < lowest:
            # From here on no segment can reach back beyond this place.
            lowest = total
            settled += still
            still.clear()
    return settled + still


def join(still: list[Segment], new: Segment) -> None:
    """Put a segment behind the others, as one with all from which the sum went up to it."""
    place = len(still)
    while place:
        place -= 1
        if still[place].before < new.before:
            if still[place].through >= new.through:
                break
            new = Segment(still[place].first, new.last, still[place].before, new.through)
            del still[place:]
    still.append(new)


def totals(of: Iterable[Minute]) -> tuple[int, int]:
    """Calls and faults."""
    calls = faults = 0
    for one in of:
        calls += one.calls
        faults += one.faults
    return calls, faults


def share_outside(known: Sequence[Minute], bad: Iterable[Sequence[Minute]]) -> float | None:
    """The share of faults in all minutes but those; None without a call."""
    calls, faults = totals(known)
    for stretch in bad:
        within = totals(stretch)
        calls, faults = calls - within[0], faults - within[1]
    return faults / calls if calls else None


def outage_of(stretch: Sequence[Minute], interval: tuple[float, float], usual: float | None) -> Outage:
    """What is told of a stretch."""
    calls, faults = totals(stretch)
    return Outage(
        first=stretch[0].minute,
        last=stretch[-1].minute,
        calls=calls,
        faults=faults,
        interval=interval,
        usual=usual,
        agents=tuple(sorted({agent for one in stretch for agent in one.agents})),
    )
