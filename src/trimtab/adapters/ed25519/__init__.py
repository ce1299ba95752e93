"""Ed25519 by `cryptography`, which the extra `audit` brings.

keys.py   signing with a key of a file, and checking
"""

from trimtab.adapters.ed25519.keys import Ed25519Key, check

__all__ = ["Ed25519Key", "check"]
