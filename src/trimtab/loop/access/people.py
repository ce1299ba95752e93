"""Signing in and out, links that set a password, and what a browser that is signed in may do."""

import hashlib
import re
import secrets
from dataclasses import dataclass

from trimtab.loop.access.claims import Claims, Roles
from trimtab.loop.access.model import (
    EVERYWHERE,
    ROLES,
    SCOPES_OF,
    Invitation,
    Person,
    Role,
    Visit,
)
from trimtab.loop.access.pace import Patience, Throttle
from trimtab.loop.access.passwords import Passwords, check_strength
from trimtab.loop.access.ports import PeopleStore
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Clock, Conflict, Invalid, Missing, Refused, Unauthorised

NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{0,99}")
SECOND_NS = 1_000_000_000
SEEN_NS = 60 * SECOND_NS
"""A visit is noted as going on once a minute: a write on every request would be too dear."""
LINK_S = 7 * 86_400
FIRST_LINK_S = 86_400
BY_PERSON_AND_PLACE = Patience(free=5, most_s=900)
BY_PLACE = Patience(free=20, most_s=900)
BY_PERSON = Patience(free=20, most_s=60)
"""From all places together: short, since strangers could otherwise keep somebody out."""
SIGN_IN = "sign in: POST /api/v1/session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiry:
    """When a browser has to sign in again: so long after its last request, and so long after it signed in."""

    idle_s: float = 12 * 3600.0
    most_s: float = 7 * 86_400.0


