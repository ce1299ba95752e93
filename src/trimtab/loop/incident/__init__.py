"""Incidents: what happened, who did what about it, and how long it took.

model.py       what is known of an incident; its events
timeline.py    from events to what is known
sightings.py   from alerts to incidents: open, join, note what is over; `change` appends what was decided
respond.py     acknowledge, mitigate, resolve, reopen; roles, updates, notes
hypothesis.py  ideas of the cause
times.py       MTTD, MTTA, MTTM, MTTR
ports.py       the store; fakes.py the one in memory
"""

from trimtab.loop.incident.fakes import MemoryIncidentStore
from trimtab.loop.incident.hypothesis import examine, suppose
from trimtab.loop.incident.model import (
    GRAVITIES,
    ROLES,
    Event,
    Gravity,
    Hypothesis,
    Incident,
    Member,
    Role,
    Standing,
    Status,
    Update,
    What,
    pack_incident,
    unpack_incident,
)
from trimtab.loop.incident.ports import STALE, IncidentStore
from trimtab.loop.incident.respond import (
    POSSIBLE,
    By,
    acknowledge,
    assign,
    date,
    grade,
    mitigate,
    note,
    reopen,
    resolve,
    update,
)
from trimtab.loop.incident.sightings import (
    Sighting,
    acknowledgements,
    attend,
    change,
    declare,
    open_incident,
    sightings_of,
)
from trimtab.loop.incident.timeline import fold
from trimtab.loop.incident.times import DEFINITIONS, Times, measure

__all__ = [
    "DEFINITIONS",
    "GRAVITIES",
    "POSSIBLE",
    "ROLES",
    "STALE",
    "By",
    "Event",
    "Gravity",
    "Hypothesis",
    "Incident",
    "IncidentStore",
    "Member",
    "MemoryIncidentStore",
    "Role",
    "Sighting",
    "Standing",
    "Status",
    "Times",
    "Update",
    "What",
    "acknowledge",
    "acknowledgements",
    "assign",
    "attend",
    "change",
    "date",
    "declare",
    "examine",
    "fold",
    "grade",
    "measure",
    "mitigate",
    "note",
    "open_incident",
    "pack_incident",
    "reopen",
    "resolve",
    "sightings_of",
    "suppose",
    "unpack_incident",
    "update",
]
