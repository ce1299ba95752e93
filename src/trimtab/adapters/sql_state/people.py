"""The store of people by SQLAlchemy."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from trimtab.adapters.sql_state.engine import alone, change, open_engine, put, retryable, rows, transact
from trimtab.adapters.sql_state.tables import IDENTITIES, INVITATIONS, PEOPLE, ROLES, VISITS
from trimtab.loop.access import Invitation, Person, Role, Visit
from trimtab.vocabulary.kernel import Conflict


class SqlPeopleStore:
    """People, visits and links; safe to share between threads, and between servers."""

    def __init__(self, where: str) -> None:
        """Open a path, ":memory:", or a URL, and bring its schema up to date."""
        self._engine = open_engine(where)

    def add_person(self, person: Person, subject: str = "") -> None:
        """Keep a new person, by `subject` where an issuer vouches for them; raises `Conflict` where name or subject is taken."""
        values = {
            "id": person.id,
            "name": person.name,
            "password": person.password,
            "created_ns": person.created_ns,
            "disabled_ns": person.disabled_ns,
        }
        try:
            with retryable(), self._engine.begin() as con:
                con.execute(sa.insert(PEOPLE).values(**values))
                if person.issuer:
                    vouched = {"issuer": person.issuer, "subject": subject, "person": person.id}
                    con.execute(sa.insert(IDENTITIES).values(**vouched))
                for project, role in person.roles.items():
                    con.execute(sa.insert(ROLES).values(person=person.id, project=project, role=role))
        except IntegrityError as error:
            raise Conflict(f"the name {person.name} is taken", hint="choose another name") from error

    def person(self, person_id: str) -> Person | None:
        """A person by id."""
        return next(iter(self._people(PEOPLE.c.id == person_id)), None)

    def person_named(self, name: str) -> Person | None:
        """A person by name."""
        return next(iter(self._people(PEOPLE.c.name == name)), None)

    def person_vouched(self, issuer: str, subject: str) -> Person | None:
        """The person for whom an issuer vouches by this subject."""
        named = sa.select(IDENTITIES.c.person).where(
            IDENTITIES.c.issuer == issuer, IDENTITIES.c.subject == subject
        )
        return next(iter(self._people(PEOPLE.c.id.in_(named))), None)

    def people(self) -> list[Person]:
        """Everybody, by name."""
        return self._people(sa.true())

    def _people(self, which: sa.ColumnElement[bool]) -> list[Person]:
        found = rows(self._engine, sa.select(PEOPLE).where(which).order_by(PEOPLE.c.name))
        chosen = sa.select(PEOPLE.c.id).where(which)
        held = rows(self._engine, sa.select(ROLES).where(ROLES.c.person.in_(chosen)))
        roles: dict[str, dict[str, Role]] = {}
        for row in held:
            roles.setdefault(row["person"], {})[row["project"]] = row["role"]
        vouched = rows(self._engine, sa.select(IDENTITIES).where(IDENTITIES.c.person.in_(chosen)))
        issuers = {row["person"]: row["issuer"] for row in vouched}
        return [
            Person(**row, roles=roles.get(row["id"], {}), issuer=issuers.get(row["id"], "")) for row in found
        ]

    def set_password(self, person_id: str, password: str) -> None:
        """Keep the hash of a password."""
        change(self._engine, sa.update(PEOPLE).where(PEOPLE.c.id == person_id).values(password=password))

    def set_role(self, person_id: str, project: str, role: Role | None) -> None:
        """Give a role in a project, or take it away (None)."""

        def work(con: sa.Connection) -> None:
            if role is None:
                con.execute(sa.delete(ROLES).where(ROLES.c.person == person_id, ROLES.c.project == project))
            else:
                put(con, ROLES, {"person": person_id, "project": project, "role": role})

        transact(self._engine, work)

    def set_roles(self, person_id: str, roles: Mapping[str, Role]) -> None:
        """Let somebody have these roles and no others."""

        def work(con: sa.Connection) -> None:
            alone(con, f"roles {person_id}")
            con.execute(sa.delete(ROLES).where(ROLES.c.person == person_id))
            for project, role in roles.items():
                con.execute(sa.insert(ROLES).values(person=person_id, project=project, role=role))

        transact(self._engine, work)

    def set_disabled(self, person_id: str, at_ns: int | None) -> None:
        """Keep somebody out from a time on, or let them in again (None)."""
        change(self._engine, sa.update(PEOPLE).where(PEOPLE.c.id == person_id).values(disabled_ns=at_ns))

    def remove_person(self, person_id: str) -> None:
        """Forget a person with roles, visits and links."""

        def work(con: sa.Connection) -> None:
            for table in (ROLES, VISITS, INVITATIONS, IDENTITIES):
                con.execute(sa.delete(table).where(table.c.person == person_id))
            con.execute(sa.delete(PEOPLE).where(PEOPLE.c.id == person_id))

        transact(self._engine, work)

    def add_visit(self, visit: Visit) -> None:
        """Keep a browser that signed in."""
        values: dict[str, Any] = {column.name: getattr(visit, column.name) for column in VISITS.c}
        change(self._engine, sa.insert(VISITS).values(**values))

    def visit(self, digest: str) -> Visit | None:
        """A visit by the hash of its cookie."""
        found = rows(self._engine, sa.select(VISITS).where(VISITS.c.digest == digest))
        return Visit(**found[0]) if found else None

    def see_visit(self, digest: str, now_ns: int) -> None:
        """Note that a visit goes on."""
        change(self._engine, sa.update(VISITS).where(VISITS.c.digest == digest).values(seen_ns=now_ns))

    def end_visits(self, *, digest: str = "", person: str = "", but: str = "") -> int:
        """End one visit, or all of a person (`but` one); gives how many."""
        if digest:
            return change(self._engine, sa.delete(VISITS).where(VISITS.c.digest == digest))
        mine = sa.and_(VISITS.c.person == person, VISITS.c.digest != but)
        return change(self._engine, sa.delete(VISITS).where(mine))

    def prune_visits(self, created_before_ns: int, seen_before_ns: int) -> int:
        """Forget visits that are over; gives how many."""
        over = sa.or_(VISITS.c.created_ns < created_before_ns, VISITS.c.seen_ns < seen_before_ns)
        return change(self._engine, sa.delete(VISITS).where(over))

    def put_invitation(self, invitation: Invitation) -> None:
        """Keep a link; the earlier ones of the same person end."""
        values = {
            "digest": invitation.digest,
            "person": invitation.person,
            "expires_ns": invitation.expires_ns,
        }

        def work(con: sa.Connection) -> None:
            alone(con, f"invitation {invitation.person}")
            con.execute(sa.delete(INVITATIONS).where(INVITATIONS.c.person == invitation.person))
            con.execute(sa.insert(INVITATIONS).values(**values))

        transact(self._engine, work)

    def invitation(self, digest: str) -> Invitation | None:
        """A link that was not used, by its hash."""
        found = rows(self._engine, sa.select(INVITATIONS).where(INVITATIONS.c.digest == digest))
        return Invitation(**found[0]) if found else None

    def use_invitation(self, digest: str) -> bool:
        """Use a link up; False where somebody was quicker."""
        return change(self._engine, sa.delete(INVITATIONS).where(INVITATIONS.c.digest == digest)) == 1

    def close(self) -> None:
        """Give the file back."""
        self._engine.dispose()
