"""The shop of the demonstration: its orders and tickets, in memory, and the tools that its agent has."""

from collections.abc import Callable
from random import Random
from typing import Any

import trimtab
from trimtab.vocabulary.kernel import VirtualClock

ITEMS = ("a lamp", "a kettle", "two mugs", "a rug", "a desk", "a bookcase", "four chairs", "a mirror")
FIRST_ORDER = 1000


class Shop:
    """What the shop knows. `failing` is the share of updates that find its order service away."""

    def __init__(self, dice: Random, clock: VirtualClock) -> None:
        """Open without an order; tools take time on the clock."""
        self.orders: dict[str, dict[str, Any]] = {}
        self.tickets: dict[str, str] = {}
        self.failing = 0.0
        self._dice, self._clock = dice, clock

    def sell(self) -> str:
        """A customer ordered something earlier; the order's name."""
        order = f"o-{FIRST_ORDER + len(self.orders)}"
        item, number = self._dice.choice(ITEMS), self._dice.randrange(1, 90)
        self.orders[order] = {"item": item, "address": f"{number} Harbour Street", "status": "packed"}
        return order

    def orders_get(self, order: str) -> dict[str, Any]:
        """Look up an order."""
        self._take(0.1, 0.3)
        return {"order": order, **self.orders[order]}

    def orders_create(self, like: str) -> dict[str, Any]:
        """Order once more what an order was about."""
        self._take(0.2, 0.5)
        order = f"o-{FIRST_ORDER + len(self.orders)}"
        self.orders[order] = {**self.orders[like], "status": "packed", "like": like}
        return {"order": order, **self.orders[order]}

    def orders_update(self, order: str, field: str, value: str) -> dict[str, Any]:
        """Change an order: its address, or its status."""
        if self._dice.random() < self.failing:
            self._take(2.0, 4.0)
            raise ConnectionResetError("the order service closed the connection")
        self._take(0.2, 0.5)
        self.orders[order][field] = value
        return {"order": order, **self.orders[order]}

    def tickets_create(self, order: str, text: str) -> dict[str, Any]:
        """Hand over to a colleague."""
        self._take(0.1, 0.3)
        self.tickets[order] = text
        return {"ticket": f"t-{len(self.tickets)}"}

    def tools(self) -> dict[str, Callable[..., Any]]:
        """What the agent may call; how each is called stands in the contract."""
        functions = (self.orders_get, self.orders_create, self.orders_update, self.tickets_create)
        return {one.__name__: trimtab.tool(one.__name__)(one) for one in functions}

    def _take(self, least_s: float, most_s: float) -> None:
        self._clock.advance(self._dice.uniform(least_s, most_s))
