"""Which minutes a count is about: a few of them, or all between two."""

from collections.abc import Iterable
from dataclasses import dataclass

from trimtab.loop.store.model import MINUTE_NS

FEW = 500
"""So many minutes are named one by one; of more, all between the first and the last are counted."""
MINUTE = f"({{ns}} // {MINUTE_NS})::bigint"
"""The minute of a time in ns, since the Unix epoch."""
PERIOD_NS = 4 * 3600 * 1_000_000_000
PERIOD = f"({{ns}} // {PERIOD_NS})::bigint"
"""The period of four hours of a time in ns, since the Unix epoch: what is tallied together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Minutes since the Unix epoch: `named` ones, else all from `first` to `last`."""

    first: int = 0
    last: int = (1 << 62) // MINUTE_NS
    named: tuple[int, ...] = ()

    @staticmethod
    def of(minutes: Iterable[int]) -> "Stretch | None":
        """The stretch that holds these minutes; None where there are none."""
        found = tuple(sorted(set(minutes)))
        if not found:
            return None
        return Stretch(first=found[0], last=found[-1], named=found if len(found) <= FEW else ())

    def after(self, minute: int) -> "Stretch | None":
        """What of it lies after a minute; None where nothing does."""
        if self.named:
            return Stretch.of(one for one in self.named if one > minute)
        first = max(self.first, minute + 1)
        return Stretch(first=first, last=self.last) if first <= self.last else None

    def minute_sql(self, column: str) -> str:
        """The condition that a column of minutes lies in it."""
        within = f"{column} between {self.first} and {self.last}"
        return f"{within} and {column} in ({', '.join(map(str, self.named))})" if self.named else within

    def time_sql(self, column: str) -> str:
        """The condition that a column of times in ns does; the bounds let the engine skip other hours."""
        bounds = f"{column} >= {self.first * MINUTE_NS} and {column} < {(self.last + 1) * MINUTE_NS}"
        minute = MINUTE.format(ns=column)
        return f"{bounds} and {minute} in ({', '.join(map(str, self.named))})" if self.named else bounds
