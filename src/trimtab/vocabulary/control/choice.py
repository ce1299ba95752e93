"""What a control document chooses: pins, and which share of the sessions gets which variant."""

import math
from collections.abc import Mapping
from hashlib import sha256

from trimtab.vocabulary.control.document import Document


def choices(document: Document, now_ns: int) -> dict[str, str]:
    """What is chosen at a time, by kind: bundle, model, split. A choice ends at its time, with or without a server."""
    standing = [one.what for one in document.orders if one.direction == "choose" and now_ns < one.until_ns]
    return {kind: target for kind, _, target in (one.partition(":") for one in standing)}


def shares_of(split: str) -> dict[str, int]:
    """The shares of a split by name, as `read_split` writes it: new=10,old=90."""
    return {name: int(share) for name, _, share in (one.partition("=") for one in split.split(","))}


def variant_of(session: str, shares: Mapping[str, int]) -> str:
    """The variant of a session: always the same for the same shares, each with a probability in proportion to its share.

    Weighted rendezvous hashing (Thaler and Ravishankar 1998; weights as in Schindelhauer and Schomaker 2005): a share that
    grows only draws sessions to itself, and moves none between the others. "" where no share is above 0.
    """
    drawn = {name: cost(session, name) / share for name, share in shares.items() if share > 0}
    return min(drawn, key=lambda name: (drawn[name], name), default="")


def cost(session: str, name: str) -> float:
    """How dear a variant is to a session: exponentially distributed, the same everywhere."""
    digest = sha256(f"{name}\0{session}".encode(errors="surrogatepass")).digest()
    return -math.log((int.from_bytes(digest[:6]) + 1) / (2**48 + 1))
