"""Passwords: scrypt with a salt each, compared in constant time.

Costs by https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html (N = 2^15, r = 8, p = 3).
"""

import hashlib
import hmac
import secrets
import threading
import unicodedata

from trimtab.vocabulary.kernel import Invalid

SHORTEST, LONGEST = 12, 256
COST, BLOCK, LANES = 15, 8, 3
MAX_MEMORY = 1 << 28
AT_ONCE = 2


class Passwords:
    """Hashes and checks passwords; at most two at once, so that many attempts take neither all memory nor all cores."""

    def __init__(self, cost: int = COST) -> None:
        """Hash with N = 2^`cost`; what was hashed with another cost is still checked."""
        self._cost = cost
        self._room = threading.BoundedSemaphore(AT_ONCE)
        self._nobody = kept_as(cost, secrets.token_bytes(16), secrets.token_bytes(32))

    def hash(self, password: str) -> str:
        """What is kept of a password."""
        salt = secrets.token_bytes(16)
        found = self._scrypt(password, salt, (self._cost, BLOCK, LANES))
        return kept_as(self._cost, salt, found)

    def check(self, password: str, kept: str) -> bool:
        """Whether it is the password; as slow where there is none (`kept` is ""), so that time does not tell who exists."""
        _, cost, block, lanes, salt, wanted = (kept or self._nobody).split("$")
        found = self._scrypt(password, bytes.fromhex(salt), (int(cost), int(block), int(lanes)))
        return hmac.compare_digest(found, bytes.fromhex(wanted)) and bool(kept)

    def _scrypt(self, password: str, salt: bytes, costs: tuple[int, int, int]) -> bytes:
        cost, block, lanes = costs
        text = unicodedata.normalize("NFKC", password).encode("utf-8", "replace")
        with self._room:
            return hashlib.scrypt(text, salt=salt, n=1 << cost, r=block, p=lanes, maxmem=MAX_MEMORY, dklen=32)


def kept_as(cost: int, salt: bytes, found: bytes) -> str:
    """What is kept: how it was made, and what came out."""
    return f"scrypt${cost}${BLOCK}${LANES}${salt.hex()}${found.hex()}"


def check_strength(password: str, name: str) -> str:
    """The password; raises `Invalid` where it is too short, too long, or the name."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise Invalid(
            f"a password has {SHORTEST} to {LONGEST} characters, this one has {len(password)}",
            hint="a few words in a row are easy to remember",
        )
    if password.casefold() == name.casefold() or len(set(password)) < 4:
        raise Invalid(
            "this password is too easy to guess", hint="neither the name nor a few characters repeated"
        )
    return password
