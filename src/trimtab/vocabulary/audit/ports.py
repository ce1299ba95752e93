"""Who signs and who checks: Ed25519, which the standard library has not."""

from typing import Protocol


class Signer(Protocol):
    """A private key under a name."""

    @property
    def name(self) -> str:
        """Whose key it is: no space and no plus sign in it, like `trimtab.example.com/audit`."""
        ...

    @property
    def public(self) -> bytes:
        """The public key, 32 bytes."""
        ...

    def sign(self, message: bytes) -> bytes:
        """The Ed25519 signature of a message, 64 bytes."""
        ...


class Check(Protocol):
    """Whether a signature is that of a message by the private key of a public one."""

    def __call__(self, public: bytes, message: bytes, signature: bytes) -> bool:
        """Never raises: what is no signature is not one."""
        ...
