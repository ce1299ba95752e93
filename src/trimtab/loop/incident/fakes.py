"""The incident store in memory; it passes the conformance suite of its port."""

import threading
from collections.abc import Collection, Sequence

from trimtab.loop.incident.model import Event, Incident, Status
from trimtab.loop.incident.ports import STALE
from trimtab.loop.incident.timeline import fold
from trimtab.vocabulary.kernel import Conflict


class MemoryIncidentStore:
    """Events in a list; what they add up to is worked out when asked for."""

    def __init__(self) -> None:
        """Know no incident yet."""
        self._lock = threading.Lock()
        self._events: dict[tuple[str, str], list[Event]] = {}

    def append(self, events: Sequence[Event]) -> Incident:
        """Append events of one incident."""
        first = events[0]
        with self._lock:
            held = self._events.get((first.project, first.incident), [])
            if first.number != len(held) + 1:
                raise Conflict(f"incident {first.incident} has changed", hint="decide again", code=STALE)
            incident = fold(None, [*held, *events])
            self._events[first.project, first.incident] = [*held, *events]
            return incident

    def incident(self, project: str, name: str) -> Incident | None:
        """An incident by its id."""
        held = self.timeline(project, name)
        return fold(None, held) if held else None

    def incidents(
        self, project: str, statuses: Collection[Status] = (), since_ns: int = 0, limit: int = 100
    ) -> list[Incident]:
        """Incidents, the latest first."""
        with self._lock:
            held = [fold(None, events) for (owner, _), events in self._events.items() if owner == project]
        found = [
            one for one in held if one.detected_ns >= since_ns and (not statuses or one.status in statuses)
        ]
        return sorted(found, key=lambda one: (-one.detected_ns, one.id))[:limit]

    def timeline(self, project: str, name: str) -> list[Event]:
        """The events of an incident."""
        with self._lock:
            return list(self._events.get((project, name), []))

    def close(self) -> None:
        """Nothing is held."""
