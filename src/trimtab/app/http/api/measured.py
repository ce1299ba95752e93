"""Routes: what was seen of agents, and what is measured about it."""

from trimtab.app.http import changed, exporting, failing, measuring, reading
from trimtab.app.http.api.declare import (
    BY,
    SINCE,
    UNTIL,
    Operation,
    Pages,
    Parameter,
    number,
    one_of,
    text,
    whole,
)
from trimtab.app.http.looking import queue, sessions, telling

RATES = Parameter(
    name="tools_usd",
    schema={"type": "object", "additionalProperties": {"type": "number"}},
    says="USD a call by tool; 0 forgets one.",
)
GROUP = text("group", "The dimension that names a task.", longest=100)
COHORT = (SINCE, UNTIL)

FILTERS = (
    *COHORT,
    text("outcome", "success, failure, refused, escalated, abandoned or unknown.", longest=20),
    one_of(
        "tool_error", "Only with, or only without a tool (with `tool`: that one) that failed.", "yes", "no"
    ),
    text("text", "Only sessions that said all these words."),
    text("tool", "Only those that called this tool.", longest=1000),
    text("error", "Only with a step of this error class, such as timeout.", longest=100),
    one_of("broken_schema", "Only with a call of a tool that broke its schema.", "yes", "no"),
    text("failure", "Only those that show this failure: the fingerprint of a group.", longest=64),
    number("least_usd", "Only those that cost so much or more."),
    number("most_usd", "Only those that cost so much or less."),
    number("least_s", "Only those that took so many seconds or more."),
    number("most_s", "Only those that took so many seconds or less."),
)

