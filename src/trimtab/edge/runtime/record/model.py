"""A row of the ledger, an undo entry, and what is asked of them. Times in nanoseconds since the epoch."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["pending", "succeeded", "failed", "unknown"]
UndoState = Literal["ready", "undone", "stuck"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """Somebody wants to do a unit of work; `retake` says that repeating it is harmless.

    `again` says that a clear no of before does not stand: nothing happened, and it is wanted still.
    """

    key: str
    fingerprint: str
    owner: str
    session: str
    tool: str
    args: Mapping[str, Any] = field(default_factory=dict[str, Any])
    now_ns: int
    lease_ns: int
    ttl_ns: int
    retake: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A unit of work; `mine` where the claim got it, `sent` where it may have left the process."""

    key: str
    fingerprint: str
    owner: str
    session: str
    tool: str
    args: Mapping[str, Any]
    state: State
    sent: bool
    lease_ends_ns: int
    expires_ns: int
    result: Any = None
    mine: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoEntry:
    """How one effect is taken back: the tool and its arguments; `position` counts up within a session."""

    id: str
    session: str
    tool: str
    args: Mapping[str, Any]
    state: UndoState = "ready"
    position: int = 0
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """How a unit of work ended, and how to undo it; kept together or not at all."""

    state: Literal["succeeded", "failed", "unknown"]
    result: Any = None
    undo: UndoEntry | None = None
