"""What the store needs of an engine; each port has a fake that ships and one conformance suite."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, BinaryIO, Protocol

import numpy as np

from trimtab.loop.store.model import (
    Batch,
    Entry,
    MinuteRow,
    Reached,
    Retention,
    TallyRow,
    Target,
    TextHit,
    TextRow,
)
from trimtab.loop.store.names import Wiped
from trimtab.loop.store.stretch import Stretch

Row = dict[str, Any]
Params = Mapping[str, object]
Column = np.ndarray[Any, np.dtype[Any]]
Sound = Callable[[str, Mapping[str, str]], Collection[str]]
"""(project, its settings as they would be) -> those that nobody could read any more."""


class Journal(Protocol):
    """The durable truth: redacted bodies in the order of their positions."""

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Store all entries or none; on return they survive kill -9. Gives their positions.

        Raises `Unavailable` when the disk is full or the file is locked.
        """
        ...

    def read(self, after: int, limit: int) -> list[Entry]:
        """Up to `limit` entries with a position above `after`, in order."""
        ...

    def get(self, position: int) -> Entry | None:
        """One entry, or None where it was dropped."""
        ...

    def last(self) -> int:
        """The highest position, 0 when empty."""
        ...

    def positions(self) -> Sequence[int]:
        """Every position that is there, ascending."""
        ...

    def reach(self, day: int) -> int:
        """The highest position of a day, 0 where it has none."""
        ...

    def rewrite(self, position: int, body: bytes | None) -> None:
        """Replace a body, or remove its row (None): erasure. Call `scrub` afterwards."""
        ...

    def expire(self, project: str, day: int) -> int:
        """Remove the bodies of one project from a day; gives their number. Call `scrub` afterwards."""
        ...

    def scrub(self) -> bool:
        """Make removed bytes physically gone; False while an open reader keeps them alive."""
        ...

    def drop_day(self, day: int) -> int:
        """Delete the file of a day; gives the number of its rows."""
        ...

    def days(self) -> list[int]:
        """Days since the Unix epoch that have a file, ascending."""
        ...

    def backup(self, folder: Path) -> int:
        """Copy every day file consistently while in use; gives the number of files."""
        ...

    def close(self) -> None:
        """Give the files back."""
        ...


class Rows(Protocol):
    """What our own queries are asked of."""

    def rows(self, sql: str, params: Params | None = None) -> list[Row]:
        """Rows of one of our own queries; `getvariable('now_ns')` in it is the clock's time."""
        ...


class Analytics(Protocol):
    """Derived rows: steps, sessions, facts. One process owns it; readers run beside the writer."""

    def apply(self, batch: Batch) -> None:
        """Apply a batch and its position in one transaction; applying it twice changes nothing."""
        ...

    def applied(self) -> int:
        """The journal position up to which everything is applied."""
        ...

    def rows(self, sql: str, params: Params | None = None) -> list[Row]:
        """Rows of one of our own queries; `getvariable('now_ns')` in it is the clock's time."""
        ...

    def snapshot(self) -> AbstractContextManager[Rows]:
        """Rows as of one moment, at one time, for several queries that belong together."""
        ...

    def claim_tallies(self, project: str, form: str, periods: Sequence[int]) -> int:
        """Say that some periods are about to be tallied; gives the number of the claim.

        A change of a session that closes in one of them, or did so before, ends its tallies and any claim to them.
        """
        ...

    def put_tallies(self, claim: int, project: str, built_ns: int, rows: Sequence[TallyRow]) -> None:
        """Keep what was counted, as of `built_ns`, of the periods that are still claimed."""
        ...

    def columns(self, sql: str, params: Params | None = None) -> dict[str, Column]:
        """Columns of one of our own queries as arrays, for many rows."""
        ...

    def follow_minutes(self) -> None:
        """Mark from here on the minutes in which something changes: an event's, and those in which its session closes."""
        ...

    def marked_minutes(self) -> tuple[int, dict[str, list[int]]]:
        """A number for `unmark`, and the minutes of each project that are to be counted anew."""
        ...

    def put_minutes(self, project: str, stretch: Stretch, rows: Mapping[str, Sequence[MinuteRow]]) -> None:
        """Replace the counts of series (by name) in a stretch of minutes; a series without rows has no events there."""
        ...

    def keep_series(self, project: str, series: Sequence[str]) -> None:
        """Forget the counts of all other series of a project: nobody counts them anew, so they would grow old."""
        ...

    def unmark(self, mark: int, but: Collection[str] = ()) -> None:
        """Forget the marks up to a number that `marked_minutes` gave, but those of some projects: what came since stays marked."""
        ...

    def ignore_minutes(self) -> None:
        """Mark no more, and forget all counts and marks."""
        ...

    def user_rows(self, project: str, sql: str, limit: int) -> tuple[list[str], list[tuple[object, ...]]]:
        """Columns and rows of a user's read-only query over the views of one project.

        Raises `Refused` for anything but a select over these views, `Invalid` for an error in it.
        """
        ...

    def days(self, project: str) -> list[Row]:
        """Each table and UTC day (since the Unix epoch) of a project: table, day, rows, and a digest of them."""
        ...

    def parquet(self, project: str, table: str, day: int, sink: BinaryIO) -> int:
        """Write one day of steps, sessions or facts as Parquet; gives the number of rows. Raises `Invalid`."""
        ...

    def erase(self, target: Target) -> Row:
        """Remove whole sessions with their facts; gives how many `sessions`, `steps` and `facts` went.

        Steps received behind `target.upto` stay. Call `compact` afterwards.
        """
        ...

    def renumber(self, places: Mapping[int, Sequence[tuple[bytes, int]]]) -> None:
        """Point at the spans and log records of rewritten bodies again: body -> what `Remains` says stays in it."""
        ...

    def expire(self, project: str, kind: str, before_ns: int, limit: int) -> int:
        """Remove what was last heard of before a time, the oldest first; gives how many rows went.

        `steps` go by whole sessions, at most `limit` of them, and the sessions keep their numbers;
        `sessions` go with whatever steps are left; `facts` by their time or receipt.
        """
        ...

    def clear(self) -> None:
        """Forget the rows whose body the journal still has; sessions, and rows without a body, stay as they are."""
        ...

    def compact(self) -> bool:
        """Write the file anew, so that the bytes of removed rows are gone; False where that was not possible."""
        ...

    def backup(self, folder: Path) -> None:
        """Write a consistent copy into `folder` while in use."""
        ...

    def close(self) -> None:
        """Checkpoint and give the file back."""
        ...


