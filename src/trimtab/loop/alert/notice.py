"""What people are told, whatever carries it: one message for all notifiers, and what can come of sending it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

import orjson

from trimtab.loop.alert.model import Alert, Severity, Status

Kind = Literal["trigger", "acknowledge", "resolve", "change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The number that broke a promise: its value over `n` events with the 95 % interval; None is no data, never 0."""

    name: str
    value: float | None = None
    n: int | None = None
    low: float | None = None
    high: float | None = None
    target: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """Where to read on."""

    text: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """Something that changed shortly before: a release, a prompt, a model; `at_ns` since the Unix epoch."""

    at_ns: int
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What helps the reader at 3 a.m.: the number, its rows, the cohort that explains it, what changed, what to do."""

    reading: Reading | None = None
    rows_url: str = ""
    cohort: Mapping[str, str] = field(default_factory=dict[str, str])
    changes: tuple[Recent, ...] = ()
    runbook: str = ""
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one receiver; `id` and `key` are the same in every attempt.

    `key` is the deduplication key: the group (or incident) and its generation, at most 255 characters. `group` is the
    group's key as Alertmanager writes it. `by` is who acknowledged. `left_out` counts alerts beyond the most that a
    message holds. `at_ns` is when it was decided, ns since the epoch.
    """

    id: str
    kind: Kind
    project: str
    receiver: str
    key: str
    title: str
    at_ns: int
    summary: str = ""
    severity: Severity = "ticket"
    group: str = ""
    group_labels: Mapping[str, str] = field(default_factory=dict[str, str])
    alerts: tuple[Alert, ...] = ()
    evidence: Evidence = field(default_factory=Evidence)
    by: str = ""
    step: int = 0
    left_out: int = 0

    @property
    def status(self) -> Status:
        """Whether anything of it fires."""
        return "resolved" if self.kind == "resolve" else "firing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """The receiver has it; `note` is what it calls it, such as the key of an issue."""

    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """Not now: try again, after `after_s` seconds where the receiver said so."""

    reason: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Never in this form: sending it again would change nothing."""

    reason: str


Reply = Delivered | Retry | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A call of another system over HTTP."""

    method: str = "POST"
    url: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came back: the status, 0 where nothing came (then `body` says why), headers in small letters."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def ok(self) -> bool:
        """Whether it was taken."""
        return 200 <= self.status < 300


def pack_message(message: Message) -> str:
    """A message as JSON."""
    return orjson.dumps(asdict(message), option=orjson.OPT_SORT_KEYS).decode()


def unpack_message(packed: str) -> Message:
    """The message of `pack_message`."""
    row: dict[str, Any] = orjson.loads(packed)
    row["alerts"] = tuple(Alert(**one) for one in row["alerts"])
    row["evidence"] = unpack_evidence(row["evidence"])
    return Message(**row)


def unpack_evidence(row: dict[str, Any]) -> Evidence:
    """Evidence out of the plain values of its JSON."""
    return Evidence(
        reading=Reading(**row["reading"]) if row["reading"] else None,
        rows_url=row["rows_url"],
        cohort=row["cohort"],
        changes=tuple(Recent(**one) for one in row["changes"]),
        runbook=row["runbook"],
        links=tuple(Link(**one) for one in row["links"]),
    )
