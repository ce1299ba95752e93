"""An erasure reaches what entries of the audit log name, and remembers how it was asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
SAME = ("sequence", "at_ns", "project", "who", "action", "address", "outcome")
FORGETS = (
    " and ".join(f"new.{name} = old.{name}" for name in SAME)
    + " and new.target like '%[erased]%'"
    + " and exists (select 1 from erasure where project = old.project and finished_ns is null)"
)
"""While an erasure is under way, and only then: what an entry was about, but never who did what, when, and what came of it."""


def upgrade() -> None:
    """Add the column, and let the database refuse all other changes as before."""
    op.add_column("erasure", sa.Column("said", sa.Text, nullable=True))
    if op.get_bind().dialect.name == "postgresql":
        in_postgresql()
    else:
        op.execute("drop trigger audit_no_update")
        op.execute(
            f"create trigger audit_no_update before update on audit when not ({FORGETS})"
            " begin select raise(abort, 'the audit log is only appended to'); end"
        )


def in_postgresql() -> None:
    """The same for PostgreSQL, row by row for changes."""
    op.execute(
        "create function audit_only_forgets() returns trigger language plpgsql as"
        f" $$ begin if {FORGETS} then return new; end if;"
        " raise exception 'the audit log is only appended to'"
        " using errcode = 'integrity_constraint_violation'; end $$"
    )
    op.execute("drop trigger audit_no_change on audit")
    op.execute(
        "create trigger audit_no_change before delete or truncate on audit"
        " for each statement execute function audit_only_grows()"
    )
    op.execute(
        "create trigger audit_no_update before update on audit"
        " for each row execute function audit_only_forgets()"
    )
