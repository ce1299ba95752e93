"""The store: the journal is the truth, everything else can be rebuilt from it."""

from trimtab.loop.store.changes import find_changes
from trimtab.loop.store.fakes import MemoryTextIndex
from trimtab.loop.store.keys import SCOPES, Grant, Keyring, KeyScope, create_key
from trimtab.loop.store.model import (
    DAY_NS,
    MINUTE_NS,
    POSITIONS_PER_DAY,
    Batch,
    ClosePolicy,
    Entry,
    Erased,
    Signal,
    TextHit,
    TextRow,
    day_of,
)
from trimtab.loop.store.ports import Analytics, Journal, Row, State, TextIndex
from trimtab.loop.store.read import find_sessions, open_session, recent_steps
from trimtab.loop.store.scope import CLOSED, DIMENSIONS, Scope, dimension_sql, session_where, split_sql
from trimtab.loop.store.words import words_of

__all__ = [
    "CLOSED",
    "DAY_NS",
    "DIMENSIONS",
    "MINUTE_NS",
    "POSITIONS_PER_DAY",
    "SCOPES",
    "Analytics",
    "Batch",
    "ClosePolicy",
    "Entry",
    "Erased",
    "Grant",
    "Journal",
    "KeyScope",
    "Keyring",
    "MemoryTextIndex",
    "Row",
    "Scope",
    "Signal",
    "State",
    "TextHit",
    "TextIndex",
    "TextRow",
    "create_key",
    "day_of",
    "dimension_sql",
    "find_changes",
    "find_sessions",
    "open_session",
    "recent_steps",
    "session_where",
    "split_sql",
    "words_of",
]