SEEN = (
    Operation(
        method="GET",
        path="/sessions",
        scope="read",
        use=sessions.list_sessions,
        takes=FILTERS,
        dimensions=True,
        pages=Pages(rows="sessions", named_by=("session",), default=50, pushed=True),
    ),
    Operation(
        method="GET",
        path="/facets",
        scope="read",
        use=sessions.show_facets,
        takes=(
            *FILTERS,
            text("of", "outcome, error, tool and dimensions, with commas between.", longest=2000),
            whole("limit", "So many values of each.", most=sessions.MOST_VALUES, default=sessions.VALUES),
        ),
        dimensions=True,
    ),
    Operation(
        method="GET",
        path="/export/sessions",
        scope="read",
        use=sessions.export_sessions,
        takes=(
            *FILTERS,
            whole("limit", "So many at most.", most=sessions.MOST_EXPORTED, default=sessions.EXPORTED),
        ),
        dimensions=True,
        media="text/csv",
    ),
    Operation(
        method="GET",
        path="/sessions/{session:path}/blame",
        scope="read",
        use=failing.blame_session,
        takes=(whole("limit", "How many steps and agents.", most=1000, default=5),),
    ),
    Operation(
        method="GET",
        path="/sessions/{session:path}/said",
        scope="read",
        use=reading.show_said,
        takes=(
            whole("offset", "How many steps to pass over.", default=0),
            whole("limit", "How many steps.", most=reading.MAX_HITS, default=100),
        ),
    ),
    Operation(
        method="POST",
        path="/sessions/{session:path}/facts",
        scope="respond",
        use=telling.tell,
        takes=(
            one_of("kind", "What is told.", *telling.TOLD, default="outcome"),
            text("label", "The outcome, or the word of a label.", longest=2000),
            text("name", "The name of a score or a label.", longest=2000),
            number("value", "The number of a score."),
            text("reason", "Why.", longest=2000),
            BY,
        ),
        target=("kind",),
    ),
    Operation(method="GET", path="/sessions/{session:path}", scope="read", use=reading.show_session),
    Operation(
        method="GET",
        path="/queue",
        scope="read",
        use=queue.show_queue,
        takes=COHORT,
        dimensions=True,
        pages=Pages(rows="sessions", named_by=("session",), default=50, pushed=True),
    ),
    Operation(method="GET", path="/steps/{trace}/{span}", scope="read", use=reading.show_step),
    Operation(
        method="GET",
        path="/changes",
        scope="read",
        use=reading.changes,
        takes=(*COHORT, text("agent", "Only of this agent.", longest=1000)),
        pages=Pages(
            rows="changes", named_by=("agent", "kind", "subject", "value"), default=100, limited=True
        ),
    ),
    Operation(
        method="GET",
        path="/changes/compare",
        scope="read",
        use=changed.compare_change,
        takes=(
            text("agent", "Whose change it is.", longest=1000, required=True),
            text("kind", "What changed: prompt, bundle, model, ...", longest=100, required=True),
            text("subject", "Which one, where an agent has several.", longest=1000),
            text("value", "What it became.", longest=1000, required=True),
        ),
    ),
    Operation(
        method="GET",
        path="/failures",
        scope="read",
        use=failing.failures,
        takes=(
            *COHORT,
            one_of("by", "What is grouped.", "session", "step", default="session"),
            one_of("sort", "What puts a group first.", "users", "money", "time", "sessions", default="users"),
        ),
        dimensions=True,
        pages=Pages(rows="groups", named_by=("fingerprint",), default=100, limited=True),
    ),
    Operation(
        method="GET",
        path="/failures/{fingerprint:path}",
        scope="read",
        use=failing.show_failure,
        takes=(
            *COHORT,
            one_of("sort", "What puts a group first.", "users", "money", "time", "sessions", default="users"),
        ),
        dimensions=True,
    ),
    Operation(
        method="GET",
        path="/search",
        scope="read",
        use=reading.search_text,
        takes=(text("text", "All these words, in any case and order.", required=True),),
        pages=Pages(
            rows="steps",
            named_by=("trace_id", "span_id"),
            default=20,
            most=reading.MAX_HITS,
            limited=True,
        ),
    ),
    Operation(
        method="GET",
        path="/tail",
        scope="read",
        use=reading.tail,
        takes=(whole("after_ns", "Only steps of journal positions after this one."),),
        pages=Pages(rows="steps", named_by=("body", "ordinal"), default=100, pushed=True),
    ),
    Operation(
        method="POST",
        path="/query",
        scope="read",
        use=reading.query,
        takes=(
            text("sql", "One select over the views of the project.", longest=100_000, required=True),
            whole("limit", "So many rows at most.", default=1000),
        ),
    ),
)
MEASURED = (
    Operation(
        method="GET",
        path="/sli",
        scope="read",
        use=measuring.indicators,
        takes=(
            *COHORT,
            text("by", "Dimensions to split by, with commas between."),
            text("name", "Indicators, with commas between; without it all that are quick."),
        ),
        dimensions=True,
    ),
    Operation(
        method="GET",
        path="/infer",
        scope="read",
        use=measuring.infer,
        takes=(*COHORT, GROUP),
        dimensions=True,
    ),
    Operation(
        method="POST",
        path="/infer",
        scope="edit",
        use=measuring.keep_inferred,
        takes=(*COHORT, GROUP),
        dimensions=True,
    ),
    Operation(
        method="GET",
        path="/coverage",
        scope="read",
        use=measuring.covered,
        takes=COHORT,
        dimensions=True,
    ),
    Operation(
        method="GET",
        path="/trials",
        scope="read",
        use=measuring.repeated,
        takes=(*COHORT, GROUP, whole("k", "Up to so many tries.", most=100, default=4)),
        dimensions=True,
    ),
    Operation(
        method="GET",
        path="/sli/catalogue",
        scope="read",
        use=measuring.show_catalogue,
        pages=Pages(rows="indicators", named_by=("from", "name")),
        tagged=True,
    ),
    Operation(
        method="POST",
        path="/sli/catalogue",
        scope="edit",
        use=measuring.add_indicators,
        takes=(text("yaml", "Definitions in YAML.", longest=1_000_000, required=True),),
    ),
    Operation(
        method="POST",
        path="/sli/remove",
        scope="edit",
        use=measuring.remove_indicator,
        takes=(text("name", "The indicator.", longest=200, required=True),),
        target=("name",),
    ),
    Operation(method="GET", path="/rates", scope="read", use=measuring.show_basis, tagged=True),
    Operation(
        method="POST",
        path="/rates",
        scope="edit",
        use=measuring.set_basis,
        takes=(
            RATES,
            number("session_usd", "USD a session."),
            number("hour_usd", "USD an hour of a session."),
            number("maturity_s", "Facts about a session should be there so long after it."),
        ),
    ),
    Operation(
        method="GET",
        path="/export",
        scope="read",
        use=exporting.show_days,
        pages=Pages(rows="days", named_by=("table", "day")),
    ),
    Operation(
        method="GET",
        path="/export/{table}/{day}",
        scope="read",
        use=exporting.take_day,
        media="application/vnd.apache.parquet",
        tagged=True,
    ),
)
