"""Routes: what is promised, what fires, and the incidents that came of it."""

from trimtab.app.http import alerting, incidents, promising
from trimtab.app.http.api.declare import (
    BY,
    SINCE,
    UNTIL,
    Operation,
    Pages,
    flag,
    one_of,
    text,
    texts,
    texts_by_name,
    whole,
)
from trimtab.app.http.looking import breaching

FILES = texts_by_name("files", "YAML documents by file name.")
ALL = one_of("all", "`yes`: those that are over, too.", "yes", "no", default="no")
HAPPENED = whole("happened_ns", "When it happened, if not now: nanoseconds since 1970.")
OTHER_TOOLS = ("sloth", "agt-slo")

PROMISES = (
    Operation(method="GET", path="/promises", scope="read", use=promising.show_promises, tagged=True),
    Operation(
        method="POST",
        path="/promises",
        scope="edit",
        use=promising.apply_promises,
        takes=(FILES, flag("force", "Also with a rule that can never fire.")),
    ),
    Operation(
        method="POST", path="/promises/plan", scope="read", use=promising.plan_promises, takes=(FILES,)
    ),
    Operation(
        method="POST",
        path="/promises/translate",
        scope="read",
        use=promising.translate_promises,
        takes=(
            FILES,
            one_of("form", "The tool that they were made with.", *OTHER_TOOLS),
            texts("indicators", "What they are about, as NAME or SLO=NAME."),
        ),
    ),
    Operation(
        method="GET",
        path="/promises/proposals",
        scope="read",
        use=promising.propose_promises,
        takes=(
            text("agent", "The agent.", longest=1000),
            whole("weeks", "From so many weeks.", most=520, default=4),
            text("indicators", "Indicators, with commas between."),
        ),
    ),
    Operation(method="GET", path="/promises/backtest", scope="read", use=promising.backtest, takes=(SINCE,)),
    Operation(
        method="POST",
        path="/promises/backtest",
        scope="read",
        use=promising.backtest,
        takes=(SINCE, FILES),
    ),
    Operation(
        method="GET",
        path="/promises/prometheus",
        scope="read",
        use=promising.export_rules,
        media="application/yaml",
        tagged=True,
    ),
    Operation(
        method="GET", path="/promises/grafana", scope="read", use=promising.export_dashboard, tagged=True
    ),
    Operation(method="GET", path="/slo", scope="read", use=promising.budgets, pages=Pages(rows="objectives")),
    Operation(method="GET", path="/slo/{objective:path}", scope="read", use=promising.budget),
    Operation(
        method="GET",
        path="/breaches",
        scope="read",
        use=breaching.show_breaches,
        takes=(text("objective", "The objective.", longest=1000, required=True), SINCE, UNTIL),
    ),
)
ALERTS = (
    Operation(
        method="GET",
        path="/alerts",
        scope="read",
        use=alerting.list_alerts,
        takes=(ALL,),
        pages=Pages(rows="alerts", named_by=("fingerprint", "starts_ns")),
    ),
    Operation(
        method="POST",
        path="/alerts/ack",
        scope="respond",
        use=alerting.acknowledge_alert,
        takes=(
            text("alert", "Its fingerprint, or the beginning of it.", longest=64, required=True),
            BY,
            text("note", "A word about it."),
        ),
        target=("alert",),
    ),
    Operation(method="GET", path="/alerts/quality", scope="read", use=alerting.quality, takes=(SINCE,)),
    Operation(
        method="GET",
        path="/alerts/log",
        scope="read",
        use=alerting.delivery_log,
        pages=Pages(rows="log", named_by=("message_id", "number"), default=100, limited=True),
    ),
    Operation(
        method="POST",
        path="/alerts/revive",
        scope="respond",
        use=alerting.revive_message,
        takes=(text("id", "The message.", longest=64, required=True),),
        target=("id",),
    ),
    Operation(
        method="GET",
        path="/silences",
        scope="read",
        use=alerting.list_silences,
        pages=Pages(rows="silences"),
    ),
    Operation(
        method="POST",
        path="/silences",
        scope="respond",
        use=alerting.make_silence,
        takes=(
            texts("matchers", 'Conditions, all of which must hold, such as severity="page".'),
            whole("starts_ns", "From then on; without it from now on."),
            whole("ends_ns", "Until then; without it for two hours."),
            BY,
            text("comment", "Why."),
        ),
    ),
    Operation(
        method="POST",
        path="/silences/end",
        scope="respond",
        use=alerting.end_silence,
        takes=(text("id", "The silence.", longest=64, required=True),),
        target=("id",),
    ),
    Operation(
        method="GET",
        path="/oncall",
        scope="read",
        use=alerting.who_is_on_call,
        takes=(whole("at_ns", "At this time, if not now."),),
        pages=Pages(rows="rotations", named_by=("rotation",)),
    ),
)
INCIDENTS = (
    Operation(
        method="GET",
        path="/incidents",
        scope="read",
        use=incidents.list_incidents,
        takes=(ALL, SINCE),
        pages=Pages(rows="incidents"),
    ),
    Operation(
        method="POST",
        path="/incidents",
        scope="respond",
        use=incidents.declare_incident,
        takes=(
            text("title", "What happened.", required=True),
            text("gravity", "sev1, sev2 or sev3.", longest=20),
            text("objective", "The objective it is about.", longest=1000),
            HAPPENED,
            BY,
        ),
    ),
    Operation(
        method="GET", path="/incidents/{incident}", scope="read", use=incidents.show_incident, tagged=True
    ),
    Operation(
        method="POST",
        path="/incidents/{incident}",
        scope="respond",
        use=incidents.act_on_incident,
        takes=(
            text("action", "What is done.", longest=20, required=True),
            BY,
            HAPPENED,
            text("why", "acknowledge, mitigate, resolve, reopen: why."),
            text("gravity", "grade: sev1, sev2 or sev3.", longest=20),
            text("role", "assign: the role.", longest=200),
            text("person", "assign: who takes it.", longest=200),
            text("impact", "update: what users notice."),
            texts("actions", "update: what is being done."),
            whole("eta_ns", "update: when the next update comes."),
            text("note", "note: its text."),
            whole("impact_ns", "date: since when users noticed."),
            whole("first_bad_ns", "date: the first bad event."),
            text("idea", "suppose: what it may be."),
            text("hypothesis", "examine: which supposition.", longest=200),
            text("standing", "examine: what became of it.", longest=20),
            text("evidence", "examine: what speaks for it."),
        ),
        target=("incident", "action"),
    ),
)
