"""Fakes of the ports, for tests without a disk; each passes the conformance suite of its port.

Those of analytics and state are the adapters themselves, in memory: `DuckdbAnalytics(None, clock)` and
`SqlState(":memory:")`. What they do is SQL, and a second engine for it would be another product.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from trimtab.loop.store.model import DAY_NS, POSITIONS_PER_DAY, Entry, TextHit, TextRow, day_of
from trimtab.loop.store.words import words_of
from trimtab.vocabulary.kernel import Clock, Invalid


class MemoryTextIndex:
    """The text index in memory."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._rows: dict[int, list[TextRow]] = {}
        self._positions: dict[int, int] = {}

    def days(self) -> list[int]:
        """Days that are indexed, ascending."""
        return sorted(self._rows)

    def position(self, day: int) -> int:
        """The position up to which a day is indexed."""
        return self._positions.get(day, 0)

    def add(self, day: int, position: int, rows: Sequence[TextRow]) -> None:
        """Keep rows and the position."""
        self._rows.setdefault(day, []).extend(rows)
        self._positions[day] = position

    def find(self, project: str, words: Sequence[str], limit: int) -> list[TextHit]:
        """Rows that hold all words: of the last that came, the latest first."""
        wanted = set(words)
        hits = [
            TextHit(body=row.body, ordinal=row.ordinal, start_ns=row.start_ns)
            for day in reversed(self.days())
            for row in reversed(self._rows[day])
            if row.project == project and wanted <= set(words_of(row.text))
        ]
        return sorted(hits[:limit], key=lambda hit: hit.start_ns, reverse=True)

    def drop_day(self, day: int) -> None:
        """Forget a day."""
        self._rows.pop(day, None)
        self._positions.pop(day, None)

    def check(self) -> dict[int, str]:
        """All is well."""
        return dict.fromkeys(self.days(), "ok")

    def close(self) -> None:
        """Nothing is held."""


class MemoryJournal:
    """The journal in memory: days by the clock, as files would be."""

    def __init__(self, clock: Clock) -> None:
        """Hold nothing yet."""
        self._clock = clock
        self._days: dict[int, dict[int, Entry]] = {}
        self._last = 0

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Store the entries."""
        today = max(self._clock.now_ns() // DAY_NS, day_of(self._last))
        first = max(self._last, today * POSITIONS_PER_DAY) + 1
        positions = list(range(first, first + len(entries)))
        kept = self._days.setdefault(today, {})
        kept |= {p: replace(e, position=p) for p, e in zip(positions, entries, strict=True)}
        self._last = positions[-1] if positions else self._last
        return positions

    def read(self, after: int, limit: int) -> list[Entry]:
        """Up to `limit` entries with a position above `after`, in order."""
        entries = [e for _, day in sorted(self._days.items()) for e in day.values() if e.position > after]
        return entries[:limit]

    def get(self, position: int) -> Entry | None:
        """One entry, or None where it was dropped."""
        return self._days.get(day_of(position), {}).get(position)

    def last(self) -> int:
        """The highest position, 0 when empty."""
        return self._last

    def positions(self) -> Sequence[int]:
        """Every position that is there, ascending."""
        return [position for _, day in sorted(self._days.items()) for position in day]

    def reach(self, day: int) -> int:
        """The highest position of a day, 0 where it has none."""
        return max(self._days.get(day, {}), default=0)

    def rewrite(self, position: int, body: bytes | None) -> None:
        """Replace a body, or remove it (None)."""
        day = self._days.get(day_of(position), {})
        if body is None:
            day.pop(position, None)
        elif position in day:
            day[position] = replace(day[position], body=body)

    def expire(self, project: str, day: int) -> int:
        """Remove the bodies of one project from a day."""
        held = self._days.get(day, {})
        gone = [position for position, entry in held.items() if entry.project == project]
        for position in gone:
            del held[position]
        return len(gone)

    def scrub(self) -> bool:
        """Nothing lingers in memory."""
        return True

    def drop_day(self, day: int) -> int:
        """Forget a day."""
        return len(self._days.pop(day, {}))

    def days(self) -> list[int]:
        """Days that were written to, ascending."""
        return sorted(self._days)

    def backup(self, folder: Path) -> int:
        """There is no file to copy."""
        raise Invalid(f"a journal in memory has no file to copy to {folder}", code="backup")

    def close(self) -> None:
        """Nothing is held."""
