"""Why agents fail, over the API: groups of like failures, and who is to blame for one."""

from typing import Any

from trimtab.app.bootstrap import Server
from trimtab.app.http.reading import scope_of, whole_number
from trimtab.loop.failure import find_groups, judge, open_group
from trimtab.loop.ingest import exchanges_in
from trimtab.loop.store import Grant, open_session
from trimtab.vocabulary.kernel import Invalid

Arguments = dict[str, Any]


def failures(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Groups of like failures: of sessions that failed, or of steps (`by=step`)."""
    by, limit = str(arguments.get("by", "session")), whole_number(arguments, "limit", 100) or 100
    if by not in {"session", "step"}:
        raise Invalid(f"failures are not grouped by {by}", hint="by=session or by=step")
    found = find_groups(
        server.analytics,
        scope_of(grant, without(arguments, "sort")),
        server.clock.now_ns(),
        by_step=by == "step",
        sort=str(arguments.get("sort", "users")),
    )
    return found | {"groups": found["groups"][:limit], "total": len(found["groups"])}


def show_failure(server: Server, grant: Grant, arguments: Arguments) -> object:
    """One group of failures: what it is, where it shows, which cohorts it concentrates in."""
    scope = scope_of(grant, without(arguments, "fingerprint"))
    return open_group(server.analytics, scope, server.clock.now_ns(), str(arguments["fingerprint"]))


def blame_session(server: Server, grant: Grant, arguments: Arguments) -> object:
    """Who is to blame for a session that failed: its steps and agents, the likeliest first."""
    limit = whole_number(arguments, "limit", 5) or 5
    opened = open_session(server.analytics, grant.project, str(arguments["session"]))
    said = exchanges_in(server.journal, server.analytics, grant.project, opened["steps"])
    return judge(server.analytics, grant.project, opened, said, limit)


def without(arguments: Arguments, name: str) -> Arguments:
    """The arguments but one, which is no dimension of a cohort."""
    return {key: value for key, value in arguments.items() if key != name}
