"""Who there is and what they may do, for admins; and the log of what was done."""

from dataclasses import asdict
from typing import Any

from trimtab.app.bootstrap import Server
from trimtab.app.http.people.signing import said, shown
from trimtab.app.http.reading import whole_number
from trimtab.app.settings import reached_at
from trimtab.loop.access import EVERYWHERE, ROLES, Person, check_own_roles
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Invalid, Missing, Refused

Arguments = dict[str, Any]
LAST = (1 << 63) - 1


def list_users(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """Everybody who has a role in the project, by name."""
    found = server.access.people.store.people()
    return {"users": [shown(one, grant) for one in found if one.role(grant.project)]}


def show_user(server: Server, grant: Grant, arguments: Arguments) -> object:
    """One person, by name or id."""
    return shown(user_of(server, grant, arguments), grant)


def user_of(server: Server, grant: Grant, arguments: Arguments) -> Person:
    """The person of a name or an id, who has a role in the project; raises `Missing`."""
    name, store = str(arguments["user"]), server.access.people.store
    found = store.person_named(name.lower()) or store.person(name)
    wide = grant.owner or grant.everywhere
    if found is None or not (wide or found.role(grant.project)):
        raise Missing(f"no such user: {name[:100]}", hint="`trimtab users list` shows them")
    return found


def place_of(grant: Grant, arguments: Arguments) -> str:
    """Where a role holds: in the project, or in all of them."""
    if not arguments.get("every_project"):
        return grant.project
    if not (grant.owner or grant.everywhere):
        raise Refused("only an admin of all projects gives roles in all", hint="leave every_project away")
    return EVERYWHERE


def check_own(grant: Grant, person: Person) -> None:
    """Raise `Refused` for what would reach into projects in which the admin is none."""
    if not (grant.owner or grant.everywhere) and set(person.roles) - {grant.project}:
        raise Refused(
            f"{person.name} has roles in other projects, too",
            hint="ask an admin of all projects",
            code="role",
        )


def invite(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Give somebody a role, with a link that sets their first password once; it is in this answer and never again."""
    place = place_of(grant, arguments)
    person, link = server.access.people.invite(said(arguments, "name"), said(arguments, "role"), place)
    return shown(person, grant) | {"link": link and address_of(server, link)}


def address_of(server: Server, link: str) -> str:
    """The address of a link that sets a password."""
    settings = server.settings
    here = f"http://{reached_at(settings.host, settings.http_port)}"
    return f"{settings.public_url.rstrip('/') or here}/welcome/{link}"


def change_user(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Change the role of somebody, keep them out, or let them in again."""
    person, people = user_of(server, grant, arguments), server.access.people
    role, disabled = arguments.get("role"), arguments.get("disabled")
    if role is None and disabled is None:
        raise Invalid("nothing to change", hint='send {"role": "viewer"} or {"disabled": true}')
    if role is not None:
        check_own_roles(person)
    if role is not None and role not in ROLES:
        raise Invalid(f"no such role: {str(role)[:100]!r}", hint=f"one of {', '.join(ROLES)}")
    place = place_of(grant, arguments)
    if disabled is not None:
        check_own(grant, person)
        people.store.set_disabled(person.id, server.clock.now_ns() if disabled else None)
        if disabled:
            people.store.end_visits(person=person.id)
    if role is not None:
        people.store.set_role(person.id, place, role)
    return shown(people.store.person(person.id) or person, grant)


def remove_user(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Take somebody's role in the project away; whoever has none left is forgotten."""
    person, store = user_of(server, grant, arguments), server.access.people.store
    wide = grant.owner or grant.everywhere
    if EVERYWHERE in person.roles and not wide:
        check_own(grant, person)
    gone = {grant.project, EVERYWHERE} if wide else {grant.project}
    for project in gone & set(person.roles):
        store.set_role(person.id, project, None)
    left = set(person.roles) - gone
    if not left:
        store.remove_person(person.id)
    return {"removed": person.name, "roles_left": len(left)}


def new_link(server: Server, grant: Grant, arguments: Arguments) -> object:
    """A new link that sets a password once; for whoever forgot theirs, or lost the first link."""
    person = user_of(server, grant, arguments)
    check_own(grant, person)
    return {"name": person.name, "link": address_of(server, server.access.people.link(person))}


def list_audit(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Every write in the project, the latest first: who, what, from where, and what came of it.

    Who signed in, or tried to, is in no project: an admin of all sees it.
    """
    limit, cursor = whole_number(arguments, "limit", 100) or 100, arguments.get("cursor")
    before = cursor[0] if cursor else LAST
    if not isinstance(before, int) or not 0 <= before <= LAST:
        raise Invalid("not a cursor of this list", hint="send `next` of the page before as it came")
    places = [grant.project, ""] if grant.owner or grant.everywhere else [grant.project]
    found = server.access.audit.entries(places, before, limit + 1)
    more = len(found) > limit
    return {
        "entries": [asdict(one) for one in found[:limit]],
        "next": [found[limit - 1].sequence] if more else None,
    }
