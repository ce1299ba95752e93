"""Tables of the state store."""

import sqlalchemy as sa

METADATA = sa.MetaData()
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
