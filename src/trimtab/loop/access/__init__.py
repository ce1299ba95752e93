"""Who may use the server: people, roles, signing in; how often; the log of what was done; and where the server goes itself."""

from trimtab.loop.access.claims import Claims, RoleRules
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
    Seen,
    Visit,
)
from trimtab.loop.access.pace import Pace, Patience, Throttle
from trimtab.loop.access.passwords import Passwords, check_strength
from trimtab.loop.access.people import Expiry, People, check_own_roles, grant_for
from trimtab.loop.access.ports import AuditLog, IdentityProvider, PeopleStore, Replies, WitnessStore
from trimtab.loop.access.reach import EVERYWHERE_BUT_LINKS, Reach
from trimtab.loop.access.trip import LASTS_S, Trip, Trips
from trimtab.loop.access.witness import Offered, Witness

__all__ = [
    "EVERYWHERE",
    "EVERYWHERE_BUT_LINKS",
    "INTERRUPTED",
    "KEPT_NS",
    "LASTS_S",
    "ROLES",
    "SCOPES_OF",
    "UNDER_WAY",
    "AuditEntry",
    "AuditLog",
    "Claims",
    "Expiry",
    "IdentityProvider",
    "Invitation",
    "KeptReply",
    "Offered",
    "Pace",
    "Passwords",
    "Patience",
    "People",
    "PeopleStore",
    "Person",
    "Reach",
    "Replies",
    "Role",
    "RoleRules",
    "Seen",
    "Throttle",
    "TooMany",
    "Trip",
    "Trips",
    "Visit",
    "Witness",
    "WitnessStore",
    "check_own_roles",
    "check_strength",
    "grant_for",
]
