"""Where indicators are asked: among our own tables, all sessions or some of them, or in the locked room of users' SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from trimtab.loop.store import CLOSED, Analytics, Row, Rows

MAX_ROWS = 100_000
OURS = f"""with steps as (select * exclude (project) from steps where project = {{project}}),
facts as (select * exclude (project) from facts where project = {{project}}),
sessions as (
  select * exclude (project, pinned_ns, settle_ns, close_ns, received_ns), {CLOSED} as closed_ns
  from sessions{{but}} where project = {{project}}{{only}})"""
NOW = "select getvariable('now_ns') as now_ns"


class Room(Protocol):
    """Tables `steps`, `facts` and `sessions` of one project; `whole` where all of its sessions are there."""

    @property
    def whole(self) -> bool:
        """Whether no session is left out."""
        ...

    def now_ns(self) -> int:
        """The time at which sessions are looked at."""
        ...

    def ask(self, parts: Sequence[str], select: str) -> list[Row]:
        """Rows of a select over common table expressions."""
        ...


def text(value: str) -> str:
    """A text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    """Our own tables: of the sessions those that a join does not take away (`but`), and that fit a condition (`only`)."""

    rows: Rows
    project: str
    but: str = ""
    only: str = ""

    @property
    def whole(self) -> bool:
        """Whether no session is left out."""
        return not (self.but or self.only)

    def now_ns(self) -> int:
        """The clock's time."""
        return int(self.rows.rows(NOW)[0]["now_ns"])

    def ask(self, parts: Sequence[str], select: str) -> list[Row]:
        """Rows of a select, as it stands."""
        start = OURS.format(project=text(self.project), but=self.but, only=self.only)
        return self.rows.rows(f"{', '.join([start, *parts])} {select}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """The locked room, with its own views of the same names."""

    analytics: Analytics
    project: str
    whole: bool = True

    def now_ns(self) -> int:
        """The clock's time."""
        return int(self.analytics.rows(NOW)[0]["now_ns"])

    def ask(self, parts: Sequence[str], select: str) -> list[Row]:
        """Rows of a select; raises `Refused` where it reaches out of the room, `Invalid` for an error in it."""
        names, rows = self.analytics.user_rows(self.project, f"with {', '.join(parts)} {select}", MAX_ROWS)
        return [dict(zip(names, row, strict=True)) for row in rows]
