"""One batch that cannot be applied must not end the applying of all that come after it."""

import threading
from collections.abc import Sequence

from tests.support.bodies import good

from trimtab.adapters.duckdb_analytics import DuckdbAnalytics
from trimtab.loop.ingest import Applier, FixedPrices, Rules
from trimtab.loop.store import Batch, Entry
from trimtab.vocabulary.kernel import VirtualClock


class Poisoned(DuckdbAnalytics):
    """Tables in memory that cannot take what came at position 1, as an overflow or a fault of ours would have it."""

    def apply(self, batch: Batch) -> None:
        if any(step.body == 1 for step in batch.steps):
            raise OverflowError("Python int too large to convert to C long")
        super().apply(batch)


class NoJournal:
    """Nothing to replay."""

    def read(self, after: int, limit: int) -> Sequence[Entry]:
        return []


def entry(position: int) -> Entry:
    return Entry(
        project="p", signal="traces", received_ns=position, body=good(position), items=1, position=position
    )


def test_what_comes_after_a_batch_that_cannot_be_applied_is_applied() -> None:
    analytics = Poisoned(None, VirtualClock())
    applier = Applier(NoJournal(), analytics, Rules(prices=FixedPrices()))  # type: ignore[arg-type]
    applier.start()
    try:
        applier.put([entry(1)])
        threading.Event().wait(0.2)
        applier.put([entry(2)])
        applier.wait(2, 2.0)
        assert analytics.rows("select span_id from steps") == [{"span_id": 2}]
        assert applier.skipped == 1
    finally:
        applier.close()
        analytics.close()
