"""API keys: shown once, kept only as a hash, good for one project and a few scopes."""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, cast, get_args

from trimtab.loop.store.ports import State
from trimtab.vocabulary.kernel import Clock, Invalid, Refused, Unauthorised, Unavailable

KeyScope = Literal["ingest", "read", "respond", "edit", "admin"]
SCOPES: tuple[KeyScope, ...] = get_args(KeyScope)
REMEMBER_S = 5.0
"""So long may a key be used on a server after another one revoked it."""
HINT = "send the header `Authorization: Bearer tt_...`; `trimtab keys create` makes a key"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What a key or a person may do: scopes in one project; the owner of the machine may act on all of them.

    `who` is how the audit log names them, `person` the id of whoever is signed in; `everywhere` marks an admin of all projects.
    """

    project: str
    scopes: frozenset[KeyScope]
    owner: bool = False
    who: str = ""
    person: str = ""
    everywhere: bool = False

    def require(self, scope: KeyScope) -> None:
        """Raise `Refused` unless the grant holds the scope; admin holds all."""
        if scope not in self.scopes and "admin" not in self.scopes:
            whose = "your role" if self.person else "this key"
            hint = "ask an admin for another role" if self.person else HINT
            raise Refused(f"{whose} lacks the scope {scope}", hint=hint, code="scope")

    def require_owner(self, what: str) -> None:
        """Raise `Refused` for what reaches beyond one project, unless the owner asks."""
        if not self.owner:
            raise Refused(f"only the owner {what}", hint="use the key in owner.key", code="owner")


def digest_of(key: str) -> str:
    """SHA-256 of a key: enough for 190 random bits, and quick on every request."""
    return hashlib.sha256(key.encode()).hexdigest()


def create_key(state: State, clock: Clock, project: str, name: str, scopes: list[str]) -> tuple[str, str]:
    """Make a key for a project (created where absent) and give (key id, key): the key is never shown again."""
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise Invalid(f"unknown scope: {', '.join(unknown) or 'none given'}", hint=f"use {', '.join(SCOPES)}")
    key, key_id = f"tt_{secrets.token_hex(24)}", f"key_{secrets.token_hex(6)}"
    state.add_project(project, clock.now_ns())
    state.add_key(
        {
            "id": key_id,
            "project": project,
            "digest": digest_of(key),
            "scopes": ",".join(scopes),
            "name": name,
            "created_ns": clock.now_ns(),
        }
    )
    return key_id, key


class Keyring:
    """Checks keys; remembers good ones for a moment, so that a request costs no query and another server's word is heard."""

    def __init__(self, state: State, steady: Callable[[], float] = time.monotonic) -> None:
        """Check against the keys in `state`; `steady` gives seconds that only grow."""
        self._state, self._steady = state, steady
        self._good: dict[str, tuple[Grant, float]] = {}

    def grant(self, authorization: str | None) -> Grant:
        """What the `Authorization` header allows; raises `Unauthorised`."""
        scheme, _, key = (authorization or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise Unauthorised("no API key", hint=HINT)
        digest, now = digest_of(key.strip()), self._steady()
        known, until = self._good.get(digest, (None, now))
        if known is None or until <= now:
            known = self._asked(digest, known)
            self._good[digest] = known, now + REMEMBER_S
        return known

    def _asked(self, digest: str, known: Grant | None) -> Grant:
        """What the state says; while it is away, what it said before: telemetry needs no state."""
        try:
            row = self._state.key_by_hash(digest)
        except Unavailable:
            if known is None:
                raise
            return known
        if row is None:
            self._good.pop(digest, None)
            raise Unauthorised("unknown or revoked API key", hint=HINT)
        scopes = frozenset(cast("list[KeyScope]", str(row["scopes"]).split(",")))
        return Grant(project=str(row["project"]), scopes=scopes, who=f"key:{row['id']}")

    def forget(self) -> None:
        """Ask the state again: after a revocation."""
        self._good.clear()
