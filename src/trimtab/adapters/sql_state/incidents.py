"""The incident store by SQLAlchemy: events, and beside them what they add up to, in one transaction."""

from collections.abc import Collection, Sequence
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from trimtab.adapters.sql_state.engine import open_engine, retryable, rows
from trimtab.adapters.sql_state.tables import INCIDENT_EVENTS, INCIDENTS
from trimtab.loop.incident import STALE, Event, Incident, Status, fold, pack_incident, unpack_incident
from trimtab.vocabulary.kernel import Conflict


class SqlIncidentStore:
    """Incidents and their timelines; safe to share between threads, and between servers."""

    def __init__(self, where: str) -> None:
        """Open a path, ":memory:", or a URL, and bring its schema up to date."""
        self._engine = open_engine(where)

    def append(self, events: Sequence[Event]) -> Incident:
        """Append events of one incident; raises `Conflict` with the code `stale` where another came first."""
        first = events[0]
        try:
            with retryable(), self._engine.begin() as con:
                con.execute(sa.insert(INCIDENT_EVENTS).values(**event_row(first)))  # from here on alone
                named = sa.and_(INCIDENTS.c.project == first.project, INCIDENTS.c.id == first.incident)
                state = con.execute(sa.select(INCIDENTS.c.state).where(named)).scalar()
                held = unpack_incident(state) if state else None
                if first.number != (held.version if held else 0) + 1:
                    raise stale(first.incident)
                incident = fold(held, events)
                for event in events[1:]:
                    con.execute(sa.insert(INCIDENT_EVENTS).values(**event_row(event)))
                if held is None:
                    con.execute(sa.insert(INCIDENTS).values(**incident_row(incident)))
                else:
                    con.execute(sa.update(INCIDENTS).where(named).values(**incident_row(incident)))
                return incident
        except IntegrityError as error:
            raise stale(first.incident) from error

    def incident(self, project: str, name: str) -> Incident | None:
        """An incident by its id."""
        named = sa.select(INCIDENTS.c.state).where(INCIDENTS.c.project == project, INCIDENTS.c.id == name)
        found = rows(self._engine, named)
        return unpack_incident(found[0]["state"]) if found else None

    def incidents(
        self, project: str, statuses: Collection[Status] = (), since_ns: int = 0, limit: int = 100
    ) -> list[Incident]:
        """Incidents that were detected since a time, the latest first."""
        found = sa.select(INCIDENTS.c.state).where(
            INCIDENTS.c.project == project, INCIDENTS.c.detected_ns >= since_ns
        )
        if statuses:
            found = found.where(INCIDENTS.c.status.in_(sorted(statuses)))
        latest = found.order_by(INCIDENTS.c.detected_ns.desc(), INCIDENTS.c.id).limit(limit)
        return [unpack_incident(row["state"]) for row in rows(self._engine, latest)]

    def timeline(self, project: str, name: str) -> list[Event]:
        """The events of an incident in their order."""
        events = INCIDENT_EVENTS.c
        found = sa.select(INCIDENT_EVENTS).where(events.project == project, events.incident == name)
        return [event_of(row) for row in rows(self._engine, found.order_by(events.number))]

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()


def stale(name: str) -> Conflict:
    """What is raised where another event came first."""
    return Conflict(f"incident {name} has changed", hint="decide again", code=STALE)


def event_row(event: Event) -> dict[str, Any]:
    """An event as a row."""
    return {
        "project": event.project,
        "incident": event.incident,
        "number": event.number,
        "at_ns": event.at_ns,
        "person": event.who,
        "what": event.what,
        "said": orjson.dumps(dict(event.said)).decode(),
    }


def event_of(row: dict[str, Any]) -> Event:
    """The event of a row."""
    return Event(
        project=row["project"],
        incident=row["incident"],
        number=row["number"],
        at_ns=row["at_ns"],
        who=row["person"],
        what=row["what"],
        said=orjson.loads(row["said"]),
    )


def incident_row(incident: Incident) -> dict[str, Any]:
    """An incident as a row."""
    names = ("project", "id", "status", "detected_ns", "version")
    return {name: getattr(incident, name) for name in names} | {"state": pack_incident(incident)}
