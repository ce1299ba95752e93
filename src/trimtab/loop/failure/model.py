"""What the analysis of failures speaks of: who is to blame, signatures, groups, turns."""

from dataclasses import dataclass
from typing import Literal

Author = Literal["agent", "tool", "model", "environment", "user"]
"""Whose fault a failure is; only the agent's, the tool's and the model's are ours to mend."""
Status = Literal["new", "regressed", "ongoing", "resolved"]
TurnKind = Literal["user", "plan", "say", "tool"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Blamed:
    """A category of the taxonomy and the author of the fault, None where it is not known."""

    category: str
    author: Author | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """What failures of one group have in common, and nothing else: `parts` in a fixed order.

    `fingerprint` is 16 hex digits of a hash over the parts: stable across runs, machines and releases of Python.
    `title` says the same to a person. `kind` is the kind of the step, or "session" for one without an error.
    """

    fingerprint: str
    kind: str
    agent: str
    title: str
    parts: tuple[str, ...]
    blamed: Blamed


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a session shows that failed without an error: a sign, the tool or target of it, the last change before."""

    sign: str
    detail: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """A failure as one session showed it; `failed` says whether the session as a whole failed.

    `agent` is the session's, where the signature names that of the step. "" is not known, None is no known cost
    or duration. `synthetic` says that its times are made up.
    """

    signature: Signature
    session: str
    agent: str
    user: str
    release: str
    closed_ns: int
    cost_nusd: int | None
    took_ns: int | None
    failed: bool
    synthetic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A value that an agent carried for the first time, and the one before it: a release, a prompt, a model."""

    agent: str
    kind: str
    subject: str
    value: str
    before: str
    first_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Failures of one fingerprint; counts are of the window, `before` of the time before it.

    `users` are different known ones, None where no session names one; `cost_nusd` is what the failed sessions of
    known cost took, in nano-dollars, and `took_ns` the same of their durations, None where none is known. Times
    are closes of sessions, also before the window. `began_ns` is when it began, or, where it regressed, began
    again. Where any time is made up the status is None. `changes` are what the agents carried for the first time
    in the day before a failure began in the window: what to look at first, not proof.
    """

    fingerprint: str
    title: str
    kind: str
    category: str
    author: Author | None
    status: Status | None
    sessions: int
    failed: int
    before: int
    users: int | None
    users_unknown: int
    cost_nusd: int | None
    cost_unknown: int
    took_ns: int | None
    took_unknown: int
    first_ns: int
    began_ns: int
    last_ns: int
    agents: tuple[str, ...]
    releases: tuple[str, ...]
    examples: tuple[str, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One unit of a run in neutral words: who did what, what was said or came back, and the error if it failed.

    `kind`: user (a person, the task), plan (a thought or a plan), say (an answer, an instruction, a decision to
    call), tool (what a tool gave back; `agent` is who ran it). `call` is the tool with its arguments, of a tool
    turn; `changes` says that it may have changed something, `handoff` to whom it handed over. `ref` is the caller's
    own name for the turn and is handed back unread.
    """

    kind: TurnKind
    agent: str
    text: str
    tool: str = ""
    call: str = ""
    changes: bool = False
    handoff: str = ""
    error: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A turn that may have gone wrong first: its share of the blame (0 to 1, all suspects sum to 1), and why.

    `place` is its place among the turns, from 0. `evidence` is in words, the strongest first; empty where only
    its place in the run speaks.
    """

    place: int
    ref: str
    agent: str
    share: float
    category: str
    author: Author | None
    evidence: tuple[str, ...]
