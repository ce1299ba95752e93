"""What agents must do now, and the versions of it."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "directive",
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
    )
    op.create_index("directive_end", "directive", ["project", "until_ns"])
    op.create_table(
        "control_version",
        sa.Column("project", sa.String(100), primary_key=True),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("issued_ns", sa.BigInteger, nullable=False),
    )
