"""Routes: signing in and out, people, links, the audit log, and those of agents."""

from trimtab.app.http import people
from trimtab.app.http.api.declare import Operation, Pages, flag, one_of, text, texts, whole
from trimtab.loop.access import ROLES

NAME = text("name", "Their name: letters, digits and . _ @ + -", longest=100, required=True)
PASSWORD = text("password", "12 to 256 characters.", longest=256, required=True)
ROLE = one_of("role", "What they may do.", *ROLES)
EVERY = flag("every_project", "In all projects, also those to come; only for an admin of all.")

ENTERED = (
    Operation(
        method="POST",
        path="/session",
        scope=None,
        door=people.sign_in,
        takes=(NAME, text("password", "Their password.", longest=256, required=True)),
        group="sign-in",
        target=("name",),
    ),
    Operation(method="GET", path="/session", scope=None, door=people.show_ways, group="sign-in"),
    Operation(
        method="DELETE",
        path="/session",
        scope=None,
        door=people.sign_out,
        takes=(one_of("everywhere", "`yes`: in every browser.", "yes", "no", default="no"),),
        target=("everywhere",),
    ),
    Operation(method="GET", path="/me", scope=None, use=people.show_me),
    Operation(
        method="POST",
        path="/me/password",
        scope=None,
        door=people.change_password,
        takes=(text("current", "The password until now.", longest=256, required=True), PASSWORD),
    ),
    Operation(method="GET", path="/welcome/{token}", scope=None, door=people.show_welcome, group="sign-in"),
    Operation(
        method="POST",
        path="/welcome/{token}",
        scope=None,
        door=people.welcome,
        takes=(
            PASSWORD,
            text("name", "Only of the very first link: how you want to be called.", longest=100),
        ),
        group="sign-in",
    ),
    Operation(
        method="GET",
        path="/users",
        scope="admin",
        use=people.list_users,
        pages=Pages(rows="users", named_by=("name",)),
        tagged=True,
    ),
    Operation(
        method="POST",
        path="/users",
        scope="admin",
        use=people.invite,
        takes=(NAME, ROLE, EVERY),
        target=("name", "role", "every_project"),
        secret=("link",),
    ),
    Operation(method="GET", path="/users/{user}", scope="admin", use=people.show_user, tagged=True),
    Operation(
        method="PATCH",
        path="/users/{user}",
        scope="admin",
        use=people.change_user,
        takes=(ROLE, EVERY, flag("disabled", "Keep them out, or let them in again.")),
        target=("user", "role", "every_project", "disabled"),
    ),
    Operation(method="DELETE", path="/users/{user}", scope="admin", use=people.remove_user, target=("user",)),
    Operation(
        method="POST",
        path="/users/{user}/link",
        scope="admin",
        use=people.new_link,
        target=("user",),
        secret=("link",),
    ),
    Operation(
        method="GET",
        path="/audit",
        scope="admin",
        use=people.list_audit,
        pages=Pages(rows="entries", named_by=("sequence",), default=100, most=1000, pushed=True),
    ),
    Operation(
        method="GET",
        path="/audit/logs",
        scope="read",
        use=people.list_logs,
        pages=Pages(rows="logs", named_by=("origin",)),
    ),
    Operation(
        method="GET",
        path="/audit/logs/{origin:path}/checkpoints",
        scope="read",
        use=people.list_seen,
        pages=Pages(rows="checkpoints", named_by=("place",)),
    ),
    Operation(
        method="POST",
        path="/audit/logs/{origin:path}/checkpoints",
        scope="ingest",
        use=people.see_log,
        takes=(
            text("key", "The public key of the log: NAME+ID+BASE64.", longest=400, required=True),
            text("note", "The checkpoint as the log has signed it.", required=True),
            texts("proof", "That it grew from the one seen before: hashes in hex (RFC 9162)."),
            whole(
                "old",
                "How many entries the proof begins with. Where the server last saw another number, it signs nothing and gives that one.",
            ),
        ),
        target=("origin",),
    ),
)
