"""What was seen of the audit logs of agents, by SQLAlchemy."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from trimtab.adapters.sql_state.engine import change, open_engine, rows
from trimtab.adapters.sql_state.tables import CHECKPOINTS
from trimtab.loop.access import Seen
from trimtab.vocabulary.kernel import Conflict


class SqlWitnessStore:
    """Checkpoints in the order in which they were seen."""

    def __init__(self, where: str) -> None:
        """Open a path, ":memory:", or a URL, and bring its schema up to date."""
        self._engine = open_engine(where)

    def latest(self, project: str, origin: str) -> Seen | None:
        """The last checkpoint of a log that contradicts nothing."""
        found = rows(
            self._engine,
            self._of(project, origin)
            .where(CHECKPOINTS.c.follows.is_not(None))
            .order_by(CHECKPOINTS.c.sequence.desc())
            .limit(1),
        )
        return seen_of(found[0]) if found else None

    def append(self, seen: Seen) -> None:
        """Keep a checkpoint; durable on return. Raises `Conflict` where another came first."""
        values = {c.name: getattr(seen, c.name) for c in CHECKPOINTS.c if c.name != "sequence"}
        try:
            change(self._engine, sa.insert(CHECKPOINTS).values(**values))
        except IntegrityError as error:
            raise Conflict(
                "another checkpoint of the log was seen meanwhile", hint="send it again"
            ) from error

    def checkpoints(self, project: str, origin: str) -> list[Seen]:
        """All that was seen of a log, what contradicts too, the earliest first."""
        every = self._of(project, origin).order_by(CHECKPOINTS.c.sequence)
        return [seen_of(row) for row in rows(self._engine, every)]

    def logs(self, project: str) -> list[Seen]:
        """The last checkpoint of each log, by name."""
        last = (
            sa.select(sa.func.max(CHECKPOINTS.c.sequence))
            .where(CHECKPOINTS.c.project == project, CHECKPOINTS.c.follows.is_not(None))
            .group_by(CHECKPOINTS.c.origin)
        )
        every = sa.select(CHECKPOINTS).where(CHECKPOINTS.c.sequence.in_(last)).order_by(CHECKPOINTS.c.origin)
        return [seen_of(row) for row in rows(self._engine, every)]

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()

    def _of(self, project: str, origin: str) -> sa.Select[Any]:
        return sa.select(CHECKPOINTS).where(CHECKPOINTS.c.project == project, CHECKPOINTS.c.origin == origin)


def seen_of(row: dict[str, Any]) -> Seen:
    """A checkpoint as it is kept."""
    named = {name: value for name, value in row.items() if name != "sequence"}
    return Seen(**named, contradicts=row["follows"] is None)
