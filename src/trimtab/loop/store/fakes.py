"""Fakes of the ports, for tests without a disk; each passes the conformance suite of its port."""

from collections.abc import Sequence

from trimtab.loop.store.model import TextHit, TextRow
from trimtab.loop.store.words import words_of


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
        """Rows that hold all words, the latest first."""
        wanted = set(words)
        hits = [
            TextHit(body=row.body, ordinal=row.ordinal, start_ns=row.start_ns)
            for rows in self._rows.values()
            for row in rows
            if row.project == project and wanted <= set(words_of(row.text))
        ]
        return sorted(hits, key=lambda hit: hit.start_ns, reverse=True)[:limit]

    def drop_day(self, day: int) -> None:
        """Forget a day."""
        self._rows.pop(day, None)
        self._positions.pop(day, None)

    def close(self) -> None:
        """Nothing is held."""
