"""An entry: who did what, when, why and by which contract; one line of JSON that can be written in one way only."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from operator import attrgetter
from typing import Any, Literal, cast, get_args

from trimtab.vocabulary.kernel import Invalid

VERSION = 1
MAX_LINE = 64_000
Actor = Literal["agent", "human", "system"]
Event = Literal[
    "log.opened",
    "segment.opened",
    "log.closed",
    "log.repaired",
    "decision",
    "call.started",
    "call.settled",
    "call.failed",
    "call.unknown",
    "call.compensated",
    "approval.requested",
    "approval.granted",
    "approval.denied",
    "approval.expired",
    "approval.used",
    "control.changed",
    "contract.changed",
    "clock.jumped",
    "subject.forgotten",
]
"""What can have happened."""
EVENTS = frozenset(get_args(Event))
ACTORS = frozenset(get_args(Actor))
Detail = str | int | bool | None
NOTHING: Mapping[str, Detail] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing that happened; `seq` is its place in its log, `at_ns` when (ns since the Unix epoch).

    Arguments and results are never in it, only digests with a salt or a key of their subject: a plain digest of a short text can be
    guessed. `who` is a keyed hash of the user. `detail` holds what else an event has to say, short and redacted.
    """

    seq: int
    at_ns: int
    event: Event
    actor: Actor = "agent"
    who: str = ""
    tenant: str = ""
    agent: str = ""
    release: str = ""
    session: str = ""
    trace_id: str = ""
    span_id: str = ""
    tool: str = ""
    effect: str = ""
    unit: str = ""
    args_digest: str = ""
    result_digest: str = ""
    contract: str = ""
    decision: str = ""
    reasons: tuple[str, ...] = ()
    approval: str = ""
    detail: Mapping[str, Detail] = field(default_factory=lambda: dict(NOTHING))

    def line(self) -> bytes:
        """The one way to write it, without a newline: what says nothing is left out, keys in order, UTF-8."""
        said: dict[str, object] = {"v": VERSION}
        for name, value in zip(NAMES, values_of(self), strict=True):
            if value or value == 0:
                said[name] = value
                if type(value) is not str:
                    check_plain(value)
        return written(said).encode()


NAMES = tuple(one.name for one in fields(Entry))
values_of = attrgetter(*NAMES)
written = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
TEXTS = frozenset(one.name for one in fields(Entry) if one.type in {"str", str})


def canonical(value: object) -> bytes:
    """JSON in one way only; raises `Invalid` for a number with a fraction, which has several."""
    check_plain(value)
    return written(value).encode()


def check_plain(value: object) -> None:
    """Raise `Invalid` for what an entry cannot hold."""
    if value is None or isinstance(value, bool | str):
        return
    if isinstance(value, int):
        if abs(value) < 1 << 63:
            return
    elif isinstance(value, list | tuple):
        for one in cast("list[object]", value):
            check_plain(one)
        return
    elif isinstance(value, Mapping):
        for key, one in cast("Mapping[object, object]", value).items():
            check_plain(one)
            if not isinstance(key, str):
                break
        else:
            return
    raise Invalid(
        f"an entry cannot hold {value!r:.100}",
        hint="texts, whole numbers, yes and no, lists of them",
        code="entry",
    )


def read_line(line: bytes) -> Entry:
    """The entry of a line; raises `Invalid` where it is none, or written in another way than its own."""
    try:
        found = json.loads(line) if len(line) <= MAX_LINE else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Invalid("not an entry", hint="a line of JSON", code="entry")
    given = cast("dict[str, Any]", found)
    if given.pop("v", None) != VERSION:
        raise Invalid("an entry of another version", hint="use the verifier of a newer release", code="entry")
    try:
        given["reasons"] = tuple(given.get("reasons", ()))
        entry = Entry(**given)
        sound = is_sound(entry) and entry.line() == line
    except (TypeError, Invalid):
        raise Invalid("an entry that was not written so", hint="it was changed", code="entry") from None
    if not sound:
        raise Invalid("an entry that was not written so", hint="it was changed", code="entry")
    return entry


def is_sound(entry: Entry) -> bool:
    """Whether every part of an entry is of its kind."""
    reasons = cast("tuple[object, ...]", entry.reasons)
    return (
        type(entry.seq) is int
        and entry.seq >= 0
        and type(entry.at_ns) is int
        and entry.event in EVENTS
        and entry.actor in ACTORS
        and all(isinstance(getattr(entry, name), str) for name in TEXTS)
        and all(isinstance(one, str) for one in reasons)
    )
