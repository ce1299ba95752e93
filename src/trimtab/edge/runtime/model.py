"""One unit of work, its attempts, and how it ended.

What is built for every call is not frozen, which would triple its cost; once handed on, nobody changes it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

from trimtab.vocabulary.contract import CLEAR, Decision, Suspicion

Status = Literal["succeeded", "failed", "refused", "waiting", "unknown"]
Certainty = Literal["verified", "unverified", "contradicted", "unknown"]
Ending = Literal["ok", "not_sent", "busy", "failed", "timeout", "error"]
Source = Literal["tool", "ledger", "cache", "answer", "human", "none"]


@dataclass(slots=True, kw_only=True)
class Context:
    """What a tool's function is told: the key of the unit of work, which attempt this is, when it must be done.

    `deadline_ns` is in nanoseconds since the epoch; `previous` counts the attempts before, as gRPC's header does.
    """

    tool: str
    key: str
    attempt: int
    previous: int
    deadline_ns: int


Function = Callable[[Mapping[str, Any], Context], Any]


@runtime_checkable
class Stoppable(Protocol):
    """A function that keeps the deadline of its context itself, and of which nothing is left when it returns."""

    def __call__(self, args: Mapping[str, Any], context: Context, /) -> Any:
        """Call it from a thread; what takes too long raises `TimeoutError`."""
        ...

    async def acall(self, args: Mapping[str, Any], context: Context, /) -> Any:
        """Call it from an event loop; cancelled, it stops before it raises."""
        ...


@dataclass(slots=True, kw_only=True)
class Reply:
    """How one attempt ended."""

    ending: Ending
    value: Any = None
    message: str = ""
    retry_after_s: float | None = None
    error: BaseException | None = None

    @property
    def ambiguous(self) -> bool:
        """Whether it may have had its effect."""
        return self.ending in ("timeout", "error")


@dataclass(slots=True, kw_only=True)
class Attempt:
    """One attempt, as it is reported: times in seconds, what it ended in, and what it leaves."""

    tool: str
    number: int
    ending: Ending
    seconds: float
    message: str = ""
    retry_tokens: float = 0.0
    breaker: str = "closed"


@dataclass(slots=True, kw_only=True)
class Work:
    """A tool call that was asked for; `unit` tells two equal calls of a session apart that are both meant."""

    tool: str
    args: Mapping[str, Any]
    unit: str = ""
    hops: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Outcome:
    """How a unit of work ended. `unknown` is never to be repeated blindly; `waiting` needs a person's yes.

    `decision` was made before the call and `after` after it; `certainty` says whether a reading confirmed it; `age_s` is how old a kept answer is; `hops` are the stand-ins
    that were tried; `suspicion` is what the result seems to want of its reader.
    """

    status: Status
    value: Any = None
    code: str = ""
    message: str = ""
    certainty: Certainty = "unverified"
    source: Source = "tool"
    age_s: float = 0.0
    key: str = ""
    decision: Decision | None = None
    after: Decision | None = None
    attempts: tuple[Attempt, ...] = ()
    hops: tuple[str, ...] = ()
    suspicion: Suspicion = CLEAR


@dataclass(slots=True, kw_only=True)
class Invoke:
    """Ask the driver to run a tool once, within a time; it sends a `Reply` back."""

    tool: str
    args: Mapping[str, Any]
    context: Context
    timeout_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """Ask the driver to wait."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Consult:
    """Ask somebody, who may be far away; a `Reply` holds what they say."""

    ask: Callable[[], Any]


Act = Invoke | Sleep | Consult
