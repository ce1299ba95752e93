"""What decides who may use the server: people, the audit log, answers by idempotency key, how often a key may ask."""

import contextlib
from dataclasses import dataclass

from trimtab.adapters.oidc import Client, OidcProvider
from trimtab.adapters.sql_state import SqlAuditLog, SqlPeopleStore, SqlReplies, SqlWitnessStore
from trimtab.app.bootstrap.late import web_within
from trimtab.app.bootstrap.signing import witness_key
from trimtab.app.settings import Settings
from trimtab.loop.access import (
    EVERYWHERE_BUT_LINKS,
    AuditLog,
    Expiry,
    IdentityProvider,
    Pace,
    Passwords,
    People,
    Replies,
    RoleRules,
    Trips,
    Witness,
    WitnessStore,
)
from trimtab.loop.store import State
from trimtab.vocabulary.kernel import Clock, Invalid

BURST_S = 10.0
"""A key may ask at once for what it may ask for in so long."""

ISSUER_S = 5.0
"""So long an issuer may take for a connection, and for each piece of an answer."""

OF_STRANGERS = 0.1
"""The share of a key's rate at which one address may knock: each knock is in the log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """The other system at which people may sign in, and what that lets them do here."""

    name: str
    provider: IdentityProvider
    rules: RoleRules
    trips: Trips


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Who may use the server, and what they did."""

    people: People
    audit: AuditLog
    replies: Replies
    pace: Pace
    doors: Pace
    witness: Witness
    seen: WitnessStore
    outside: Outside | None = None


def open_access(
    stack: contextlib.ExitStack, settings: Settings, where: str, clock: Clock, state: State
) -> Access:
    """Open what decides about access."""
    store, audit, replies = SqlPeopleStore(where), SqlAuditLog(where), SqlReplies(where)
    seen = SqlWitnessStore(where)
    for one in (store, audit, replies, seen):
        stack.callback(one.close)
    expiry = Expiry(idle_s=settings.session_idle_s, most_s=settings.session_max_s)
    rate = settings.requests_per_s
    return Access(
        people=People(store, clock, Passwords(settings.password_cost), expiry),
        audit=audit,
        replies=replies,
        pace=Pace(clock, rate, rate * BURST_S),
        doors=Pace(clock, rate * OF_STRANGERS, rate * OF_STRANGERS * BURST_S),
        witness=Witness(seen, clock, lambda: witness_key(state)),
        seen=seen,
        outside=open_outside(stack, settings, clock),
    )


def open_outside(stack: contextlib.ExitStack, settings: Settings, clock: Clock) -> Outside | None:
    """The other system, None where none is set; nothing is asked of it before somebody signs in.

    Whoever sets it up is the operator, so it may be inside a network, whatever TRIMTAB_REACH says of addresses that
    others name; where clouds keep credentials it may not be.
    """
    if not settings.oidc_issuer:
        return None
    rules = RoleRules.read(settings.oidc_roles, settings.oidc_default_role)
    if not rules.given and not rules.default:
        raise Invalid(
            "sign-in by OpenID Connect gives nobody a role",
            hint="set TRIMTAB_OIDC_ROLES='groups; trimtab-admins = admin', or TRIMTAB_OIDC_DEFAULT_ROLE",
        )
    web = web_within(EVERYWHERE_BUT_LINKS, ISSUER_S, 2 * ISSUER_S)
    stack.callback(web.close)
    client = Client(
        issuer=settings.oidc_issuer,
        id=settings.oidc_client_id,
        secret=settings.oidc_client_secret,
        scopes=settings.oidc_scopes,
    )
    provider = OidcProvider(client, web, clock)
    return Outside(name=settings.oidc_name, provider=provider, rules=rules, trips=Trips(clock))
