"""The store of directives by SQLAlchemy."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from trimtab.adapters.sql_state.engine import alone, change, open_engine, put, retryable, rows, transact
from trimtab.adapters.sql_state.tables import CONTROL_VERSIONS, DIRECTIVES
from trimtab.loop.mitigation import Standing, Undone, next_version, set_of
from trimtab.vocabulary.control import Directive
from trimtab.vocabulary.kernel import Conflict

D = DIRECTIVES.c


class SqlDirectiveStore:
    """Directives and versions; safe to share between threads, and between servers."""

    def __init__(self, where: str) -> None:
        """Open a path, ":memory:", or a URL, and bring its schema up to date."""
        self._engine = open_engine(where)

    def add(self, project: str, directive: Directive) -> None:
        """Keep a directive; raises `Conflict` where its id is taken."""
        values: dict[str, Any] = {c.name: getattr(directive, c.name) for c in D if c.name != "project"}
        try:
            with retryable(), self._engine.begin() as con:
                con.execute(sa.insert(DIRECTIVES).values(project=project, **values))
        except IntegrityError as error:
            raise Conflict(
                f"the directive {directive.id} is there already", hint="leave the id away"
            ) from error

    def undo(self, project: str, directive_id: str, undone: Undone) -> Directive | None:
        """Take a directive back; who was first stays."""
        named = sa.and_(D.project == project, D.id == directive_id)
        values = {"undone_ns": undone.at_ns, "undone_by": undone.by, "undone_why": undone.why}
        change(self._engine, sa.update(DIRECTIVES).where(named, D.undone_ns.is_(None)).values(**values))
        found = rows(self._engine, sa.select(DIRECTIVES).where(named))
        return directive_of(found[0]) if found else None

    def directives(self, project: str, until_after_ns: int = 0, limit: int = 1000) -> list[Directive]:
        """Directives that end after a time, the latest first."""
        found = sa.select(DIRECTIVES).where(D.project == project, D.until_ns > until_after_ns)
        latest = found.order_by(D.made_ns.desc(), D.id).limit(limit)
        return [directive_of(row) for row in rows(self._engine, latest)]

    def standing(self, project: str, now_ns: int) -> Standing:
        """What stands now; a set that differs from that of before gets a new version."""
        held = rows(self._engine, version_of(project))
        found = [directive_of(row) for row in rows(self._engine, standing_at(project, now_ns))]
        if not held or held[0]["digest"] != set_of(found):
            return transact(self._engine, lambda con: self._settle(con, project, now_ns))
        # A version that grew since it was read belongs to another set: this one and its version fit.
        return standing_of(held[0], found)

    def _settle(self, con: sa.Connection, project: str, now_ns: int) -> Standing:
        """Read and count while nobody else does: a set that is old must not become the newest version."""
        alone(con, f"control {project}")
        mine = CONTROL_VERSIONS.c.project == project
        if con.execute(sa.update(CONTROL_VERSIONS).where(mine).values(project=project)).rowcount == 0:
            first = {"project": project, "version": 0, "digest": "", "issued_ns": 0}
            con.execute(sa.insert(CONTROL_VERSIONS).values(**first))
        found = [directive_of(dict(row)) for row in con.execute(standing_at(project, now_ns)).mappings()]
        row = dict(con.execute(version_of(project)).mappings().one())
        if row["digest"] != set_of(found):
            version = next_version(row["version"], now_ns)
            row |= {"version": version, "digest": set_of(found), "issued_ns": now_ns}
            put(con, CONTROL_VERSIONS, row)
        return standing_of(row, found)

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()


def version_of(project: str) -> sa.Select[Any]:
    """The version of a project."""
    return sa.select(CONTROL_VERSIONS).where(CONTROL_VERSIONS.c.project == project)


def standing_at(project: str, now_ns: int) -> sa.Select[Any]:
    """The directives of a project that stand at a time."""
    return (
        sa.select(DIRECTIVES)
        .where(D.project == project, D.until_ns > now_ns, D.from_ns <= now_ns, D.undone_ns.is_(None))
        .order_by(D.made_ns.desc(), D.id)
    )


def standing_of(row: dict[str, Any], found: list[Directive]) -> Standing:
    """What stands, with the version of a row."""
    return Standing(version=row["version"], issued_ns=row["issued_ns"], directives=tuple(found))


def directive_of(row: dict[str, Any]) -> Directive:
    """The directive of a row."""
    return Directive(**{name: value for name, value in row.items() if name != "project"})
