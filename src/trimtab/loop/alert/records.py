"""What the alert store keeps beside alerts: silences, acknowledgements, groups, messages on their way, leases."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from trimtab.loop.alert.match import Matcher
from trimtab.loop.alert.model import Alert
from trimtab.loop.alert.notice import Kind, Message

Standing = Literal["waiting", "delivered", "refused", "dead"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Alerts that match keep silent from `starts_ns` until before `ends_ns`; who wants that, and why."""

    id: str
    project: str
    matchers: tuple[Matcher, ...]
    starts_ns: int
    ends_ns: int
    author: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """Somebody looks after what has this deduplication key."""

    project: str
    key: str
    by: str
    at_ns: int
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A message in the outbox. `sequence` is the order of entry; `attempts` counts sends that were begun.

    Waiting until `due_ns`; while a worker sends it, `holder` has it until `until_ns`. Delivered, refused by the receiver, or
    dead: given up after the bound, for a person to see.
    """

    sequence: int
    message: Message
    standing: Standing
    due_ns: int
    attempts: int = 0
    holder: str = ""
    until_ns: int = 0
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One line of the notification log: what was sent to whom, and what came of it."""

    message_id: str
    project: str
    receiver: str
    key: str
    kind: Kind
    number: int
    at_ns: int
    outcome: Literal["delivered", "retry", "refused", "dead"]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to do something alone until `until_ns`; `token` grows with every new holder and fences off old ones."""

    name: str
    holder: str
    token: int
    until_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Writes:
    """What is stored together or not at all: alerts and states of rules, groups, and the messages that follow from them.

    `rules` and `groups` map (project, name) to JSON; None removes. A message whose id is there already changes nothing.
    """

    alerts: tuple[Alert, ...] = ()
    rules: Mapping[tuple[str, str], str | None] = field(default_factory=dict[tuple[str, str], str | None])
    groups: Mapping[tuple[str, str], str | None] = field(default_factory=dict[tuple[str, str], str | None])
    messages: tuple[Message, ...] = ()
