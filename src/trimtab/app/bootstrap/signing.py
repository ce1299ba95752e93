"""Who signs, checks and seals, where the extra `audit` is installed."""

from importlib.util import find_spec
from pathlib import Path

from trimtab.edge.audit import MakeKey
from trimtab.vocabulary.audit import Check, Vault
from trimtab.vocabulary.kernel import Invalid

EXTRA = "pip install 'trimtab[audit]'"


def open_vault(keys: Path) -> Vault:
    """The keys of subjects in a file; raises `Invalid` where sealing is not installed."""
    needed("what is sealed cannot be opened")
    from trimtab.adapters.aes_gcm import AesVault

    return AesVault(keys)


def make_key() -> MakeKey:
    """What makes the key of a log; raises `Invalid` where signing is not installed."""
    needed("nothing can be signed")
    from trimtab.adapters.ed25519 import Ed25519Key

    return Ed25519Key.kept


def needed(without: str) -> None:
    """Raise `Invalid` where the extra is not installed."""
    if find_spec("cryptography") is None:
        raise Invalid(f"{without}: cryptography is not installed", hint=EXTRA)


def signature_check() -> Check:
    """The check of Ed25519 signatures; raises `Invalid` where it is not installed."""
    needed("signatures cannot be checked")
    from trimtab.adapters.ed25519 import check

    return check
