"""Charts as SVG: drawn on the server, titled, with a table behind each."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from trimtab.app.web.words import dollars

WIDE, HIGH, LEFT, BOTTOM, TOP = 800, 220, 56, 28, 10
Point = tuple[int, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """The geometry of a line over time, in a box of 800 by 220; a gap is where there is no data."""

    lines: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]
    ticks: tuple[tuple[float, str], ...]
    marks: tuple[tuple[float, str], ...]
    zero: float | None
    first_ns: int
    last_ns: int


def runs_of(points: Sequence[Point]) -> list[list[tuple[int, float]]]:
    """The points in runs without gaps."""
    runs: list[list[tuple[int, float]]] = [[]]
    for at, value in points:
        if value is not None:
            runs[-1].append((at, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def line_chart(
    points: Sequence[Point], marks: Sequence[tuple[int, str]] = (), unit: str = "percent"
) -> Chart | None:
    """The chart of percentages or of money over time; None where there is no data at all."""
    runs = runs_of(points)
    if not runs:
        return None
    known = [value for run in runs for _, value in run]
    low, high = min(0.0, *known), (max(100.0, *known) if unit == "percent" else ceiling(max(known)))
    first, last = points[0][0], points[-1][0]
    length = max(1, last - first)

    def across(at: int) -> float:
        return round(LEFT + (at - first) / length * (WIDE - LEFT - 8), 1)

    def down(value: float) -> float:
        return round(TOP + (high - value) / (high - low) * (HIGH - TOP - BOTTOM), 1)

    placed = [[(across(at), down(value)) for at, value in run] for run in runs]
    levels = {0.0, 50.0, 100.0} if unit == "percent" else {0.0, high / 2, high}
    said = whole_percent if unit == "percent" else dollars
    return Chart(
        lines=tuple(" ".join(f"{x},{y}" for x, y in run) for run in placed if len(run) > 1),
        dots=tuple(run[0] for run in placed if len(run) == 1),
        ticks=tuple((down(value), said(value)) for value in sorted(levels | ({low} if low < -20 else set()))),
        marks=tuple((across(at), said) for at, said in marks if first <= at <= last),
        zero=down(0.0) if unit == "percent" else None,
        first_ns=first,
        last_ns=last,
    )


def whole_percent(value: float) -> str:
    """A percentage beside an axis."""
    return f"{value:,.0f} %"


def ceiling(value: float) -> float:
    """The next round number: 1, 2 or 5 times a power of ten."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(one * power for one in (1, 2, 5, 10) if value <= one * power)
