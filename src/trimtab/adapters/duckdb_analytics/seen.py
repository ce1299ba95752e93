"""Which traces may be stored already, and on which days.

Bloom filters, so that a new trace costs no look into the file, and one that goes on a look at its days alone.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

Hashes = np.ndarray[Any, np.dtype[np.uint64]]
BITS_PER_TRACE = 32
PROBES = 6
SMALLEST = 1 << 12


class SeenTraces:
    """Says no for sure, and yes wrongly for three traces in a hundred thousand (6 probes, 32 bits a trace)."""

    def __init__(self, hashes: Hashes) -> None:
        """Hold these hashes, with room for as many again."""
        self._room = max(SMALLEST, 1 << (2 * len(hashes)).bit_length())
        self._mask = np.uint64(self._room * BITS_PER_TRACE - 1)
        self._bytes = np.zeros(self._room * BITS_PER_TRACE // 8, np.uint8)
        self._count = 0
        self.add(hashes)

    @property
    def full(self) -> bool:
        """Whether it is time to make a larger one."""
        return self._count > self._room

    def _places(self, hashes: Hashes) -> Hashes:
        """Bits of each hash, by double hashing of its halves (Kirsch and Mitzenmacher, 2006); shape (PROBES, n)."""
        step = (hashes >> np.uint64(32)) | np.uint64(1)
        probes = np.arange(PROBES, dtype=np.uint64)[:, None]
        return (hashes[None, :] + probes * step[None, :]) & self._mask

    def add(self, hashes: Hashes) -> None:
        """Remember more."""
        places = self._places(hashes).ravel()
        bits = np.left_shift(1, places & np.uint64(7)).astype(np.uint8)
        np.bitwise_or.at(self._bytes, places >> np.uint64(3), bits)
        self._count += len(hashes)

    def may_hold(self, hashes: Hashes) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """For each hash, False only where it was never added."""
        places = self._places(hashes)
        found = self._bytes[places >> np.uint64(3)] >> (places & np.uint64(7)).astype(np.uint8)
        return np.asarray((found & 1).all(axis=0))


class SeenDays:
    """The traces of each day, in filters of their own."""

    def __init__(self) -> None:
        """No day yet."""
        self._days: dict[int, SeenTraces] = {}

    def add(self, day: int, hashes: Hashes) -> None:
        """Remember more traces of a day."""
        found = self._days.get(day)
        if found is None:
            self._days[day] = SeenTraces(hashes)
        else:
            found.add(hashes)

    def full(self) -> list[int]:
        """The days that need a larger filter."""
        return [day for day, found in self._days.items() if found.full]

    def forget(self, day: int) -> None:
        """Make room for a filter of a day that is made anew."""
        self._days.pop(day, None)

    def may_hold(self, hashes: Hashes) -> Iterator[tuple[int, np.ndarray[Any, np.dtype[np.int64]]]]:
        """Each day that may hold any of the traces, with the places of those that it may hold."""
        for day, found in self._days.items():
            places = np.flatnonzero(found.may_hold(hashes))
            if len(places):
                yield day, places
