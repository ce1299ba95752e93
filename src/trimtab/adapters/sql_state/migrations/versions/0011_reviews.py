"""Broken glass that somebody must look at."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add the column."""
    op.add_column("approval", sa.Column("unreviewed", sa.Integer, nullable=False, server_default="0"))
    op.create_index("approval_unreviewed", "approval", ["project", "unreviewed"])
