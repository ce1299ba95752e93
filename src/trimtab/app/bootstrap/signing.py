"""Who checks signatures, where the extra `audit` is installed."""

from importlib.util import find_spec

from trimtab.vocabulary.audit import Check
from trimtab.vocabulary.kernel import Invalid

EXTRA = "pip install 'trimtab[audit]'"


def signature_check() -> Check:
    """The check of Ed25519 signatures; raises `Invalid` where it is not installed."""
    if find_spec("cryptography") is None:
        raise Invalid("signatures cannot be checked: cryptography is not installed", hint=EXTRA)
    from trimtab.adapters.ed25519 import check

    return check
