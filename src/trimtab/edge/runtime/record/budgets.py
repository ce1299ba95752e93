"""Budgets that survive: the rule for all that keep them, and those in a file beside the ledger.

A crash leaves what was reserved as spent.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

from trimtab.edge.runtime.record.sqlite import File
from trimtab.vocabulary.contract import Reservation
from trimtab.vocabulary.contract import add_amounts as add
from trimtab.vocabulary.kernel import Clock

SESSION_NS = 30 * 86_400 * 1_000_000_000
"""Nobody says when a session has ended; its budgets are kept so long after they were last reserved."""
OPEN = "ends_ns = 0 or ends_ns > ?"
Amounts = Mapping[str, tuple[float, int]]
"""An amount and when it ends, by key."""


def reserved(before: Mapping[str, float], wanted: Iterable[Reservation], now_ns: int) -> Amounts | None:
    """The amounts that these reservations change, or None where one is over its budget."""
    after: dict[str, tuple[float, int]] = {}
    for one in wanted:
        amount = add(after[one.key][0] if one.key in after else before.get(one.key, 0.0), one.amount)
        if amount > one.most:
            return None
        after[one.key] = (amount, one.ends_ns or now_ns + SESSION_NS)
    return after


def released(before: Mapping[str, float], given: Iterable[Reservation]) -> Mapping[str, float]:
    """The amounts that are left once these are given back; of what nobody knows any more there is nothing to give."""
    after: dict[str, float] = {}
    for one in given:
        if one.key in before:
            after[one.key] = max(0.0, add(after.get(one.key, before[one.key]), -one.amount))
    return after


class Spent(Mapping[str, float]):
    """What is spent, looked up one by one: a decision asks for few keys of many."""

    def __init__(
        self, find: Callable[[str], float | None], everything: Callable[[], dict[str, float]]
    ) -> None:
        """Look up with `find`; `everything` is for who lists them."""
        self._find = find
        self._everything = everything

    def __getitem__(self, key: str) -> float:
        found = self._find(key)
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._everything())

    def __len__(self) -> int:
        return len(self._everything())


class SqliteBudget:
    """Budgets in an open file; those whose day is over are forgotten."""

    def __init__(self, file: File, clock: Clock) -> None:
        """Keep them in an open file."""
        self._file = file
        self._clock = clock

    @property
    def spent(self) -> Mapping[str, float]:
        """What is spent or reserved, by key."""
        return Spent(self._find, self._everything)

    def _find(self, key: str) -> float | None:
        now_ns = self._clock.now_ns()
        found = self._file.rows(f"select amount from budget where key = ? and ({OPEN})", key, now_ns)
        return float(found[0][0]) if found else None

    def _everything(self) -> dict[str, float]:
        return dict(self._file.rows(f"select key, amount from budget where {OPEN}", self._clock.now_ns()))

    def reserve(self, reservations: Iterable[Reservation]) -> bool:
        """Make all of these, or none where one is over its budget."""
        wanted = list(reservations)
        if not wanted:
            return True
        now_ns = self._clock.now_ns()
        with self._file.writing() as db:
            db.execute("delete from budget where ends_ns > 0 and ends_ns <= ?", (now_ns,))
            after = reserved(self._amounts(wanted), wanted, now_ns)
            if after is None:
                return False
            db.executemany(
                "insert or replace into budget (key, amount, ends_ns) values (?, ?, ?)",
                [(key, amount, ends_ns) for key, (amount, ends_ns) in after.items()],
            )
            return True

    def release(self, reservations: Iterable[Reservation]) -> None:
        """Give back what is known not to have happened."""
        given = list(reservations)
        if not given:
            return
        with self._file.writing() as db:
            left = released(self._amounts(given), given)
            db.executemany(
                "update budget set amount = ? where key = ?", [(amount, key) for key, amount in left.items()]
            )

    def _amounts(self, reservations: list[Reservation]) -> dict[str, float]:
        keys = sorted({one.key for one in reservations})
        marks = ", ".join("?" * len(keys))
        return dict(self._file.rows(f"select key, amount from budget where key in ({marks})", *keys))
