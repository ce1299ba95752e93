"""The audit log is only appended to, in PostgreSQL too; SQLite refuses it since revision 4."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Let PostgreSQL itself refuse to change, delete or empty."""
    if op.get_bind().dialect.name != "postgresql":
        return
    op.execute(
        "create function audit_only_grows() returns trigger language plpgsql as"
        " $$ begin raise exception 'the audit log is only appended to'"
        " using errcode = 'integrity_constraint_violation'; end $$"
    )
    op.execute(
        "create trigger audit_no_change before update or delete or truncate on audit"
        " for each statement execute function audit_only_grows()"
    )
