"""A text, or a tool's output, and all that it hides, looked at for signs."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from trimtab.vocabulary.contract.injection.model import CLEAR, Sign, Suspicion, summed
from trimtab.vocabulary.contract.injection.signs import shown, signs_in, unseen
from trimtab.vocabulary.contract.provenance.forms import fold
from trimtab.vocabulary.contract.provenance.layers import layers
from trimtab.vocabulary.contract.provenance.origins import leaves

MOST = 65_536
"""Characters of an output that are looked at: its beginning and its end, half each."""
MOST_LEAVES = 50_000
"""Values of an output that are looked at."""
LEAST = 12
"""A text shorter than this says nothing to anybody."""


def look_at(text: str) -> Suspicion:
    """Whether a text gives its reader orders; of a long one its beginning and its end."""
    if len(text) < LEAST:
        return CLEAR
    return summed(signs_of(cut(text)))


def look_into(value: Any) -> Suspicion:
    """Whether a tool's output does: each of its texts by itself, and the most suspected one of them."""
    if isinstance(value, str):
        return look_at(value)
    worst, left = CLEAR, MOST
    for _, leaf in islice(leaves(value, names=True), MOST_LEAVES):
        if not isinstance(leaf, str) or len(leaf) < LEAST:
            continue
        left -= len(leaf)
        found = look_at(leaf)
        if found.score > worst.score:
            worst = found
        if left < 0:
            break
    return worst


def cut(text: str) -> str:
    """The beginning and the end of a long text."""
    return text if len(text) <= MOST else f"{text[: MOST // 2]}\n{text[-MOST // 2 :]}"


def signs_of(text: str) -> Iterator[Sign]:
    """The signs of a text as it stands, and of what stands in it encoded."""
    yield from unseen(text)
    known: set[str] = set()
    for depth, layer in enumerate(layers(text)):
        found = [one for one in signs_in(fold(layer)) if one.kind not in known]
        known.update(one.kind for one in found)
        yield from found
        if depth and found:
            yield Sign(kind="encoded", words=shown(found[0].words))
