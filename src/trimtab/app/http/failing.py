"""Why agents fail, over the API: groups of like failures."""

from typing import Any

from trimtab.app.bootstrap import Server
from trimtab.app.http.reading import scope_of, whole_number
from trimtab.loop.failure import find_groups, open_group
from trimtab.loop.store import Grant
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


def without(arguments: Arguments, name: str) -> Arguments:
    """The arguments but one, which is no dimension of a cohort."""
    return {key: value for key, value in arguments.items() if key != name}
