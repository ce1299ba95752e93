"""Who signs, who checks and who seals: what the standard library has not."""

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


class Vault(Protocol):
    """A key for each subject (a keyed hash of who it is), and what is sealed with it; without its key that is noise."""

    def seal(self, subject: str, name: str, content: bytes) -> bytes:
        """The content, sealed under a name; the subject's key is made where there is none. Raises `OSError`."""
        ...

    def open(self, subject: str, name: str, box: bytes) -> bytes | None:
        """What was sealed under that name; None where the key is gone, or the box is another. Raises `OSError`."""
        ...

    def digest(self, subject: str, message: bytes) -> bytes:
        """A digest, 32 bytes, that nobody can guess without the subject's key. Raises `OSError`."""
        ...

    def forget(self, subject: str) -> bool:
        """Destroy the key of a subject; whether there was one. Raises `OSError`."""
        ...
