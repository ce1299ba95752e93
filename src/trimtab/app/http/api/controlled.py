"""Routes: what agents must do now."""

from trimtab.app.http import control
from trimtab.app.http.api.declare import BY, Operation, Pages, one_of, text, whole
from trimtab.vocabulary.control import MOST_S, OWNERS, WAYS

REASON = text("reason", "Why: it is shown wherever the directive is.", longest=300, required=True)

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
            whole("wait_s", "Wait so many seconds for another answer.", most=10, default=0),
        ),
        tagged=True,
        waits=True,
        media="text/plain",
    ),
    Operation(method="GET", path="/control/key", scope="read", use=control.show_key, tagged=True),
)
