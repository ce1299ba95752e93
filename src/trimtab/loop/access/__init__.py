"""Who may use the server: people, roles, signing in; how often; the log of what was done; and where the server goes itself."""

from trimtab.loop.access.errors import TooMany
from trimtab.loop.access.model import (
    EVERYWHERE,
    INTERRUPTED,
    KEPT_NS,
    ROLES,
    SCOPES_OF,
    UNDER_WAY,
    AuditEntry,
    Invitation,
    KeptReply,
    Person,
    Role,
    Visit,
)
from trimtab.loop.access.pace import Pace, Patience, Throttle
from trimtab.loop.access.passwords import Passwords, check_strength
from trimtab.loop.access.people import Expiry, People, grant_for
from trimtab.loop.access.ports import AuditLog, PeopleStore, Replies
from trimtab.loop.access.reach import EVERYWHERE_BUT_LINKS, Reach

__all__ = [
    "EVERYWHERE",
    "EVERYWHERE_BUT_LINKS",
    "INTERRUPTED",
    "KEPT_NS",
    "ROLES",
    "SCOPES_OF",
    "UNDER_WAY",
    "AuditEntry",
    "AuditLog",
    "Expiry",
    "Invitation",
    "KeptReply",
    "Pace",
    "Passwords",
    "Patience",
    "People",
    "PeopleStore",
    "Person",
    "Reach",
    "Replies",
    "Role",
    "Throttle",
    "TooMany",
    "Visit",
    "check_strength",
    "grant_for",
]
