"""State in SQLite by SQLAlchemy: projects, keys, settings; alerts, the outbox, incidents."""

from trimtab.adapters.sqlite_state.alerts import SqliteAlertStore
from trimtab.adapters.sqlite_state.incidents import SqliteIncidentStore
from trimtab.adapters.sqlite_state.state import SqliteState

__all__ = ["SqliteAlertStore", "SqliteIncidentStore", "SqliteState"]
