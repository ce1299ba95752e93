"""Tables of the state store."""

import sqlalchemy as sa

METADATA = sa.MetaData()
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""Counts up by itself; SQLite does that for its INTEGER only, which holds 64 bits as well."""
PROJECTS = sa.Table(
    "project",
    METADATA,
    sa.Column("name", sa.String(100), primary_key=True),
    sa.Column("created_ns", sa.BigInteger, nullable=False),
)
KEYS = sa.Table(
    "api_key",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("project", sa.String(100), sa.ForeignKey("project.name"), nullable=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("scopes", sa.String(200), nullable=False),
    sa.Column("name", sa.String(200), nullable=False),
    sa.Column("created_ns", sa.BigInteger, nullable=False),
    sa.Column("revoked_ns", sa.BigInteger, nullable=True),
)
SETTINGS = sa.Table(
    "setting",
    METADATA,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
RETENTION = sa.Table(
    "retention",
    METADATA,
    sa.Column("project", sa.String(100), primary_key=True),
    sa.Column("kind", sa.String(20), primary_key=True),
    sa.Column("days", sa.Integer, nullable=True),
)
ERASURES = sa.Table(
    "erasure",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("project", sa.String(100), nullable=False),
    sa.Column("what", sa.String(20), nullable=False),
    sa.Column("value", sa.Text, nullable=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("upto", sa.BigInteger, nullable=False),
    sa.Column("requested_ns", sa.BigInteger, nullable=False),
    sa.Column("finished_ns", sa.BigInteger, nullable=True),
    sa.Column("counts", sa.Text, nullable=False),
    sa.Column("said", sa.Text, nullable=True),
)
ALERTS = sa.Table(
    "alert",
    METADATA,
    sa.Column("project", sa.String(100), primary_key=True),
    sa.Column("fingerprint", sa.String(64), primary_key=True),
    sa.Column("labels", sa.Text, nullable=False),
    sa.Column("annotations", sa.Text, nullable=False),
    sa.Column("starts_ns", sa.BigInteger, nullable=False),
    sa.Column("ends_ns", sa.BigInteger, nullable=True),
)
ALERT_RULES = sa.Table(
    "alert_rule",
    METADATA,
    sa.Column("project", sa.String(100), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
)
ALERT_GROUPS = sa.Table(
    "alert_group",
    METADATA,
    sa.Column("project", sa.String(100), primary_key=True),
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
)
SILENCES = sa.Table(
    "silence",
    METADATA,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("project", sa.String(100), nullable=False),
    sa.Column("matchers", sa.Text, nullable=False),
    sa.Column("starts_ns", sa.BigInteger, nullable=False),
    sa.Column("ends_ns", sa.BigInteger, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("comment", sa.Text, nullable=False),
)
ACKNOWLEDGEMENTS = sa.Table(
    "acknowledgement",
    METADATA,
    sa.Column("project", sa.String(100), primary_key=True),
    sa.Column("name", sa.String(255), primary_key=True),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("at_ns", sa.BigInteger, nullable=False),
    sa.Column("note", sa.Text, nullable=False),
)
OUTBOX = sa.Table(
    "outbox",
    METADATA,
    sa.Column("sequence", NUMBER, primary_key=True),
    sa.Column("id", sa.String(64), nullable=False, unique=True),
    sa.Column("project", sa.String(100), nullable=False),
    sa.Column("receiver", sa.String(100), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("decided_ns", sa.BigInteger, nullable=False),
    sa.Column("standing", sa.String(20), nullable=False),
    sa.Column("due_ns", sa.BigInteger, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("holder", sa.String(200), nullable=False),
    sa.Column("until_ns", sa.BigInteger, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("outbox_lane", "standing", "project", "receiver", "name"),
)
ATTEMPTS = sa.Table(
    "attempt",
    METADATA,
    sa.Column("sequence", NUMBER, primary_key=True),
    sa.Column("message_id", sa.String(64), nullable=False),
    sa.Column("project", sa.String(100), nullable=False),
    sa.Column("receiver", sa.String(100), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("kind", sa.String(20), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("at_ns", sa.BigInteger, nullable=False),
    sa.Column("outcome", sa.String(20), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Index("attempt_time", "project", "at_ns"),
)
LEASES = sa.Table(
    "lease",
    METADATA,
    sa.Column("name", sa.String(200), primary_key=True),
    sa.Column("holder", sa.String(200), nullable=False),
    sa.Column("token", sa.BigInteger, nullable=False),
    sa.Column("until_ns", sa.BigInteger, nullable=False),
)
INCIDENTS = sa.Table(
    "incident",
    METADATA,
    sa.Column("project", sa.String(100), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("detected_ns", sa.BigInteger, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Index("incident_status", "project", "status", "detected_ns"),
)
INCIDENT_EVENTS = sa.Table(
    "incident_event",
    METADATA,
    sa.Column("project", sa.String(100), primary_key=True),
    sa.Column("incident", sa.String(64), primary_key=True),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at_ns", sa.BigInteger, nullable=False),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("what", sa.String(40), nullable=False),
    sa.Column("said", sa.Text, nullable=False),
)
PEOPLE = sa.Table(
    "person",
    METADATA,
    sa.Column("id", sa.String(40), primary_key=True),
    sa.Column("name", sa.String(100), nullable=False, unique=True),
    sa.Column("password", sa.String(400), nullable=False),
    sa.Column("created_ns", sa.BigInteger, nullable=False),
    sa.Column("disabled_ns", sa.BigInteger, nullable=True),
)
ROLES = sa.Table(
    "person_role",
    METADATA,
    sa.Column("person", sa.String(40), primary_key=True),
    sa.Column("project", sa.String(100), primary_key=True),
    sa.Column("role", sa.String(20), nullable=False),
)
IDENTITIES = sa.Table(
    "identity",
    METADATA,
    sa.Column("issuer", sa.String(500), primary_key=True),
    sa.Column("subject", sa.String(255), primary_key=True),
    sa.Column("person", sa.String(40), nullable=False, unique=True),
)
VISITS = sa.Table(
    "visit",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("person", sa.String(40), nullable=False),
    sa.Column("created_ns", sa.BigInteger, nullable=False),
    sa.Column("seen_ns", sa.BigInteger, nullable=False),
    sa.Column("address", sa.String(100), nullable=False),
    sa.Index("visit_person", "person"),
)
INVITATIONS = sa.Table(
    "invitation",
    METADATA,
    sa.Column("digest", sa.String(64), primary_key=True),
    sa.Column("person", sa.String(40), nullable=False),
    sa.Column("expires_ns", sa.BigInteger, nullable=False),
)
AUDIT = sa.Table(
    "audit",
    METADATA,
    sa.Column("sequence", NUMBER, primary_key=True),
    sa.Column("at_ns", sa.BigInteger, nullable=False),
    sa.Column("project", sa.String(100), nullable=False),
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("action", sa.String(200), nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("address", sa.String(100), nullable=False),
    sa.Column("outcome", sa.Integer, nullable=False),
    sa.Index("audit_project", "project", "sequence"),
)
REPLIES = sa.Table(
    "reply",
    METADATA,
    sa.Column("who", sa.String(200), primary_key=True),
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("at_ns", sa.BigInteger, nullable=False),
    sa.Column("status", sa.Integer, nullable=False),
    sa.Column("media", sa.String(100), nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index("reply_time", "at_ns"),
)
DIRECTIVES = sa.Table(
    "directive",
    METADATA,
    sa.Column("project", sa.String(100), primary_key=True),
    sa.Column("id", sa.String(200), primary_key=True),
    sa.Column("owner", sa.String(20), nullable=False),
    sa.Column("who", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("what", sa.String(200), nullable=False),
    sa.Column("from_ns", sa.BigInteger, nullable=False),
    sa.Column("until_ns", sa.BigInteger, nullable=False),
    sa.Column("made_ns", sa.BigInteger, nullable=False),
    sa.Column("agent", sa.String(200), nullable=False),
    sa.Column("environment", sa.String(200), nullable=False),
    sa.Column("undone_ns", sa.BigInteger, nullable=True),
    sa.Column("undone_by", sa.String(200), nullable=False),
    sa.Column("undone_why", sa.Text, nullable=False),
    sa.Index("directive_end", "project", "until_ns"),
)
CONTROL_VERSIONS = sa.Table(
    "control_version",
    METADATA,
    sa.Column("project", sa.String(100), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.String(64), nullable=False),
    sa.Column("issued_ns", sa.BigInteger, nullable=False),
)
APPROVALS = sa.Table(
    "approval",
    METADATA,
    sa.Column("project", sa.String(100), primary_key=True),
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("made_ns", sa.BigInteger, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("unreviewed", sa.Integer, nullable=False, server_default="0"),
    sa.Index("approval_time", "project", "made_ns"),
    sa.Index("approval_unreviewed", "project", "unreviewed"),
)
CHECKPOINTS = sa.Table(
    "checkpoint",
    METADATA,
    sa.Column("sequence", NUMBER, primary_key=True),
    sa.Column("project", sa.String(100), nullable=False),
    sa.Column("origin", sa.String(200), nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("root", sa.String(64), nullable=False),
    sa.Column("key", sa.String(400), nullable=False),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("at_ns", sa.BigInteger, nullable=False),
    sa.Column("follows", sa.BigInteger, nullable=True),
    sa.UniqueConstraint("project", "origin", "follows", name="checkpoint_follows"),
)
