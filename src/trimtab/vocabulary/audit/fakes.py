"""Keys that need no library: for tests alone, since whoever knows the public one can sign."""

from hashlib import sha512


class FakeKey:
    """Signs by a hash over its public key."""

    def __init__(self, name: str) -> None:
        """The key of a name; the same name has the same key."""
        self._name = name

    @property
    def name(self) -> str:
        """Whose key it is."""
        return self._name

    @property
    def public(self) -> bytes:
        """32 bytes."""
        return sha512(b"public" + self._name.encode()).digest()[:32]

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return sha512(self.public + message).digest()


def fake_check(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a `FakeKey` signed it."""
    return sha512(public + message).digest() == signature
