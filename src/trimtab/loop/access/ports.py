"""What access needs of an engine."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from trimtab.loop.access.claims import Claims
from trimtab.loop.access.model import AuditEntry, Invitation, KeptReply, Person, Role, Seen, Visit
from trimtab.loop.access.trip import Trip


class PeopleStore(Protocol):
    """People with their roles, the browsers that are signed in, and links that are not used yet."""

    def add_person(self, person: Person, subject: str = "") -> None:
        """Keep a new person, by `subject` where an issuer vouches for them; raises `Conflict` where name or subject is taken."""
        ...

    def person_vouched(self, issuer: str, subject: str) -> Person | None:
        """The person for whom an issuer vouches by this subject."""
        ...

    def set_roles(self, person_id: str, roles: Mapping[str, Role]) -> None:
        """Let somebody have these roles and no others."""
        ...

    def person(self, person_id: str) -> Person | None:
        """A person by id."""
        ...

    def person_named(self, name: str) -> Person | None:
        """A person by name."""
        ...

    def people(self) -> list[Person]:
        """Everybody, by name."""
        ...

    def set_password(self, person_id: str, password: str) -> None:
        """Keep the hash of a password."""
        ...

    def set_role(self, person_id: str, project: str, role: Role | None) -> None:
        """Give a role in a project, or take it away (None)."""
        ...

    def set_disabled(self, person_id: str, at_ns: int | None) -> None:
        """Keep somebody out from a time on, or let them in again (None)."""
        ...

    def remove_person(self, person_id: str) -> None:
        """Forget a person with roles, visits and links."""
        ...

    def add_visit(self, visit: Visit) -> None:
        """Keep a browser that signed in."""
        ...

    def visit(self, digest: str) -> Visit | None:
        """A visit by the hash of its cookie."""
        ...

    def see_visit(self, digest: str, now_ns: int) -> None:
        """Note that a visit goes on."""
        ...

    def end_visits(self, *, digest: str = "", person: str = "", but: str = "") -> int:
        """End one visit, or all of a person (`but` one); gives how many."""
        ...

    def prune_visits(self, created_before_ns: int, seen_before_ns: int) -> int:
        """Forget visits that are over; gives how many."""
        ...

    def put_invitation(self, invitation: Invitation) -> None:
        """Keep a link; the earlier ones of the same person end."""
        ...

    def invitation(self, digest: str) -> Invitation | None:
        """A link that was not used, by its hash."""
        ...

    def use_invitation(self, digest: str) -> bool:
        """Use a link up; False where somebody was quicker."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


class AuditLog(Protocol):
    """Every write, in order; entries are appended, never changed."""

    def append(self, entry: AuditEntry) -> None:
        """Keep an entry; it is durable on return."""
        ...

    def entries(self, projects: Collection[str], before: int, limit: int) -> Sequence[AuditEntry]:
        """Entries of some projects ("" is the door, where nobody is known) below a sequence number, the latest first."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


class WitnessStore(Protocol):
    """What was seen of the audit logs of agents, in order; appended, never changed."""

    def latest(self, project: str, origin: str) -> Seen | None:
        """The last checkpoint of a log that contradicts nothing."""
        ...

    def append(self, seen: Seen) -> None:
        """Keep a checkpoint; durable on return. Raises `Conflict` where another came first."""
        ...

    def checkpoints(self, project: str, origin: str) -> Sequence[Seen]:
        """All that was seen of a log, what contradicts too, the earliest first."""
        ...

    def logs(self, project: str) -> Sequence[Seen]:
        """The last checkpoint of each log, by name."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


class Replies(Protocol):
    """Answers by idempotency key, kept for a day."""

    def begin(self, who: str, key: str, digest: str, now_ns: int) -> KeptReply | None:
        """None where the key is new (it is taken from now on), else what stands for it; forgets what is older than a day."""
        ...

    def keep(self, who: str, key: str, reply: KeptReply) -> None:
        """Keep the answer of a key."""
        ...

    def release(self, who: str, key: str) -> None:
        """Let a key be used again: nothing was done."""
        ...

    def close(self) -> None:
        """Give the file back."""
        ...


class IdentityProvider(Protocol):
    """Another system that says who somebody is."""

    def departure(self, trip: Trip, back: str) -> str:
        """The address that a browser is sent to; `back` is where it returns. Raises `Unavailable`."""
        ...

    def arrival(self, trip: Trip, code: str, back: str) -> Claims:
        """What the issuer says of whoever came back with a code; raises `Unauthorised` or `Unavailable`."""
        ...

    def farewell(self, back: str) -> str:
        """The address at which one signs out there, too, "" where there is none; raises `Unavailable`."""
        ...

    def check(self) -> str:
        """`ok`, or why nobody can sign in there now."""
        ...
