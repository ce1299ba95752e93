"""One session after the other that waits for somebody to say what came of it."""

from typing import Any

from trimtab.app.http.looking.queue import show_queue
from trimtab.app.http.reading import show_session
from trimtab.app.web.asking import Asking
from trimtab.app.web.pages.session import SAID, said_rows
from trimtab.app.web.pages.sessions import since_ns
from trimtab.app.web.words import query_of

OWN = ("cursor", "last", "since")
KEYS = (("1", "success"), ("2", "failure"), ("3", "refused"), ("4", "escalated"))


def page(asking: Asking) -> dict[str, Any]:
    """The session that waits at this place of the queue, with its conversation."""
    query = {name: value for name, value in asking.query.items() if value}
    cohort = {name: value for name, value in query.items() if name not in OWN}
    given = cohort | {"since_ns": since_ns(asking), "cursor": query.get("cursor", ""), "limit": 1}
    found = asking.ask(show_queue, "/queue", given)
    here = {name: value for name, value in query.items() if name != "last"}
    values = {
        "found": found,
        "state": here,
        "cohort": cohort,
        "last": query.get("last", ""),
        "keys": KEYS,
        "one": None,
    }
    if not found["sessions"]:
        return values
    opened = asking.ask(show_session, "/sessions/{session}", {"session": found["sessions"][0]["session"]})
    session = opened["session"]["session"]
    return values | {
        "one": opened["session"],
        "facts": opened["facts"],
        "rows": said_rows(asking, opened, 0),
        "size": SAID,
        "total": len(opened["steps"]),
        "told": f"/queue{query_of(here | {'last': session})}",
        "skip": f"/queue{query_of(here | {'cursor': found['next']})}" if found["next"] else "",
    }
