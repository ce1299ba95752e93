"""Ed25519 by `cryptography`, which the extra `audit` brings.

keys.py   signing with a key of a file, and checking; whom to trust
"""

from trimtab.adapters.ed25519.keys import Ed25519Key, check, trusting

__all__ = ["Ed25519Key", "check", "trusting"]
