"""Budgets in a file, beside the ledger: a crash leaves what was reserved as spent."""

from collections.abc import Iterable, Mapping

from trimtab.edge.runtime.record.sqlite import File
from trimtab.vocabulary.contract import Reservation
from trimtab.vocabulary.contract import add_amounts as add
from trimtab.vocabulary.kernel import Clock


class SqliteBudget:
    """Budgets in an open file; those whose day is over are forgotten."""

    def __init__(self, file: File, clock: Clock) -> None:
        """Keep them in an open file."""
        self._file = file
        self._clock = clock

    @property
    def spent(self) -> Mapping[str, float]:
        """What is spent or reserved, by key."""
        now_ns = self._clock.now_ns()
        found = self._file.rows("select key, amount from budget where ends_ns = 0 or ends_ns > ?", now_ns)
        return dict(found)

    def reserve(self, reservations: Iterable[Reservation]) -> bool:
        """Make all of these, or none where one is over its budget."""
        wanted = list(reservations)
        if not wanted:
            return True
        with self._file.writing() as db:
            db.execute("delete from budget where ends_ns > 0 and ends_ns <= ?", (self._clock.now_ns(),))
            after: dict[str, tuple[float, int]] = {}
            for one in wanted:
                row = db.execute("select amount from budget where key = ?", (one.key,)).fetchone()
                before = after[one.key][0] if one.key in after else float(row[0]) if row else 0.0
                after[one.key] = (add(before, one.amount), one.ends_ns)
                if after[one.key][0] > one.most:
                    return False
            db.executemany(
                "insert or replace into budget (key, amount, ends_ns) values (?, ?, ?)",
                [(key, amount, ends_ns) for key, (amount, ends_ns) in after.items()],
            )
            return True

    def release(self, reservations: Iterable[Reservation]) -> None:
        """Give back what is known not to have happened."""
        with self._file.writing() as db:
            for one in reservations:
                row = db.execute("select amount from budget where key = ?", (one.key,)).fetchone()
                if row:
                    left = max(0.0, add(float(row[0]), -one.amount))
                    db.execute("update budget set amount = ? where key = ?", (left, one.key))
