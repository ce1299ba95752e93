"""State in SQLite or PostgreSQL by SQLAlchemy: projects, keys, settings; alerts, the outbox, incidents; people, the audit log, replies; directives, approvals."""

from trimtab.adapters.sql_state.alerts import SqlAlertStore
from trimtab.adapters.sql_state.approvals import SqlApprovalStore
from trimtab.adapters.sql_state.audit import SqlAuditLog, SqlReplies
from trimtab.adapters.sql_state.copy import put_back
from trimtab.adapters.sql_state.directives import SqlDirectiveStore
from trimtab.adapters.sql_state.engine import place_of
from trimtab.adapters.sql_state.incidents import SqlIncidentStore
from trimtab.adapters.sql_state.people import SqlPeopleStore
from trimtab.adapters.sql_state.state import SqlState
from trimtab.adapters.sql_state.witness import SqlWitnessStore

__all__ = [
    "SqlAlertStore",
    "SqlApprovalStore",
    "SqlAuditLog",
    "SqlDirectiveStore",
    "SqlIncidentStore",
    "SqlPeopleStore",
    "SqlReplies",
    "SqlState",
    "SqlWitnessStore",
    "place_of",
    "put_back",
]
