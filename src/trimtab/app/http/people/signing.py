"""Signing in and out, one's own password, and links that set the first one."""

from typing import Any

from starlette.responses import Response

from trimtab.app.bootstrap import Server
from trimtab.app.http.access import Entry, clear_cookie, set_cookie
from trimtab.app.http.problem import json_response
from trimtab.loop.access import EVERYWHERE, Person
from trimtab.loop.store import Grant
from trimtab.vocabulary.kernel import Invalid, Refused

Arguments = dict[str, Any]


def said(arguments: Arguments, name: str) -> str:
    """A text that must be there."""
    found = arguments.get(name)
    if not isinstance(found, str) or not found:
        raise Invalid(f"{name} is missing", hint=f'send {{"{name}": "..."}}')
    return found


def sign_in(entry: Entry) -> Response:
    """Sign in with name and password; the answer sets the cookie of a new session, an earlier one of this browser ends."""
    name, password = said(entry.arguments, "name"), said(entry.arguments, "password")
    token, person = entry.server.access.people.sign_in(
        name, password, entry.caller.address, before=entry.caller.token
    )
    return admitted(entry, person, token)


def admitted(entry: Entry, person: Person, token: str) -> Response:
    """The answer to somebody who may come in, with their cookie."""
    response = json_response({"name": person.name, "projects": projects_of(entry.server, person)})
    set_cookie(response, token, secure=entry.caller.secure, max_age_s=entry.server.settings.session_max_s)
    return response


def show_ways(entry: Entry) -> Response:
    """How people sign in here: with a password, and where else."""
    outside = entry.server.access.outside
    elsewhere = [{"name": outside.name, "path": "/sign-in/oidc"}] if outside else []
    return json_response({"password": True, "elsewhere": elsewhere})


def sign_out(entry: Entry) -> Response:
    """Sign out here, or in every browser (`everywhere=yes`)."""
    everywhere = str(entry.arguments.get("everywhere") or "") == "yes"
    ended = entry.server.access.people.sign_out(entry.caller.token, everywhere=everywhere)
    response = json_response({"ended": ended})
    clear_cookie(response, secure=entry.caller.secure)
    return response


def show_me(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """Who you are, and what you may do in which project."""
    person = server.access.people.store.person(grant.person) if grant.person else None
    return {
        "who": grant.who,
        "kind": "person" if person else "owner" if grant.owner else "key",
        "name": person.name if person else None,
        "project": grant.project,
        "scopes": sorted(grant.scopes),
        "role": person.role(grant.project) if person else None,
        "projects": projects_of(server, person) if person else [{"project": grant.project, "role": None}],
    }


def projects_of(server: Server, person: Person) -> list[Arguments]:
    """The projects in which a person has a role."""
    names = [str(row["name"]) for row in server.state.projects()]
    return [{"project": one, "role": person.role(one)} for one in names if person.role(one)]


def change_password(entry: Entry) -> Response:
    """Change your own password; every other browser has to sign in again."""
    people = entry.server.access.people
    person = people.store.person(entry.grant.person) if entry.grant else None
    if person is None:
        raise Refused("only whoever is signed in has a password", hint="sign in: POST /api/v1/session")
    current, wanted = said(entry.arguments, "current"), said(entry.arguments, "password")
    people.change_password(person, current, wanted, entry.caller.token)
    return json_response({"changed": True})


def show_welcome(entry: Entry) -> Response:
    """For whom a link is, and until when; the very first one asks for a name."""
    found, person = entry.server.access.people.invited(str(entry.arguments["token"]))
    return json_response({"name": person.name if person else None, "expires_ns": found.expires_ns})


def welcome(entry: Entry) -> Response:
    """Set the password that a link is for, and sign in; the link ends."""
    people = entry.server.access.people
    person = people.welcome(
        str(entry.arguments["token"]),
        said(entry.arguments, "password"),
        str(entry.arguments.get("name") or ""),
    )
    return admitted(entry, person, people.open_visit(person, entry.caller.address))


def shown(person: Person, grant: Grant) -> Arguments:
    """A person as an admin sees them: of other projects nothing, unless the admin is one of all."""
    wide = grant.owner or grant.everywhere
    return {
        "id": person.id,
        "name": person.name,
        "role": person.role(grant.project),
        "roles": dict(person.roles) if wide else {},
        "every_project": EVERYWHERE in person.roles,
        "welcomed": bool(person.password or person.issuer),
        "issuer": person.issuer or None,
        "disabled_ns": person.disabled_ns,
        "created_ns": person.created_ns,
    }
