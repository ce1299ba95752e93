"""Routes: facts, where telemetry goes, what is kept, keys, the health of the store."""

from trimtab.app.http import forwarding, keeping
from trimtab.app.http.api.declare import (
    Operation,
    Pages,
    Parameter,
    flag,
    text,
    texts,
    texts_by_name,
    whole,
)

DAYS = Parameter(
    name="days",
    schema={"oneOf": [{"type": "integer", "minimum": 0}, {"type": "string", "enum": ["forever"]}]},
    says="A number of days, or forever.",
    required=True,
)
SCOPES = text("scopes", "ingest, read, respond, edit, admin; with commas between.", longest=200)

KEPT = (
    Operation(method="POST", path="/facts", scope="ingest", use=keeping.take_facts, free=True),
    Operation(
        method="GET",
        path="/forward",
        scope="read",
        use=forwarding.show,
        pages=Pages(rows="destinations", named_by=("name",)),
    ),
    Operation(
        method="POST",
        path="/forward",
        scope="admin",
        use=forwarding.add,
        takes=(
            text("name", "Small letters, digits and -.", longest=100, required=True),
            text("url", "Where it goes, without /v1/traces.", longest=2000, required=True),
            texts("signals", "traces, logs, metrics."),
            texts_by_name("headers", "Header -> the variable of the environment that holds its value."),
            flag("from_start", "Everything that the journal still has, too."),
        ),
        target=("name",),
    ),
    Operation(
        method="POST",
        path="/forward/remove",
        scope="admin",
        use=forwarding.remove,
        takes=(text("name", "The destination.", longest=100, required=True),),
        target=("name",),
    ),
    Operation(
        method="GET",
        path="/status",
        scope="read",
        use=keeping.status,
        takes=(whole("wait_for", "Wait until this position is applied, at most 30 s."),),
    ),
    Operation(
        method="GET",
        path="/doctor",
        scope="read",
        use=keeping.doctor,
        pages=Pages(rows="checks", named_by=("id", "check")),
    ),
    Operation(
        method="GET",
        path="/doctor/checks",
        scope="read",
        use=keeping.doctor_catalogue,
        pages=Pages(rows="checks"),
        tagged=True,
    ),
    Operation(method="GET", path="/retention", scope="read", use=keeping.show_retention, tagged=True),
    Operation(
        method="POST",
        path="/retention",
        scope="admin",
        use=keeping.set_retention,
        takes=(text("kind", "bodies, steps, sessions or facts.", longest=20, required=True), DAYS),
        target=("kind", "days"),
    ),
    Operation(method="POST", path="/retention/run", scope="admin", use=keeping.run_retention),
    Operation(
        method="POST",
        path="/erase",
        scope="admin",
        use=keeping.erase,
        takes=(
            text("user", "Every session in which this user is named."),
            text("tenant", "Every session in which this tenant is named."),
            text("session", "One session, by its whole name."),
            flag("dry_run", "Only say what would go."),
        ),
    ),
    Operation(
        method="GET",
        path="/erasures",
        scope="admin",
        use=keeping.list_erasures,
        pages=Pages(rows="erasures"),
    ),
    Operation(
        method="POST",
        path="/backup",
        scope="admin",
        use=keeping.backup,
        takes=(text("folder", "A new folder on the server's machine.", longest=4000, required=True),),
        target=("folder",),
    ),
    Operation(method="POST", path="/rebuild", scope="admin", use=keeping.rebuild),
    Operation(
        method="GET",
        path="/keys",
        scope="admin",
        use=keeping.list_keys,
        pages=Pages(rows="keys"),
        tagged=True,
    ),
    Operation(
        method="POST",
        path="/keys",
        scope="admin",
        use=keeping.make_key,
        takes=(
            text("name", "What it is for.", longest=200),
            SCOPES,
            text("new_project", "The project, made where absent; only the owner names another.", longest=100),
        ),
        target=("name", "scopes", "new_project"),
        secret=("key",),
    ),
    Operation(
        method="POST",
        path="/keys/revoke",
        scope="admin",
        use=keeping.revoke_key,
        takes=(text("id", "The key's id.", longest=40, required=True),),
        target=("id",),
    ),
)
