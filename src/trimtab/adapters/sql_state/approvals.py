"""The store of approvals by SQLAlchemy."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from trimtab.adapters.sql_state.engine import change, open_engine, retryable, rows
from trimtab.adapters.sql_state.tables import APPROVALS
from trimtab.loop.mitigation import Request, pack_request, unpack_request
from trimtab.vocabulary.kernel import Conflict, Missing, Unavailable

TRIES = 20
A = APPROVALS.c


class SqlApprovalStore:
    """Requests with their answers; safe to share between threads, and between servers."""

    def __init__(self, where: str) -> None:
        """Open a path, ":memory:" (the fake), or a URL, and bring its schema up to date."""
        self._engine = open_engine(where)

    def add(self, request: Request) -> None:
        """Keep a new request; raises `Conflict` where its id is taken."""
        try:
            with retryable(), self._engine.begin() as con:
                con.execute(sa.insert(APPROVALS).values(**row_of(request)))
        except IntegrityError as error:
            raise Conflict(f"the request {request.id} is there already", hint="make a new id") from error

    def request(self, project: str, name: str) -> Request | None:
        """A request by its id, or None."""
        found = rows(self._engine, sa.select(A.state).where(A.project == project, A.id == name))
        return unpack_request(found[0]["state"]) if found else None

    def requests(self, project: str, since_ns: int = 0, limit: int = 1000) -> list[Request]:
        """Requests since a time, the latest first."""
        found = sa.select(A.state).where(A.project == project, A.made_ns >= since_ns)
        latest = found.order_by(A.made_ns.desc(), A.id).limit(limit)
        return [unpack_request(row["state"]) for row in rows(self._engine, latest)]

    def unreviewed(self, project: str) -> list[Request]:
        """Requests let pass by a broken glass that nobody reviewed, the oldest first, whatever their age."""
        found = sa.select(A.state).where(A.project == project, A.unreviewed == 1).order_by(A.made_ns, A.id)
        return [unpack_request(row["state"]) for row in rows(self._engine, found)]

    def change(self, project: str, name: str, work: Callable[[Request], Request]) -> Request:
        """Change a request; again where another was quicker."""
        for _ in range(TRIES):
            held = self.request(project, name)
            if held is None:
                raise Missing(f"no such request: {name[:100]}", hint="`trimtab approvals list` shows them")
            found = work(held)
            same = sa.and_(A.project == project, A.id == name, A.version == held.version)
            if change(self._engine, sa.update(APPROVALS).where(same).values(**row_of(found))):
                return found
        raise Unavailable("many answer this request at once", hint="ask again")

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()


def row_of(request: Request) -> dict[str, Any]:
    """A request as a row."""
    names = ("project", "id", "made_ns", "version")
    open_ = int(request.break_glass is not None and request.review is None)
    return {name: getattr(request, name) for name in names} | {
        "unreviewed": open_,
        "state": pack_request(request),
    }
