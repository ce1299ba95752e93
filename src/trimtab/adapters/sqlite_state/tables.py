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
)
