"""What a call takes from budgets: reserved before it happens, kept if it may have happened, given back if not."""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any, cast

from trimtab.vocabulary.contract.model import Limit, Tool
from trimtab.vocabulary.kernel import Invalid

DAY_NS = 86_400_000_000_000
PLACES = Context(prec=400)
"""Enough for the sum of any two amounts below 1e15, to the last digit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reservation:
    """An amount of one budget: `key` names the budget, `most` is all it has."""

    key: str
    amount: float
    most: float
    ends_ns: int = 0


class Tally:
    """What is reserved of each budget, in memory: all reservations of a call are made, or none. Safe in threads."""

    def __init__(self, spent: Mapping[str, float] | None = None) -> None:
        """Begin with what is spent already."""
        self._spent = dict(spent or {})
        self._lock = threading.Lock()

    @property
    def spent(self) -> Mapping[str, float]:
        """What is spent or reserved now, by key."""
        with self._lock:
            return dict(self._spent)

    def reserve(self, reservations: Iterable[Reservation]) -> bool:
        """Make all of these, or none where one is over its budget."""
        wanted = list(reservations)
        with self._lock:
            after = dict(self._spent)
            for one in wanted:
                after[one.key] = add_amounts(after.get(one.key, 0.0), one.amount)
                if after[one.key] > one.most:
                    return False
            self._spent = after
            return True

    def release(self, reservations: Iterable[Reservation]) -> None:
        """Give back what is known not to have happened."""
        with self._lock:
            for one in reservations:
                self._spent[one.key] = max(0.0, add_amounts(self._spent.get(one.key, 0.0), -one.amount))


def add_amounts(one: float, other: float) -> float:
    """A sum of decimals as they are written: ten times 0.1 is 1."""
    return float(Decimal(repr(one)) + Decimal(repr(other)))


def overdrawn(spent: float, amount: float, most: float) -> bool:
    """Whether two amounts, as decimals that are written the same, are together more than there is."""
    if not spent:
        return amount > most
    return PLACES.add(Decimal(repr(spent)), Decimal(repr(amount))) > Decimal(repr(most))


def reservations_of(
    tool: Tool, args: Mapping[str, Any], scopes: Mapping[str, str], now_ns: int
) -> list[Reservation]:
    """What a call reserves of the tool's own budgets; `scopes` are the names of the session's and the day's."""
    found: list[Reservation] = []
    for limit in tool.limits:
        ends_ns = (now_ns // DAY_NS + 1) * DAY_NS if limit.scope == "day" else 0
        key = f"{scopes[limit.scope]}/{tool.name}"
        found += [
            Reservation(key=f"{key}/{measure}", amount=amount, most=most, ends_ns=ends_ns)
            for measure, amount, most in amounts(limit, args)
        ]
    return found


def amounts(limit: Limit, args: Mapping[str, Any]) -> list[tuple[str, float, float]]:
    """What is counted within one limit: measure, amount and the most of it."""
    found: list[tuple[str, float, float]] = []
    if limit.calls is not None:
        found.append(("calls", 1.0, float(limit.calls)))
    found += [(f"sum({name})", amount_of(args, name), most) for name, most in limit.sums.items()]
    return found


def amount_of(args: Mapping[str, Any], name: str) -> float:
    """The argument that is summed; nothing where it is absent. Raises `Invalid` where it is no amount."""
    value: Any = args
    for part in name.split("."):
        value = cast("Mapping[str, Any]", value).get(part) if isinstance(value, Mapping) else None
    if value is None:
        return 0.0
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
        raise Invalid(f"{name} is no amount", hint="a number from 0")
    return float(value)
