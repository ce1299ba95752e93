"""Private keys in files that their owner alone reads, and the check of what they signed."""

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from trimtab.vocabulary.audit import Note, read_key
from trimtab.vocabulary.kernel import Invalid

SIZE = 32


class Ed25519Key:
    """A private key under a name."""

    def __init__(self, name: str, private: bytes) -> None:
        """With the 32 bytes of the private key; raises `Invalid` for a name that a signed note cannot hold, or another size."""
        if not name or "+" in name or any(one.isspace() for one in name):
            raise Invalid(f"not a name of a key: {name!r}", hint="no spaces and no plus sign", code="key")
        if len(private) != SIZE:
            raise Invalid(f"a private key has {SIZE} bytes, not {len(private)}", code="key")
        self._name, self._key = name, Ed25519PrivateKey.from_private_bytes(private)

    @classmethod
    def kept(cls, name: str, path: Path) -> "Ed25519Key":
        """The key of a file, made where there is none; durable before it signs anything. Raises `Invalid`, `OSError`.

        The file is there with all of its bytes or not at all; of several who make one at once, one wins.
        """
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(
                dir=path.parent, prefix=f"{path.name}."
            ) as file:  # its owner's alone
                file.write(os.urandom(SIZE))
                file.flush()
                os.fsync(file.fileno())
                with contextlib.suppress(FileExistsError):
                    os.link(file.name, path)
        return cls(name, path.read_bytes())

    @property
    def name(self) -> str:
        """Whose key it is."""
        return self._name

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        return self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """The signature of a message, 64 bytes."""
        return self._key.sign(message)


def check(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature is that of a message."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def trusting(key: str) -> Callable[[Note], bool]:
    """Whether a note is signed by this key, written NAME+ID+BASE64; raises `Invalid` for what is no key."""
    known = read_key(key)
    return lambda note: note.is_signed(known, check)
