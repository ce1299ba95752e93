"""Pulling traces out of a running product, page by page, and where to go on the next time."""

from collections.abc import Callable, Iterator

from trimtab.loop.ingest.imports.langfuse import pieces_of
from trimtab.loop.ingest.imports.piece import Piece, Tally
from trimtab.loop.ingest.imports.values import time_ns
from trimtab.loop.ingest.sources import TraceSource

OVERLAP_NS = 3_600_000_000_000
"""What is looked at again the next time: scores and steps come late, and lists lag behind by minutes."""


def pull(
    source: TraceSource, since_ns: int, until_ns: int, tally: Tally, reached: Callable[[int], None]
) -> Iterator[Piece]:
    """The traces of a time; `reached` is told the time up to which all were given, page by page."""
    page, pages = 1, 1
    while page <= pages:
        listed = source.list(since_ns, until_ns, page)
        pages = listed.pages
        for name, _ in listed.traces:
            tally.records += 1
            record = source.trace(name)
            if record is None:
                tally.skipped["deleted before it was read"] += 1
            else:
                yield from pieces_of(record, tally)
        if listed.traces:
            reached(time_ns(listed.traces[-1][1]))
        page += 1
    reached(until_ns)
