"""What incidents need of a store: events that are only ever appended, and what they add up to."""

from collections.abc import Collection, Sequence
from typing import Protocol

from trimtab.loop.incident.model import Event, Incident, Status

STALE = "stale"
"""The code of the `Conflict` of an event whose number is taken."""


class IncidentStore(Protocol):
    """Incidents and their timelines; every call is one transaction."""

    def append(self, events: Sequence[Event]) -> Incident:
        """Append events of one incident and give what is known then.

        Raises `Conflict` with the code `stale` where another event came first: decide again.
        """
        ...

    def incident(self, project: str, name: str) -> Incident | None:
        """An incident by its id."""
        ...

    def incidents(
        self, project: str, statuses: Collection[Status] = (), since_ns: int = 0, limit: int = 100
    ) -> list[Incident]:
        """Incidents that were detected since a time, of the given statuses (all where none is given), the latest first."""
        ...

    def timeline(self, project: str, name: str) -> list[Event]:
        """The events of an incident in their order."""
        ...

    def close(self) -> None:
        """Give the files back."""
        ...
