"""People, what they may do, and how they are known again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from trimtab.loop.store import KeyScope

Role = Literal["viewer", "responder", "editor", "admin"]
ROLES: tuple[Role, ...] = get_args(Role)
"""From the least to the most."""
SCOPES_OF: Mapping[Role, frozenset[KeyScope]] = {
    "viewer": frozenset({"read"}),
    "responder": frozenset({"read", "respond"}),
    "editor": frozenset({"read", "respond", "edit", "ingest"}),
    "admin": frozenset({"read", "respond", "edit", "ingest", "admin"}),
}
KEPT_NS = 86_400_000_000_000
"""So long an answer stands for its idempotency key."""
UNDER_WAY, INTERRUPTED = 0, -1
"""In the place of a status: no answer yet; a crash took the answer, and whether anything was done is not known."""
EVERYWHERE = "*"
"""In the place of a project: all of them, also those to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who signs in; `roles` by project. Without a password nobody can be this person yet.

    With an `issuer` that system vouches for them and says what their roles are; they never have a password here.
    """

    id: str
    name: str
    created_ns: int
    roles: Mapping[str, Role]
    password: str = ""
    disabled_ns: int | None = None
    issuer: str = ""

    def role(self, project: str) -> Role | None:
        """The role in a project: the larger of its own and that for all projects."""
        held: list[Role] = [self.roles[one] for one in (project, EVERYWHERE) if one in self.roles]
        return next((one for one in reversed(ROLES) if one in held), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A browser that is signed in, known by the hash of what its cookie holds."""

    digest: str
    person: str
    created_ns: int
    seen_ns: int
    address: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """A link that sets a password once; `person` is "" for the very first one, who names themselves."""

    digest: str
    person: str
    expires_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One write: who did what to what, from where, and what came of it (an HTTP status). Never a secret."""

    at_ns: int
    project: str
    who: str
    action: str
    target: str
    address: str
    outcome: int
    sequence: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReply:
    """What stands for an idempotency key: the digest of its request, and the answer once there is one."""

    digest: str
    status: int
    media: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A checkpoint as it is kept: `root` in hex, `note` with our signature; one that `contradicts` is evidence and has none.

    `follows` is the size of the one before it, -1 of the first.
    """

    project: str
    origin: str
    size: int
    root: str
    key: str
    note: str
    at_ns: int
    follows: int | None
    contradicts: bool = False
