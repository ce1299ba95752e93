"""The sessions that wait for somebody to look."""

from typing import Any, cast

from trimtab.app.bootstrap import Server
from trimtab.app.http.reading import scope_of, whole_number
from trimtab.loop.store import Grant, waiting_sessions
from trimtab.vocabulary.kernel import Invalid

Arguments = dict[str, Any]


def show_queue(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Closed sessions whose outcome no human told: unknown ones first, then inferred, judged, and told by programs."""
    limit = whole_number(arguments, "limit", 50) or 50
    after = place_of(arguments.get("cursor"))
    rows, total = waiting_sessions(server.analytics, scope_of(grant, arguments), after, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    following = [last["sure"], last["last_ns"], last["session"]] if last else None
    return {"total": total, "sessions": rows[:limit], "next": following}


def place_of(cursor: object) -> tuple[int, int, str] | None:
    """The place that a cursor names, None without one; raises `Invalid` for the cursor of another list."""
    if cursor is None:
        return None
    match cast("list[object]", cursor):
        case [int() as sure, int() as last_ns, str() as session]:
            return sure, last_ns, session
        case _:
            raise Invalid("not a cursor of this list", hint="send `next` of the page before as it came")