class TextIndex(Protocol):
    """Full-text search: words and pointers into the journal, by the journal's days; all of it can be made again."""

    def days(self) -> list[int]:
        """Days since the Unix epoch that are indexed, ascending."""
        ...

    def position(self, day: int) -> int:
        """The journal position up to which a day is indexed, 0 before the first."""
        ...

    def add(self, day: int, position: int, rows: Sequence[TextRow]) -> None:
        """Index rows of one day and the position up to which it now reaches, both or neither."""
        ...

    def find(self, project: str, words: Sequence[str], limit: int) -> list[TextHit]:
        """Pointers to spans of a project that hold all words (as `words_of` gives them), the latest first."""
        ...

    def drop_day(self, day: int) -> None:
        """Forget a day."""
        ...

    def check(self) -> dict[int, str]:
        """Day -> "ok", or what is wrong with its index."""
        ...

    def close(self) -> None:
        """Give the files back."""
        ...


class State(Protocol):
    """Small things that must not be lost: projects, keys, settings."""

    def add_project(self, name: str, now_ns: int) -> None:
        """Create a project; a second time changes nothing."""
        ...

    def projects(self) -> list[Row]:
        """All projects: name, created_ns."""
        ...

    def add_key(self, row: Row) -> None:
        """Keep a key: id, project, hash, scopes, name, created_ns. The key itself is never kept."""
        ...

    def key_by_hash(self, digest: str) -> Row | None:
        """A key that is not revoked, by its hash."""
        ...

    def keys(self, project: str) -> list[Row]:
        """The keys of a project, without their hashes."""
        ...

    def revoke_key(self, key_id: str, now_ns: int) -> bool:
        """Revoke a key; False where there is none."""
        ...

    def setting(self, name: str) -> str | None:
        """A stored setting."""
        ...

    def set_setting(self, name: str, value: str) -> None:
        """Store a setting."""
        ...

    def keep_setting(self, name: str, value: str) -> str:
        """Store a setting that has no value yet; gives the one that it has now, the same to all who ask at once."""
        ...

    def retention(self, project: str) -> Retention:
        """How long a project keeps what; the defaults where nobody said otherwise."""
        ...

    def set_retention(self, project: str, retention: Retention) -> None:
        """Set how long a project keeps what."""
        ...

    def put_erasure(self, row: Row) -> None:
        """Keep a request of erasure, or its progress: a row of the same `id` is replaced.

        id, project, what, value (None when done: no personal data stays), digest, upto, requested_ns,
        finished_ns (None until done), counts (JSON), said (how it was asked for, where that differs; None when done).
        """
        ...

    def erasures(self) -> list[Row]:
        """All erasures, in the order of their requests."""
        ...

    def forget(self, project: str, names: Wiped, sound: Sound, *, dry: bool = False) -> Reached:
        """Take names out of everything that is said of a project, in one transaction; `dry` only counts.

        Rows stay, and what refers to each other still does. A setting that `sound` names stays as it is.
        """
        ...

    def texts(self, project: str) -> set[str]:
        """Whatever is said of a project, string by string."""
        ...

    def scrub(self) -> bool:
        """Make removed values physically gone; False while an open reader keeps them alive."""
        ...

    def check(self) -> str:
        """What the engine says of itself: `ok`, or what is wrong."""
        ...

    def backup(self, folder: Path) -> None:
        """Copy consistently while in use."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...
