"""The store: the journal is the truth, everything else can be rebuilt from it."""

from trimtab.loop.store.changes import CARRIED, IDENTITIES, find_changes
from trimtab.loop.store.conditions import NO_CONDITIONS, PROMPT, REFUSED, Conditions
from trimtab.loop.store.erase import Sources, erasure_key
from trimtab.loop.store.facets import count_facets
from trimtab.loop.store.fakes import MemoryJournal, MemoryTextIndex
from trimtab.loop.store.keep import Keeper
from trimtab.loop.store.keys import SCOPES, Grant, Keyring, KeyScope, create_key
from trimtab.loop.store.model import (
    DAY_NS,
    ERASED_BY,
    KEPT_KINDS,
    MINUTE_NS,
    POSITIONS_PER_DAY,
    Batch,
    ClosePolicy,
    Entry,
    Erased,
    MinuteRow,
    Reached,
    Remains,
    Retention,
    Signal,
    TallyRow,
    Target,
    TextHit,
    TextRow,
    day_of,
)
from trimtab.loop.store.names import Wiped
from trimtab.loop.store.ports import Analytics, Column, Journal, Row, Rows, Sound, State, TextIndex
from trimtab.loop.store.read import (
    Turn,
    find_sessions,
    has_session,
    logged_bodies,
    open_session,
    recent_steps,
)
from trimtab.loop.store.retain import changed
from trimtab.loop.store.scope import CLOSED, DIMENSIONS, Scope, dimension_sql, session_where, split_sql
from trimtab.loop.store.stretch import MINUTE, PERIOD, PERIOD_NS, Stretch
from trimtab.loop.store.waiting import waiting_sessions
from trimtab.loop.store.words import words_of

__all__ = [
    "CARRIED",
    "CLOSED",
    "DAY_NS",
    "DIMENSIONS",
    "ERASED_BY",
    "IDENTITIES",
    "KEPT_KINDS",
    "MINUTE",
    "MINUTE_NS",
    "NO_CONDITIONS",
    "PERIOD",
    "PERIOD_NS",
    "POSITIONS_PER_DAY",
    "PROMPT",
    "REFUSED",
    "SCOPES",
    "Analytics",
    "Batch",
    "ClosePolicy",
    "Column",
    "Conditions",
    "Entry",
    "Erased",
    "Grant",
    "Journal",
    "Keeper",
    "KeyScope",
    "Keyring",
    "MemoryJournal",
    "MemoryTextIndex",
    "MinuteRow",
    "Reached",
    "Remains",
    "Retention",
    "Row",
    "Rows",
    "Scope",
    "Signal",
    "Sound",
    "Sources",
    "State",
    "Stretch",
    "TallyRow",
    "Target",
    "TextHit",
    "TextIndex",
    "TextRow",
    "Turn",
    "Wiped",
    "changed",
    "count_facets",
    "create_key",
    "day_of",
    "dimension_sql",
    "erasure_key",
    "find_changes",
    "find_sessions",
    "has_session",
    "logged_bodies",
    "open_session",
    "recent_steps",
    "session_where",
    "split_sql",
    "waiting_sessions",
    "words_of",
]
