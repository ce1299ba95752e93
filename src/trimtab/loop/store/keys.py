"""API keys: shown once, kept only as a hash, good for one project and a few scopes."""

import hashlib
import secrets
from dataclasses import dataclass
from typing import Literal, cast, get_args

from trimtab.loop.store.ports import State
from trimtab.vocabulary.kernel import Clock, Invalid, Refused, Unauthorised

KeyScope = Literal["ingest", "read", "respond", "edit", "admin"]
SCOPES: tuple[KeyScope, ...] = get_args(KeyScope)
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
    """Checks keys; remembers good ones until `forget`, so that a request costs no query."""

    def __init__(self, state: State) -> None:
        """Check against the keys in `state`."""
        self._state = state
        self._good: dict[str, Grant] = {}

    def grant(self, authorization: str | None) -> Grant:
        """What the `Authorization` header allows; raises `Unauthorised`."""
        scheme, _, key = (authorization or "").strip().partition(" ")
        if scheme.lower() != "bearer" or not key:
            raise Unauthorised("no API key", hint=HINT)
        digest = digest_of(key.strip())
        if digest not in self._good:
            row = self._state.key_by_hash(digest)
            if row is None:
                raise Unauthorised("unknown or revoked API key", hint=HINT)
            scopes = frozenset(cast("list[KeyScope]", str(row["scopes"]).split(",")))
            self._good[digest] = Grant(project=str(row["project"]), scopes=scopes, who=f"key:{row['id']}")
        return self._good[digest]

    def forget(self) -> None:
        """Ask the state again: after a revocation."""
        self._good.clear()
