"""Sessions by anything that one can filter by: a page of them, counts to filter further, all of them as a file."""

import csv
import io
from typing import Any, cast

from starlette.responses import Response

from trimtab.app.bootstrap import Server
from trimtab.app.http.looking.breaching import breaching_sessions
from trimtab.app.http.reading import INDEX_WAIT_S, number_of, scope_of, whole_number
from trimtab.loop.failure import sessions_in_group
from trimtab.loop.ingest import sessions_that_said
from trimtab.loop.store import Conditions, Grant, Row, Scope, Turn, count_facets, find_sessions
from trimtab.vocabulary.kernel import Invalid

Arguments = dict[str, Any]
BOUNDS = ("least_usd", "most_usd", "least_s", "most_s")
TEXTS = ("tool", "llm", "llm_provider", "error", "prompt", "decision", "decision_reason", "decided_tool")
FLAGS = ("broken_schema", "decided_text", "suspected", "model_refused")
FILTERS = frozenset({*TEXTS, *FLAGS, "llm_error", "failure", "breaches", "of", *BOUNDS})
"""What is no dimension of a cohort here."""
DECISIONS = (
    *("deny", "ask", "transform", "warn", "allow"),
    *("would deny", "would ask", "would transform", "would warn"),
)
"""What contracts decide; where they only look on, what it would have been."""
FACETS = ("outcome", "agent", "error", "tool", "model", "bundle", "tenant")
MOST_FACETS, VALUES, MOST_VALUES = 20, 8, 1000
EXPORTED, MOST_EXPORTED = 10_000, 100_000
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""
BACK = "back"
WHETHER = {"yes": True, "no": False}


def list_sessions(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Sessions, the latest first; `next` and `previous` turn the pages, `newer` asks later for what came since."""
    limit, turn = whole_number(arguments, "limit", 50) or 50, turn_of(arguments.get("cursor"))
    scope, wanted, found = asked(server, grant, arguments)
    rows, total = find_sessions(server.analytics, scope, wanted, turn=turn, limit=limit + 1)
    more, back = len(rows) > limit, turn is not None and turn.back
    rows = rows[-limit:] if back else rows[:limit]
    after, before = (back or more, more if back else turn is not None)
    ends = [rows[-1]["last_ns"], rows[-1]["session"]] if rows and after else None
    begins = [rows[0]["last_ns"], rows[0]["session"], BACK] if rows and before else None
    newer = [rows[0]["last_ns"], rows[0]["session"], BACK] if rows else arguments.get("cursor")
    return found | {"total": total, "sessions": rows, "next": ends, "previous": begins, "newer": newer}


def turn_of(cursor: object) -> Turn | None:
    """The place that a cursor names, None without one; raises `Invalid` for the cursor of another list."""
    if cursor is None:
        return None
    match cast("list[object]", cursor):
        case [int() as last_ns, str() as session]:
            return Turn(last_ns=last_ns, session=session)
        case [int() as last_ns, str() as session, "back"]:
            return Turn(last_ns=last_ns, session=session, back=True)
        case _:
            raise Invalid("not a cursor of this list", hint="send `next` of the page before as it came")


def asked(server: Server, grant: Grant, arguments: Arguments) -> tuple[Scope, Conditions, Arguments]:
    """What the filters ask for; with it what the answer has to say about them."""
    scope = scope_of(grant, {name: value for name, value in arguments.items() if name not in FILTERS})
    said: Arguments = {}
    among: frozenset[str] | None = None
    if words := arguments.get("text"):
        server.indexer.wait(INDEX_WAIT_S)
        among = frozenset(sessions_that_said(server.text, server.analytics, grant.project, str(words)))
        said["behind"] = server.indexer.behind()
    if group := arguments.get("failure"):
        shown = frozenset(sessions_in_group(server.analytics, scope, server.clock.now_ns(), str(group)))
        among = shown if among is None else among & shown
    if objective := arguments.get("breaches"):
        broken = frozenset(breaching_sessions(server, grant, scope, str(objective)))
        among = broken if among is None else among & broken
    given: dict[str, Any] = {name: text_of(arguments, name) for name in TEXTS}
    given |= {name: text_of(arguments, name) == "yes" for name in FLAGS}
    given |= {name: number_of(arguments, name) for name in BOUNDS}
    wanted = Conditions(
        outcome=arguments.get("outcome") or None,
        tool_error=WHETHER.get(str(arguments.get("tool_error", ""))),
        llm_error=WHETHER.get(str(arguments.get("llm_error", ""))),
        among=None if among is None else sorted(among),
        **given,
    )
    return scope, wanted, said


def text_of(arguments: Arguments, name: str) -> str:
    """A text among the arguments, "" without it."""
    return str(arguments.get(name) or "")


def show_facets(server: Server, grant: Grant, arguments: Arguments) -> object:
    """How many sessions that the filters leave have which value; of each facet, what the filters ask of it is left open."""
    names = [name for name in str(arguments.get("of") or "").split(",") if name] or list(FACETS)
    if len(names) > MOST_FACETS:
        raise Invalid(f"{len(names)} facets", hint=f"at most {MOST_FACETS} at once")
    limit = min(whole_number(arguments, "limit", VALUES) or VALUES, MOST_VALUES)
    scope, wanted, said = asked(server, grant, arguments)
    return said | {"facets": count_facets(server.analytics, scope, wanted, names, limit)}


def export_sessions(server: Server, grant: Grant, arguments: Arguments) -> Response:
    """The sessions that the filters leave, the latest first, as CSV: 10,000 unless `limit` says otherwise."""
    limit = min(whole_number(arguments, "limit", EXPORTED) or EXPORTED, MOST_EXPORTED)
    scope, wanted, _ = asked(server, grant, arguments)
    rows, total = find_sessions(server.analytics, scope, wanted, limit=limit)
    kept = {"content-disposition": 'attachment; filename="sessions.csv"', "x-trimtab-total": str(total)}
    return Response(as_csv(rows), 200, kept, media_type="text/csv; charset=utf-8")


def as_csv(rows: list[Row]) -> bytes:
    """Rows as CSV with a line of names; a text that a spreadsheet would take for a formula has ' before it."""
    sink = io.StringIO(newline="")
    if rows:
        writer = csv.DictWriter(sink, list(rows[0]))
        writer.writeheader()
        writer.writerows({name: cell(value) for name, value in row.items()} for row in rows)
    return sink.getvalue().encode("utf-8", "replace")


def cell(value: object) -> object:
    """A value as it stands in a cell."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
