"""Who signs, checks and seals, where the extra `audit` is installed."""

import hashlib
import secrets
from importlib.util import find_spec
from pathlib import Path

from trimtab.edge.audit import MakeKey
from trimtab.loop.store import State
from trimtab.vocabulary.audit import Check, Signer, Vault
from trimtab.vocabulary.kernel import Invalid

WITNESS = "witness_key"
"""Setting: the private key of this server as a witness, in hex."""
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


def witness_key(state: State) -> tuple[Signer, Check]:
    """The key with which this server signs what it has seen, made once; raises `Invalid` where signing is not installed.

    It lies in the state, so that backups have it, and servers that share a state share it.
    """
    needed("checkpoints of audit logs cannot be signed")
    from trimtab.adapters.ed25519 import Ed25519Key, check

    if not state.setting(WITNESS):
        state.set_setting(WITNESS, secrets.token_hex(32))
    private = bytes.fromhex(state.setting(WITNESS) or "")
    name = hashlib.sha256(Ed25519Key("witness", private).public).hexdigest()[:12]
    return Ed25519Key(f"trimtab-witness/{name}", private), check


def needed(without: str) -> None:
    """Raise `Invalid` where the extra is not installed."""
    if find_spec("cryptography") is None:
        raise Invalid(f"{without}: cryptography is not installed", hint=EXTRA)


def signature_check() -> Check:
    """The check of Ed25519 signatures; raises `Invalid` where it is not installed."""
    needed("signatures cannot be checked")
    from trimtab.adapters.ed25519 import check

    return check
