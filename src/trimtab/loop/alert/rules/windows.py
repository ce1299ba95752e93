"""The pairs of windows that an objective's burn-rate rules watch; kept as data (`windows.yaml`)."""

import math
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any, Literal

import yaml

from trimtab.loop.alert.rules.model import Json, Pair
from trimtab.loop.budget import Window
from trimtab.vocabulary.kernel import Missing

UNIT_MIN = {"m": 1, "h": 60, "d": 1440, "w": 10080}


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Pairs for one period, and what another period stretches: the factors, or the windows."""

    name: str
    period_min: int
    stretches: Literal["factors", "windows"]
    pairs: tuple[Pair, ...]


@lru_cache(maxsize=1)
def read_data() -> Json:
    """The file as it ships."""
    text = files("trimtab.loop.alert.rules").joinpath("windows.yaml").read_text(encoding="utf-8")
    found: Any = yaml.load(text, yaml.CSafeLoader)
    return found


def parse_span(text: str) -> int:
    """Minutes of `5m`, `1h`, `3d`, `4w`."""
    return int(text[:-1]) * UNIT_MIN[text[-1]]


def parse_pair(row: Json, period_min: int) -> Pair:
    """One row of a catalogue: factor = share of the budget x period / long window, where it is not given."""
    long_min = parse_span(row["long"])
    factor = row.get("factor") or row["budget_percent"] / 100 * period_min / long_min
    return Pair(
        severity=row["severity"],
        name=row["name"],
        long_min=long_min,
        short_min=parse_span(row["short"]),
        factor=round(factor, 12),
        held_min=parse_span(row.get("for", "0m")),
    )


@lru_cache(maxsize=1)
def catalogues() -> dict[str, Catalogue]:
    """All of them, by name."""
    found: dict[str, Catalogue] = {}
    for name, row in read_data()["catalogues"].items():
        period = parse_span(row["period"])
        pairs = tuple(parse_pair(pair, period) for pair in row["pairs"])
        found[name] = Catalogue(name=name, period_min=period, stretches=row["stretches"], pairs=pairs)
    return found


def period_min(window: Window) -> int:
    """The minutes of a window; of a calendar period the nominal ones (a month is 30 days)."""
    unit = window.span.unit
    each = UNIT_MIN[unit] if unit in UNIT_MIN else int(read_data()["days"][unit]) * UNIT_MIN["d"]
    return window.span.count * each


def pairs_of(window: Window, catalogue: str = "") -> tuple[Pair, ...]:
    """The pairs for an objective's window, from the named catalogue or the nearest; raises `Missing` for an unknown one.

    Left out are a pair whose long window is longer than the period, and one that would fire while the budget lasts.
    """
    known, data, period = catalogues(), read_data(), period_min(window)
    if catalogue and catalogue not in known:
        raise Missing(f"no catalogue of windows {catalogue}", hint=", ".join(sorted(known)))
    nearest = min(data["by_default"], key=lambda name: abs(math.log(known[name].period_min / period)))
    chosen = known[catalogue or nearest]
    scaled = [scale(pair, chosen, period) for pair in chosen.pairs]
    least = float(data["least_factor"])
    return tuple(pair for pair in scaled if pair.long_min <= period and pair.factor >= least)


def scale(pair: Pair, catalogue: Catalogue, period: int) -> Pair:
    """A catalogue's pair for a period of so many minutes: the same share of the budget in the same, or a like, window."""
    by = period / catalogue.period_min
    windows = by if catalogue.stretches == "windows" else 1.0
    return Pair(
        severity=pair.severity,
        name=pair.name,
        long_min=max(1, whole(pair.long_min * windows)),
        short_min=max(1, whole(pair.short_min * windows)),
        factor=pair.factor if catalogue.stretches == "windows" else round(pair.factor * by, 12),
        held_min=whole(pair.held_min * windows),
    )


def whole(minutes: float) -> int:
    """The nearest minute, halves upwards, as Pyrra rounds."""
    return math.floor(minutes + 0.5)
