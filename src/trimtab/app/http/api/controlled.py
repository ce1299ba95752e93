"""Routes: what agents must do now, and calls that wait for a person."""

from trimtab.app.http import control
from trimtab.app.http.api.declare import BY, SINCE, Operation, Pages, flag, one_of, text, texts_by_name, whole
from trimtab.vocabulary.control import MOST_S, OWNERS, WAYS

REASON = text("reason", "Why: it is shown wherever the directive is.", longest=300, required=True)

ANSWER = text("reason", "Why.", longest=1000, required=True)
WAIT = whole("wait_s", "Wait so many seconds for another answer.", most=10, default=0)

CONTROLLED = (
    Operation(
        method="GET",
        path="/directives",
        scope="read",
        use=control.list_directives,
        takes=(one_of("all", "`yes`: those that are over, too.", "yes", "no", default="no"),),
        pages=Pages(rows="directives"),
    ),
    Operation(
        method="POST",
        path="/directives",
        scope="respond",
        use=control.direct,
        takes=(
            text("what", f"One of {WAYS}.", longest=200, required=True),
            REASON,
            text("agent", "Which agents: a name, or a pattern with * and ?.", longest=200),
            text("environment", "In which environments: a name, or a pattern.", longest=200),
            whole("lasts_s", "So many seconds.", most=MOST_S, default=3600),
            whole("from_ns", "From this time on, if not from now: nanoseconds since 1970."),
            one_of("owner", "On whose behalf; other than person needs edit.", *OWNERS, default="person"),
            BY,
        ),
        target=("what", "agent", "environment", "lasts_s", "owner"),
    ),
    Operation(
        method="DELETE",
        path="/directives/{directive}",
        scope="respond",
        use=control.undo_directive,
        takes=(REASON, BY),
        target=("directive",),
    ),
    Operation(
        method="GET",
        path="/control",
        scope=None,
        use=control.show_control,
        takes=(
            text("agent", "The agent.", longest=200, required=True),
            text("environment", "Where it runs.", longest=200),
            WAIT,
        ),
        tagged=True,
        waits=True,
        media="text/plain",
    ),
    Operation(method="GET", path="/control/key", scope="read", use=control.show_key, tagged=True),
    Operation(
        method="GET",
        path="/approvals",
        scope="read",
        use=control.list_approvals,
        takes=(one_of("all", "`yes`: those that are over, too.", "yes", "no", default="no"),),
        pages=Pages(rows="approvals"),
    ),
    Operation(
        method="POST",
        path="/approvals",
        scope="ingest",
        use=control.ask_approval,
        takes=(
            text("agent", "Who wants to call.", longest=200, required=True),
            text("environment", "Where it runs.", longest=200),
            text("session", "In which session.", longest=200),
            text("user", "For whom.", longest=200),
            text("tool", "What is to be called.", longest=200, required=True),
            text("args", "With what, as JSON.", longest=50_000),
            text(
                "args_digest", "SHA-256 of the arguments: the yes is bound to it.", longest=64, required=True
            ),
            text("contract_digest", "SHA-256 of the contract.", longest=64, required=True),
            text("why", "Why the contract asks."),
            texts_by_name("doubts", "What is wrong with an argument and who said it, by argument."),
            text("role", "Whose yes it needs; nothing: of anybody who may respond.", longest=100),
            whole("quorum", "How many must say yes.", most=20, default=1),
            flag("not_requester", "Whether the user may not say yes themselves."),
            whole("ttl_s", "So long it waits, and so long a yes holds.", most=86_400, default=1800),
        ),
        target=("agent", "tool", "args_digest"),
    ),
    Operation(
        method="GET", path="/approvals/figures", scope="read", use=control.approval_figures, takes=(SINCE,)
    ),
    Operation(
        method="GET",
        path="/approvals/{approval}",
        scope=None,
        use=control.show_approval,
        takes=(WAIT,),
        tagged=True,
        waits=True,
    ),
    *(
        Operation(
            method="POST",
            path=f"/approvals/{{approval}}/{word}",
            scope="respond",
            use=use,
            takes=(ANSWER,),
            target=("approval", "reason"),
        )
        for word, use in (
            ("approve", control.approve),
            ("deny", control.deny),
            ("revoke", control.revoke_approval),
            ("review", control.review_approval),
        )
    ),
    Operation(
        method="POST",
        path="/approvals/{approval}/break_glass",
        scope="admin",
        use=control.break_glass,
        takes=(ANSWER,),
        target=("approval", "reason"),
    ),
    Operation(
        method="POST",
        path="/approvals/{approval}/use",
        scope="ingest",
        use=control.use_approval,
        target=("approval",),
        media="text/plain",
    ),
)
