"""What is read over the API: sessions, one session, indicators, queries, the tail."""

import math
from typing import Any, cast

from trimtab.app.bootstrap import Server
from trimtab.loop.ingest import raw_step, said_in_steps, search
from trimtab.loop.store import Grant, Scope, find_changes, open_session, recent_steps
from trimtab.vocabulary.kernel import Invalid

Arguments = dict[str, Any]
MAX_HITS = 1000
INDEX_WAIT_S = 5.0
RESERVED = {
    "since_ns",
    "until_ns",
    "by",
    "name",
    "group",
    "k",
    "limit",
    "cursor",
    "outcome",
    "tool_error",
    "session",
    "text",
    "after_ns",
    "sql",
}


def whole_number(arguments: Arguments, name: str, default: int | None = None) -> int | None:
    """A whole number among the arguments; raises `Invalid` that names it."""
    raw = arguments.get(name)
    if raw is None or raw == "":
        return default
    try:
        found = int(raw)
    except (TypeError, ValueError) as error:
        raise Invalid(f"{name}={raw!r} is not a whole number", hint=f"for example {name}=100") from error
    if not 0 <= found < 1 << 63:
        raise Invalid(f"{name}={raw!r} is out of bounds", hint="0 or more, and less than 2^63")
    return found


def number_of(arguments: Arguments, name: str) -> float | None:
    """A number among the arguments, None without it; raises `Invalid` that names it."""
    raw = arguments.get(name)
    if raw is None or raw == "":
        return None
    try:
        found = float(raw)
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise Invalid(f"{name}={raw!r} is not a number", hint=f"for example {name}=0.5")
    return found


def scope_of(grant: Grant, arguments: Arguments) -> Scope:
    """The scope that a request names: every argument that is not reserved is a cohort dimension."""
    return Scope(
        project=grant.project,
        cohort={name: str(value) for name, value in arguments.items() if name not in RESERVED},
        since_ns=whole_number(arguments, "since_ns"),
        until_ns=whole_number(arguments, "until_ns"),
    )


def after_of(cursor: object, first: type, second: type) -> tuple[Any, Any] | None:
    """The two values of a cursor, None without one; raises `Invalid` for the cursor of another list."""
    if cursor is None:
        return None
    if isinstance(cursor, list):
        match cast("list[object]", cursor):
            case [one, two] if isinstance(one, first) and isinstance(two, second):
                return one, two
            case _:
                pass
    raise Invalid("not a cursor of this list", hint="send `next` of the page before as it came")


def show_session(server: Server, grant: Grant, arguments: Arguments) -> object:
    """One session with its steps and facts."""
    return open_session(server.analytics, grant.project, str(arguments["session"]))


def show_said(server: Server, grant: Grant, arguments: Arguments) -> object:
    """What the steps of a session were given and gave, in order of time, `limit` of them from `offset` on."""
    opened = open_session(server.analytics, grant.project, str(arguments["session"]))
    first = whole_number(arguments, "offset", 0) or 0
    limit = min(whole_number(arguments, "limit", 100) or 100, MAX_HITS)
    steps = opened["steps"][first : first + limit]
    said = said_in_steps(server.journal, server.analytics, grant.project, steps)
    return {"total": len(opened["steps"]), "offset": first, "steps": said}


def show_step(server: Server, grant: Grant, arguments: Arguments) -> object:
    """One step as its span came, by trace id and span id, redacted as it was kept."""
    raw = str(arguments["span"])
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 20):
        raise Invalid(
            f"span {raw[:40]!r} is not a span id", hint="the number that `trimtab show --json` gives"
        )
    span = int(raw)
    return raw_step(server.journal, server.analytics, grant.project, str(arguments["trace"]), span)


def changes(server: Server, grant: Grant, arguments: Arguments) -> object:
    """What changed about the agents: prompts, models, tools, releases, the latest first."""
    scope = scope_of(grant, arguments)
    if unknown := sorted(set(scope.cohort) - {"agent"}):
        raise Invalid(f"changes are told by agent, not by {unknown[0]}", hint="agent=NAME")
    limit = whole_number(arguments, "limit", 100) or 100
    return {"changes": find_changes(server.analytics, scope, limit)}


def search_text(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Steps that said some words, the latest first; `behind` counts the bodies that are not indexed yet."""
    words = str(arguments.get("text", ""))
    limit = min(whole_number(arguments, "limit", 20) or 20, MAX_HITS)
    server.indexer.wait(INDEX_WAIT_S)
    found = search(server.text, server.journal, server.analytics, grant.project, words, limit)
    return {"steps": found, "behind": server.indexer.behind()}


def tail(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Steps applied after a journal position, oldest first."""
    limit, position = whole_number(arguments, "limit", 100) or 100, server.applier.position
    after = after_of(arguments.get("cursor"), int, int)
    if after is None:
        after = (whole_number(arguments, "after_ns", 0) or 0, (1 << 62))
    steps = recent_steps(server.analytics, grant.project, after, limit + 1)
    more = [steps[limit - 1]["body"], steps[limit - 1]["ordinal"]] if len(steps) > limit else None
    return {"position": position, "steps": steps[:limit], "next": more}


def query(server: Server, grant: Grant, arguments: Arguments) -> object:
    """A user's read-only query over the views of the project."""
    sql = arguments.get("sql")
    if not isinstance(sql, str) or not sql.strip():
        raise Invalid("no query", hint='send {"sql": "select ..."}')
    limit = whole_number(arguments, "limit", 1000) or 1000
    columns, rows = server.analytics.user_rows(grant.project, sql, limit + 1)
    return {"columns": columns, "rows": rows[:limit], "truncated": len(rows) > limit}
