"""What decides who may use the server: people, the audit log, answers by idempotency key, how often a key may ask."""

import contextlib
from dataclasses import dataclass

from trimtab.adapters.sql_state import SqlAuditLog, SqlPeopleStore, SqlReplies
from trimtab.app.settings import Settings
from trimtab.loop.access import AuditLog, Expiry, Pace, Passwords, People, Replies
from trimtab.vocabulary.kernel import Clock

BURST_S = 10.0
"""A key may ask at once for what it may ask for in so long."""

OF_STRANGERS = 0.1
"""The share of a key's rate at which one address may knock: each knock is in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may use the server, and what they did."""

    people: People
    audit: AuditLog
    replies: Replies
    pace: Pace
    doors: Pace


def open_access(stack: contextlib.ExitStack, settings: Settings, where: str, clock: Clock) -> Access:
    """Open what decides about access."""
    store, audit, replies = SqlPeopleStore(where), SqlAuditLog(where), SqlReplies(where)
    for one in (store, audit, replies):
        stack.callback(one.close)
    expiry = Expiry(idle_s=settings.session_idle_s, most_s=settings.session_max_s)
    rate = settings.requests_per_s
    return Access(
        people=People(store, clock, Passwords(settings.password_cost), expiry),
        audit=audit,
        replies=replies,
        pace=Pace(clock, rate, rate * BURST_S),
        doors=Pace(clock, rate * OF_STRANGERS, rate * OF_STRANGERS * BURST_S),
    )
