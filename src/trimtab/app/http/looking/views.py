"""Filters of sessions that a project keeps under a name."""

import threading
from typing import Any
from urllib.parse import parse_qsl, urlencode

import orjson

from trimtab.app.bootstrap import Server
from trimtab.app.http.alerting import who
from trimtab.loop.store import Grant, State
from trimtab.vocabulary.kernel import Invalid, Missing

Arguments = dict[str, Any]
KEY = "views."
LONGEST_NAME, LONGEST_QUERY, MOST = 80, 4000, 200
PLACE = frozenset({"cursor", "limit"})
"""Where somebody is in a list is no part of what they look for."""
CHANGING = threading.Lock()


def list_views(server: Server, grant: Grant, _arguments: Arguments) -> object:
    """The filters that the project keeps, by name; `query` is what stands in the address of the sessions."""
    return {"views": kept(server.state, grant.project)}


def keep_view(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Keep a filter under a name, in place of an earlier one of that name."""
    name = " ".join(str(arguments.get("name") or "").split())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise Invalid(
            f"a view has a name of 1 to {LONGEST_NAME} characters",
            hint='for example "name": "failed refunds"',
        )
    given = parse_qsl(str(arguments.get("query") or "").removeprefix("?"), max_num_fields=100)
    query = urlencode([(key, value) for key, value in given if key not in PLACE])
    if not query:
        raise Invalid("the view filters nothing", hint='for example "query": "outcome=failure&agent=shop"')
    row = {"name": name, "query": query, "by": who(arguments), "at_ns": server.clock.now_ns()}
    with CHANGING:
        rows = [one for one in kept(server.state, grant.project) if one["name"] != name] + [row]
        if len(rows) > MOST:
            raise Invalid(f"{MOST} views are kept already", hint="remove one first")
        keep(server.state, grant.project, rows)
    return row


def remove_view(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Forget a view."""
    name = str(arguments.get("name") or "")
    with CHANGING:
        rows = kept(server.state, grant.project)
        rest = [one for one in rows if one["name"] != name]
        if len(rest) == len(rows):
            raise Missing(f"no such view: {name}", hint="GET /api/v1/views lists them")
        keep(server.state, grant.project, rest)
    return {"removed": name}


def kept(state: State, project: str) -> list[Arguments]:
    """The views of a project, by name."""
    return orjson.loads(state.setting(KEY + project) or "[]")


def keep(state: State, project: str, rows: list[Arguments]) -> None:
    """Write the views of a project."""
    state.set_setting(KEY + project, orjson.dumps(sorted(rows, key=lambda one: one["name"])).decode())
