"""Dialects of traces: one file each, listed here in the order of their precedence.

A dialect says which attribute means which field of a step (`FIELDS`: attribute -> field, converter),
what it calls a kind (`kind`), and what its tables cannot say (`refine`). A new dialect is one file and one line.
"""

from trimtab.vocabulary.trace.dialects import gen_ai, openinference, ours
from trimtab.vocabulary.trace.dialects.reading import Convert, Draft

DIALECTS = (ours, gen_ai, openinference)


def merged() -> dict[str, tuple[int, str, Convert, str]]:
    """Attribute -> (rank, field, converter, dialect): one look-up for each attribute, the lowest rank wins."""
    found: dict[str, tuple[int, str, Convert, str]] = {}
    for dialect in reversed(DIALECTS):
        for rank, (key, (field, convert)) in enumerate(dialect.FIELDS.items()):
            order = DIALECTS.index(dialect) * 1000 + rank
            found[key] = (order, field, convert, dialect.NAME)
    return found


TABLE = merged()

__all__ = ["DIALECTS", "TABLE", "Draft"]
