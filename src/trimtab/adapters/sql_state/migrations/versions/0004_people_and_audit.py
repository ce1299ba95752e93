"""People, their visits and links, the audit log, and answers by idempotency key."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the tables."""
    people()
    doors()
    audit()
    replies()


def people() -> None:
    """People and their roles."""
    op.create_table(
        "person",
        sa.Column("id", sa.String(40), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("password", sa.String(400), nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("disabled_ns", sa.BigInteger, nullable=True),
    )
    op.create_table(
        "person_role",
        sa.Column("person", sa.String(40), primary_key=True),
        sa.Column("project", sa.String(100), primary_key=True),
        sa.Column("role", sa.String(20), nullable=False),
    )


def doors() -> None:
    """Browsers that are signed in, and links that set a password."""
    op.create_table(
        "visit",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(40), nullable=False),
        sa.Column("created_ns", sa.BigInteger, nullable=False),
        sa.Column("seen_ns", sa.BigInteger, nullable=False),
        sa.Column("address", sa.String(100), nullable=False),
    )
    op.create_index("visit_person", "visit", ["person"])
    op.create_table(
        "invitation",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(40), nullable=False),
        sa.Column("expires_ns", sa.BigInteger, nullable=False),
    )


def audit() -> None:
    """The log of writes; SQLite itself refuses to change or delete a row."""
    op.create_table(
        "audit",
        sa.Column("sequence", NUMBER, primary_key=True),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("project", sa.String(100), nullable=False),
        sa.Column("who", sa.String(200), nullable=False),
        sa.Column("action", sa.String(200), nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("address", sa.String(100), nullable=False),
        sa.Column("outcome", sa.Integer, nullable=False),
    )
    op.create_index("audit_project", "audit", ["project", "sequence"])
    if op.get_bind().dialect.name == "sqlite":
        for what in ("update", "delete"):
            op.execute(
                f"create trigger audit_no_{what} before {what} on audit"
                " begin select raise(abort, 'the audit log is only appended to'); end"
            )


def replies() -> None:
    """Answers by idempotency key."""
    op.create_table(
        "reply",
        sa.Column("who", sa.String(200), primary_key=True),
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("at_ns", sa.BigInteger, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("media", sa.String(100), nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("reply_time", "reply", ["at_ns"])
