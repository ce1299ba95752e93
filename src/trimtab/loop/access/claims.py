"""People that another system vouches for: what it says of them, and which roles that gives here."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from trimtab.loop.access.model import EVERYWHERE, ROLES, Role
from trimtab.vocabulary.kernel import Invalid

LONGEST_NAME = 80
NOT_OF_A_NAME = re.compile(r"[^a-z0-9._@+-]+")
HINT = (
    "'groups; trimtab-admins = admin; sre = responder@shop': a claim, then values with their role and project"
)
Roles = Mapping[str, Role]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What an issuer says of somebody, its signature checked. Only issuer and subject together are who it is."""

    issuer: str
    subject: str
    said: Mapping[str, Any]

    @property
    def name(self) -> str:
        """How to call them here: for eyes, never to find them by."""
        for claim in ("preferred_username", "email", "name"):
            found = self.said.get(claim)
            if isinstance(found, str) and (name := plain_name(found)):
                return name
        return f"user-{self.mark}"

    @property
    def mark(self) -> str:
        """A few characters that set apart people of the same name."""
        return hashlib.sha256(f"{self.issuer}\n{self.subject}".encode()).hexdigest()[:8]

    def values(self, claim: str) -> frozenset[str]:
        """The texts of a claim: itself or those of its list; `realm_access.roles` is also found inside objects."""
        found: Any = self.said.get(claim)
        if found is None:
            found = self.said
            for part in claim.split("."):
                found = cast("dict[str, Any]", found).get(part) if isinstance(found, Mapping) else None
        several: list[Any] = cast("list[Any]", found) if isinstance(found, list) else [found]
        return frozenset(one for one in several if isinstance(one, str))


def plain_name(given: str) -> str:
    """A name as it is kept here: small letters, nothing that names do not have; "" where nothing is left."""
    return NOT_OF_A_NAME.sub("-", given.strip().lower()).lstrip("._@+-")[:LONGEST_NAME].rstrip("-")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleRules:
    """Which value of a claim gives which role in which project; `default` is for everybody whom the issuer lets in."""

    claim: str = ""
    given: Mapping[str, tuple[tuple[str, Role], ...]] = field(
        default_factory=dict[str, tuple[tuple[str, Role], ...]]
    )
    default: tuple[tuple[str, Role], ...] = ()

    @staticmethod
    def read(rules: str, default: str) -> "RoleRules":
        """The rules of the settings; raises `Invalid`."""
        claim, *pairs = [one.strip() for one in rules.split(";") if one.strip()] or [""]
        given: dict[str, tuple[tuple[str, Role], ...]] = {}
        for pair in pairs:
            value, sign, place = pair.rpartition("=")
            if not sign or not value.strip():
                raise Invalid(f"TRIMTAB_OIDC_ROLES: {pair[:100]!r} gives no role", hint=HINT)
            known = given.get(value.strip(), ())
            given[value.strip()] = (*known, read_role(place, "TRIMTAB_OIDC_ROLES"))
        if "=" in claim or (claim and not given):
            raise Invalid("TRIMTAB_OIDC_ROLES names no claim, or no value of it", hint=HINT)
        held = (read_role(default, "TRIMTAB_OIDC_DEFAULT_ROLE"),) if default.strip() else ()
        return RoleRules(claim=claim, given=given, default=held)

    def roles(self, claims: Claims) -> Roles:
        """The roles of somebody by project, of several the largest; none is an answer."""
        held = list(self.default)
        if self.claim:
            for value in claims.values(self.claim):
                held += self.given.get(value, ())
        found: dict[str, Role] = {}
        for project, role in held:
            if project not in found or ROLES.index(role) > ROLES.index(found[project]):
                found[project] = role
        return found


def read_role(text: str, where: str) -> tuple[str, Role]:
    """`viewer@shop`, or `viewer` for every project; raises `Invalid`."""
    word, at, project = text.strip().partition("@")
    by_name: dict[str, Role] = {one: one for one in ROLES}
    role = by_name.get(word.strip())
    if role is None or (at and not project.strip()):
        raise Invalid(
            f"{where}: {text.strip()[:100]!r} is no role",
            hint=f"one of {', '.join(ROLES)}, with @PROJECT for one project only",
        )
    return project.strip() or EVERYWHERE, role
