"""What was seen of the audit logs of agents."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "checkpoint",
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
