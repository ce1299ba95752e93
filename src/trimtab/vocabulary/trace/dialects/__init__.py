"""Dialects of traces: one file each, listed here in the order of their precedence.

A dialect says which attribute means which field of a step (`FIELDS`: attribute -> field, converter),
what it calls a kind (`kind`), what its tables cannot say (`refine`), and which attributes it reads for that
(`READS` by name, `PREFIXES` by beginning). A new dialect is one file and one line.

For a field that several dialects give, the conventions of OpenTelemetry win over those of products, the newer
era over the older; within a dialect the earlier line of its table wins. The dialect of a span is named by the mark of
its emitter (`claim`), for many emitters speak `gen_ai.*` beside their own.
"""

from collections.abc import Iterable
from functools import lru_cache
from types import ModuleType
from typing import Any

from trimtab.vocabulary.trace.dialects import (
    adk,
    gen_ai,
    gen_ai_early,
    langfuse,
    langsmith,
    mcp,
    microsoft,
    mlflow,
    openinference,
    openllmetry,
    ours,
    vercel,
)
from trimtab.vocabulary.trace.dialects.reading import Convert, Draft

DIALECTS = (
    ours,
    langsmith,  # derives gen_ai.operation.name from its own kind, and loses some of it
    adk,  # gives the sum of parallel tool calls the name of an operation, too
    gen_ai,
    gen_ai_early,
    openinference,
    vercel,
    mlflow,
    langfuse,
    openllmetry,
    microsoft,
    mcp,
)
MAX_REMEMBERED = 20_000
RANKS = 1000
"""How many ranks each dialect has; those of our own come first."""


def merged() -> dict[str, tuple[int, str, Convert]]:
    """Attribute -> (rank, field, converter): one look-up for each attribute, the lowest rank wins."""
    found: dict[str, tuple[int, str, Convert]] = {}
    for dialect in reversed(DIALECTS):
        for rank, (key, (field, convert)) in enumerate(dialect.FIELDS.items()):
            found[key] = (DIALECTS.index(dialect) * RANKS + rank, field, convert)
    return found


def named_by(ranks: Iterable[int]) -> str:
    """The dialect of the strongest of the attributes that gave a field; our own are beside any dialect."""
    strongest = min((rank for rank in ranks if rank >= RANKS), default=None)
    return "other" if strongest is None else str(DIALECTS[strongest // RANKS].NAME)


class Readers(dict[str, int]):
    """Attribute -> the dialects that read it, one bit each, 0 where none does; remembers what it was asked."""

    def __missing__(self, key: str) -> int:
        """Ask every dialect; attributes that nobody knows are never looked at."""
        found = sum(
            1 << place
            for place, dialect in enumerate(DIALECTS)
            if key in dialect.FIELDS or key in dialect.READS or key.startswith(dialect.PREFIXES)
        )
        if len(self) < MAX_REMEMBERED:
            self[key] = found
        return found


def speaking(attributes: dict[str, Any]) -> tuple[ModuleType, ...]:
    """The dialects that read any of these attributes, in the order of their precedence."""
    bits = 0
    for key in attributes:
        bits |= READERS[key]
    return of_bits(bits)


@lru_cache(maxsize=1024)
def of_bits(bits: int) -> tuple[ModuleType, ...]:
    """Dialects by their bits."""
    return tuple(dialect for place, dialect in enumerate(DIALECTS) if bits >> place & 1)


TABLE = merged()
READERS = Readers()
IDENTITY_KEYS = frozenset(
    key for key, (_, field, _) in TABLE.items() if field in {"own_session", "user", "tenant"}
)
"""Attributes that name a session, a user or a tenant."""

__all__ = ["IDENTITY_KEYS", "READERS", "TABLE", "Draft", "named_by", "speaking"]
