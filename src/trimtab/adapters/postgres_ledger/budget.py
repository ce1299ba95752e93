"""Budgets in PostgreSQL: their rows are locked in one order, counted by the one rule, and kept together."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from trimtab.adapters.postgres_ledger.database import PostgresDatabase
from trimtab.edge.runtime import SWEPT, Spent, released, reserved
from trimtab.vocabulary.contract import Reservation
from trimtab.vocabulary.kernel import Clock

if TYPE_CHECKING:
    from psycopg import Connection

SWEEP = (
    "delete from trimtab_budget where key in (select key from trimtab_budget"
    " where ends_ns <= %s order by ends_ns limit %s for update skip locked)"
)


class PostgresBudget:
    """Budgets in a database; those whose day is over are forgotten."""

    def __init__(self, database: PostgresDatabase, clock: Clock) -> None:
        """Keep them in a database."""
        self._database = database
        self._clock = clock

    @property
    def spent(self) -> Mapping[str, float]:
        """What is spent or reserved, by key."""
        return Spent(self._find, self._everything)

    def _find(self, key: str) -> float | None:
        with self._database.writing() as db:
            found = db.execute(
                "select amount from trimtab_budget where key = %s and ends_ns > %s",
                (key, self._clock.now_ns()),
            ).fetchone()
        return found[0] if found else None

    def _everything(self) -> dict[str, float]:
        with self._database.writing() as db:
            return dict(
                db.execute(
                    "select key, amount from trimtab_budget where ends_ns > %s", (self._clock.now_ns(),)
                ).fetchall()
            )

    def reserve(self, reservations: Iterable[Reservation]) -> bool:
        """Make all of these, or none where one is over its budget."""
        wanted = list(reservations)
        if not wanted:
            return True
        now_ns = self._clock.now_ns()
        with self._database.writing() as db:
            db.cursor().executemany(
                "insert into trimtab_budget values (%s, 0, 0) on conflict do nothing",
                [(key,) for key in keys_of(wanted)],
            )
            after = reserved(locked(db, wanted, now_ns), wanted, now_ns)
            if after is None:
                db.rollback()
                return False
            db.cursor().executemany(
                "update trimtab_budget set amount = %s, ends_ns = %s where key = %s",
                [(amount, ends_ns, key) for key, (amount, ends_ns) in after.items()],
            )
            db.execute(SWEEP, (now_ns, SWEPT))
            return True

    def release(self, reservations: Iterable[Reservation]) -> None:
        """Give back what is known not to have happened."""
        given = list(reservations)
        if not given:
            return
        with self._database.writing() as db:
            left = released(locked(db, given, self._clock.now_ns()), given)
            db.cursor().executemany(
                "update trimtab_budget set amount = %s where key = %s",
                [(amount, key) for key, amount in left.items()],
            )


def keys_of(reservations: Iterable[Reservation]) -> list[str]:
    """The keys in the order in which everybody locks them."""
    return sorted({one.key for one in reservations})


def locked(db: "Connection[Any]", reservations: Iterable[Reservation], now_ns: int) -> dict[str, float]:
    """What is spent of these budgets now; nobody else changes it until the transaction ends."""
    found = db.execute(
        "select key, amount, ends_ns from trimtab_budget where key = any(%s) order by key for update",
        (keys_of(reservations),),
    ).fetchall()
    return {key: amount for key, amount, ends_ns in found if ends_ns > now_ns}
