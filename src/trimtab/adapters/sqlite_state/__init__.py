"""State in SQLite by SQLAlchemy: projects, keys, settings; alerts, the outbox, incidents; people, the audit log, replies."""

from trimtab.adapters.sqlite_state.alerts import SqliteAlertStore
from trimtab.adapters.sqlite_state.audit import SqliteAuditLog, SqliteReplies
from trimtab.adapters.sqlite_state.incidents import SqliteIncidentStore
from trimtab.adapters.sqlite_state.people import SqlitePeopleStore
from trimtab.adapters.sqlite_state.state import SqliteState

__all__ = [
    "SqliteAlertStore",
    "SqliteAuditLog",
    "SqliteIncidentStore",
    "SqlitePeopleStore",
    "SqliteReplies",
    "SqliteState",
]
