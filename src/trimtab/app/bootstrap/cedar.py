"""The reader of Cedar's policies, where the extra `cedar` is installed."""

from importlib.util import find_spec

from trimtab.vocabulary.contract.ports import PolicyReader
from trimtab.vocabulary.kernel import Invalid

EXTRA = "pip install 'trimtab[cedar]'"


def open_reader() -> PolicyReader:
    """A reader of policies; raises `Invalid` where none is installed."""
    if find_spec("cedarpy") is None:
        raise Invalid("reading policies needs cedarpy, which is not installed", hint=EXTRA)
    from trimtab.adapters.cedarpy_reader import CedarReader

    return CedarReader()