def digest_of(token: str) -> str:
    """What is kept of a cookie or a link: enough for 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def name_of(given: str) -> str:
    """A name as it is kept: small letters; raises `Invalid`."""
    name = given.strip().lower()
    if not NAME.fullmatch(name):
        raise Invalid(f"not a name: {given[:100]!r}", hint="letters, digits and . _ @ + -, for example ada")
    return name


class People:
    """Everybody who signs in."""

    def __init__(self, store: PeopleStore, clock: Clock, passwords: Passwords, expiry: Expiry) -> None:
        """People in a store, on a clock."""
        self.store, self._clock, self._passwords, self._expiry = store, clock, passwords, expiry
        self._pairs = Throttle(clock, BY_PERSON_AND_PLACE)
        self._places = Throttle(clock, BY_PLACE)
        self._names = Throttle(clock, BY_PERSON)

    def sign_in(self, name: str, password: str, address: str, before: str = "") -> tuple[str, Person]:
        """A new visit: what its cookie holds, and who it is. The visit `before` ends; raises `Unauthorised` or `TooMany`."""
        name = name.strip().lower()
        self._pairs.attempt(f"{name}\n{address}")
        self._places.attempt(address)
        self._names.attempt(name)
        person = self.store.person_named(name)
        right = self._passwords.check(password, person.password if person else "")
        if person is None or not right or person.disabled_ns is not None:
            raise Unauthorised("wrong name or password", hint="ask an admin for a new link", code="sign_in")
        self._pairs.forget(f"{name}\n{address}")
        self._places.forget(address)
        self._names.forget(name)
        if before:
            self.store.end_visits(digest=digest_of(before))
        return self.open_visit(person, address), person

    def admit(self, claims: Claims, roles: Roles, address: str, before: str = "") -> tuple[str, Person]:
        """A new visit of somebody for whom an issuer vouches; the visit `before` ends.

        They have the roles that the issuer gives them today. Raises `Refused` where that is none, or they are kept out.
        """
        person = self.store.person_vouched(claims.issuer, claims.subject)
        if person is not None and dict(person.roles) != dict(roles):
            self.store.set_roles(person.id, roles)
        if not roles:
            if person is not None:
                self.store.end_visits(person=person.id)
            raise Refused(
                "you have no role here", hint="ask whoever runs Trimtab, or your groups", code="no_role"
            )
        if person is not None and person.disabled_ns is not None:
            raise Refused("you are kept out", hint="ask an admin", code="kept_out")
        person = person or self._meet(claims, roles)
        if before:
            self.store.end_visits(digest=digest_of(before))
        return self.open_visit(person, address), self.store.person(person.id) or person

    def _meet(self, claims: Claims, roles: Roles) -> Person:
        """Keep somebody new; whoever has their name already stays who they are."""
        for name in (claims.name, f"{claims.name}.{claims.mark}"):
            person = Person(
                id=f"usr_{secrets.token_hex(6)}",
                name=name,
                created_ns=self._clock.now_ns(),
                roles=roles,
                issuer=claims.issuer,
            )
            try:
                self.store.add_person(person, claims.subject)
            except Conflict:  # the name, or the same person in another window
                if found := self.store.person_vouched(claims.issuer, claims.subject):
                    return found
            else:
                return person
        raise Conflict(f"the name {claims.name} is taken", hint="ask an admin", code="name")

    def open_visit(self, person: Person, address: str) -> str:
        """A visit with an id of its own; gives what its cookie holds."""
        now_ns, token = self._clock.now_ns(), secrets.token_urlsafe(32)
        self.store.prune_visits(*self._over(now_ns))
        self.store.add_visit(
            Visit(
                digest=digest_of(token), person=person.id, created_ns=now_ns, seen_ns=now_ns, address=address
            )
        )
        return token

    def sign_out(self, token: str, *, everywhere: bool = False) -> int:
        """End a visit, or all of its person; gives how many ended."""
        visit = self.store.visit(digest_of(token))
        if visit is None:
            return 0
        return self.store.end_visits(**({"person": visit.person} if everywhere else {"digest": visit.digest}))

    def visitor(self, token: str) -> Person:
        """Who is signed in by a cookie; raises `Unauthorised` where nobody is any more."""
        visit = self.store.visit(digest_of(token))
        now_ns = self._clock.now_ns()
        created_ns, seen_ns = self._over(now_ns)
        if visit is None or visit.created_ns < created_ns or visit.seen_ns < seen_ns:
            raise Unauthorised("you are not signed in any more", hint=SIGN_IN, code="signed_out")
        person = self.store.person(visit.person)
        if person is None or person.disabled_ns is not None:
            raise Unauthorised("you are not signed in any more", hint=SIGN_IN, code="signed_out")
        if now_ns - visit.seen_ns > SEEN_NS:
            self.store.see_visit(visit.digest, now_ns)
        return person

    def _over(self, now_ns: int) -> tuple[int, int]:
        created_ns = now_ns - int(self._expiry.most_s * SECOND_NS)
        return created_ns, now_ns - int(self._expiry.idle_s * SECOND_NS)

    def invite(self, name: str, role: str, project: str) -> tuple[Person, str | None]:
        """Give somebody a role in a project; with a link that sets a password for whoever has none.

        No link where they have a role elsewhere: whoever invites here would become them there.
        """
        if role not in ROLES:
            raise Invalid(f"no such role: {role[:100]!r}", hint=f"one of {', '.join(ROLES)}")
        name = name_of(name)
        person = self.store.person_named(name)
        check_own_roles(person)
        if person is not None and project in person.roles:
            raise Conflict(f"{name} is there already", hint="change the role instead")
        if person is None:
            person = Person(
                id=f"usr_{secrets.token_hex(6)}", name=name, created_ns=self._clock.now_ns(), roles={}
            )
            self.store.add_person(person)
        self.store.set_role(person.id, project, role)
        elsewhere = set(person.roles) - {project}
        link = None if person.password or elsewhere else self.link(person)
        return self.store.person(person.id) or person, link

    def link(self, person: Person) -> str:
        """A link that sets the password of a person once; earlier ones end. Raises `Refused` where an issuer vouches."""
        check_own_roles(person)
        return self._link(person.id, LINK_S)

    def first_link(self) -> str | None:
        """The link of the very first admin, None where somebody can sign in already."""
        if any(
            one.password or (one.issuer and one.roles.get(EVERYWHERE) == "admin")
            for one in self.store.people()
        ):
            return None
        return self._link("", FIRST_LINK_S)

    def _link(self, person_id: str, lasts_s: int) -> str:
        token = secrets.token_urlsafe(32)
        expires_ns = self._clock.now_ns() + lasts_s * SECOND_NS
        self.store.put_invitation(
            Invitation(digest=digest_of(token), person=person_id, expires_ns=expires_ns)
        )
        return token

    def invited(self, token: str) -> tuple[Invitation, Person | None]:
        """What a link is for; raises `Missing` where it was used, replaced, or is too old."""
        found = self.store.invitation(digest_of(token))
        if found is None or found.expires_ns <= self._clock.now_ns():
            raise Missing("this link is used up, or too old", hint="ask for a new one", code="link")
        return found, self.store.person(found.person) if found.person else None

    def welcome(self, token: str, password: str, name: str = "") -> Person:
        """Set the password that a link is for; the link ends, and so does every visit of that person."""
        invitation, person = self.invited(token)
        if person is None and invitation.person:
            raise Missing("whom this link was for is not there any more", hint="ask for a new one")
        chosen = person.name if person else name_of(name)
        kept = self._passwords.hash(check_strength(password, chosen))
        if person is None and self.store.person_named(chosen) is not None:
            raise Conflict(f"the name {chosen} is taken", hint="choose another name")
        if not self.store.use_invitation(invitation.digest):
            raise Missing("this link is used up, or too old", hint="ask for a new one", code="link")
        if person is None:
            person = Person(
                id=f"usr_{secrets.token_hex(6)}", name=chosen, created_ns=self._clock.now_ns(), roles={}
            )
            self.store.add_person(person)
            self.store.set_role(person.id, EVERYWHERE, "admin")
        self.store.set_password(person.id, kept)
        self.store.end_visits(person=person.id)
        return self.store.person(person.id) or person

    def change_password(self, person: Person, given: str, wanted: str, token: str) -> None:
        """Change one's own password; every other browser has to sign in again."""
        self._names.attempt(person.name)
        if not self._passwords.check(given, person.password):
            raise Unauthorised(
                "this is not your password", hint="ask an admin for a new link", code="sign_in"
            )
        self._names.forget(person.name)
        self.store.set_password(person.id, self._passwords.hash(check_strength(wanted, person.name)))
        self.store.end_visits(person=person.id, but=digest_of(token))


def check_own_roles(person: Person | None) -> None:
    """Raise `Refused` for somebody whose roles, and way to sign in, are another system's."""
    if person is not None and person.issuer:
        raise Refused(
            f"{person.name} signs in at {person.issuer}, which says what their roles are",
            hint="change them there; keep somebody out here with `disabled`",
            code="vouched",
        )


def grant_for(person: Person, project: str | None, projects: list[str]) -> Grant:
    """What a person may do in a project, or without one in the first of theirs; raises `Missing` for that of others."""
    mine = [one for one in projects if person.role(one)]
    chosen = project or ("default" if "default" in mine else next(iter(mine), ""))
    role: Role | None = person.role(chosen) if chosen in mine else None
    if role is None:
        raise Missing(
            f"no such project: {chosen}" if chosen else "you have no role in any project",
            hint="GET /api/v1/me lists yours",
        )
    return Grant(
        project=chosen,
        scopes=SCOPES_OF[role],
        who=f"user:{person.name}",
        person=person.id,
        everywhere=person.roles.get(EVERYWHERE) == "admin",
    )
