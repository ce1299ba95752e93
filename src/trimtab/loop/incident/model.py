"""An incident: what is known of it now. All of it follows from its events, which are only ever appended."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import orjson

Status = Literal["open", "acknowledged", "mitigated", "resolved"]
Gravity = Literal["sev1", "sev2", "sev3"]
Role = Literal["commander", "operations", "communications", "scribe"]
Standing = Literal["proposed", "investigating", "confirmed", "refuted"]
What = Literal[
    "opened",
    "joined",
    "ended",
    "acknowledged",
    "mitigated",
    "resolved",
    "reopened",
    "graded",
    "assigned",
    "updated",
    "noted",
    "dated",
    "supposed",
    "examined",
]
GRAVITIES: tuple[Gravity, ...] = ("sev1", "sev2", "sev3")
ROLES: tuple[Role, ...] = ("commander", "operations", "communications", "scribe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One record of the timeline: who did what, and when; `number` counts from 1 within the incident.

    `at_ns` is when it was recorded; what happened before that is in `said` as `happened_ns`. `who` is a person, or
    "trimtab".
    """

    project: str
    incident: str
    number: int
    at_ns: int
    who: str
    what: What
    said: Mapping[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An alert of an incident; `ended_ns` is when it was over, None while it fires."""

    name: str
    fingerprint: str
    severity: str
    starts_ns: int
    ended_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Hypothesis:
    """What may have caused it, and what speaks for or against that."""

    id: str
    text: str
    by: str
    standing: Standing = "proposed"
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """What was told to others: the impact, when to expect more or the end, and what is being done."""

    at_ns: int
    by: str
    impact: str
    actions: tuple[str, ...] = ()
    eta_ns: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What is known now; times are ns since the Unix epoch, None where it has not happened or nobody knows.

    `impact_ns` is when users began to suffer, `first_bad_ns` the first bad event, `detected_ns` the first page or the person
    who noticed. `keys` are the groups whose alerts it took in, `pages` the deduplication
    keys under which people were told of them. `version` is the number of its events.
    """

    project: str
    id: str
    title: str
    gravity: Gravity
    detected_ns: int
    status: Status = "open"
    objective: str = ""
    keys: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    members: tuple[Member, ...] = ()
    roles: Mapping[str, str] = field(default_factory=dict[str, str])
    impact_ns: int | None = None
    first_bad_ns: int | None = None
    acknowledged_ns: int | None = None
    mitigated_ns: int | None = None
    resolved_ns: int | None = None
    hypotheses: tuple[Hypothesis, ...] = ()
    updates: tuple[Update, ...] = ()
    version: int = 0


def pack_incident(incident: Incident) -> str:
    """An incident as JSON."""
    return orjson.dumps(asdict(incident)).decode()


def unpack_incident(packed: str) -> Incident:
    """The incident of `pack_incident`."""
    row: dict[str, Any] = orjson.loads(packed)
    row["keys"], row["pages"] = tuple(row["keys"]), tuple(row["pages"])
    row["members"] = tuple(Member(**one) for one in row["members"])
    row["hypotheses"] = tuple(
        Hypothesis(**one | {"evidence": tuple(one["evidence"])}) for one in row["hypotheses"]
    )
    row["updates"] = tuple(Update(**one | {"actions": tuple(one["actions"])}) for one in row["updates"])
    return Incident(**row)
