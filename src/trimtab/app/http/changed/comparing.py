"""Before a change of an agent, and since: what became of its tasks, tools and cost; of a prompt, both texts."""

from typing import Any

from trimtab.app.bootstrap import Server
from trimtab.loop.ingest import prompt_text
from trimtab.loop.sli import basis_of, catalogue, chosen, report
from trimtab.loop.store import Grant, Scope, find_changes
from trimtab.vocabulary.kernel import Invalid, Missing

Arguments = dict[str, Any]
SHOWN = ["task_success", "tool_call_success", "cost_per_session", "session_latency"]
DAY_NS = 86_400_000_000_000
MOST = 10_000
LISTED = "GET /api/v1/changes lists them with agent, kind, subject and value"


def compare_change(server: Server, grant: Grant, arguments: Arguments) -> object:
    """What was measured before a change and since, over as long, at least a day; of a prompt, what it says and said."""
    change = change_of(server, grant, arguments)
    at_ns = int(change["first_ns"])
    length_ns = max(server.clock.now_ns() - at_ns, DAY_NS)
    return {
        "change": change,
        "before_ns": [at_ns - length_ns, at_ns],
        "since_ns": [at_ns, None],
        "before": measured(server, grant, change, (at_ns - length_ns, at_ns)),
        "since": measured(server, grant, change, (at_ns, None)),
        "text": said(server, grant, change, change["value"]),
        "text_before": said(server, grant, change, change["before"]),
    }


def change_of(server: Server, grant: Grant, arguments: Arguments) -> dict[str, Any]:
    """The change that is named; raises `Invalid` where a name is not given, `Missing` where there is no such change."""
    if absent := [name for name in ("agent", "kind", "value") if not arguments.get(name)]:
        raise Invalid(f"no {absent[0]}", hint=LISTED)
    scope = Scope(project=grant.project, cohort={"agent": str(arguments["agent"])})
    named = ("kind", "subject", "value")
    for row in find_changes(server.analytics, scope, MOST):
        if all(row[name] == str(arguments.get(name, "")) for name in named):
            return row
    raise Missing("no such change", hint=LISTED)


def measured(
    server: Server, grant: Grant, change: dict[str, Any], between: tuple[int, int | None]
) -> dict[str, Any]:
    """The indicators of the agent between two times, by name."""
    since_ns, until_ns = between
    scope = Scope(
        project=grant.project, cohort={"agent": change["agent"]}, since_ns=since_ns, until_ns=until_ns
    )
    definitions = chosen(catalogue(server.state, grant.project), SHOWN)
    found = report(server.analytics, scope, ["agent"], definitions, basis_of(server.state, grant.project))
    return {one["name"]: one for group in found["groups"] for one in group["indicators"]}


def said(server: Server, grant: Grant, change: dict[str, Any], value: str | None) -> str | None:
    """What a prompt says in that version; None of other changes."""
    if change["kind"] != "prompt" or value is None:
        return None
    version = (change["subject"], value)
    return prompt_text(server.journal, server.analytics, grant.project, change["agent"], version)
