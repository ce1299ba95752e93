"""The customers of the demonstration: what each asks for, and whether the shop did it."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal

from trimtab.app.demo.shop import Shop

Intent = Literal["move", "cancel", "reorder", "complain"]
SHARES: Mapping[Intent, int] = {"move": 40, "cancel": 25, "reorder": 20, "complain": 15}
REGIONS = ("north", "south", "islands")
STREETS = ("Mill Lane", "Station Road", "Church Street", "Garden Row")
CUSTOMERS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One customer with one wish about one order; `wanted` is the value that an order is to get."""

    user: str
    region: str
    intent: Intent
    order: str
    wanted: str
    says: str

    def served(self, shop: Shop) -> bool:
        """Whether what was asked for is so: the shop's books say it, not the agent."""
        if self.intent == "complain":
            return self.order in shop.tickets
        if self.intent == "reorder":
            return any(one.get("like") == self.order for one in shop.orders.values())
        return shop.orders[self.order]["address" if self.intent == "move" else "status"] == self.wanted


def arrive(shop: Shop, dice: Random) -> Customer:
    """The next customer, who ordered something earlier."""
    order = shop.sell()
    intent = dice.choices(list(SHARES), list(SHARES.values()))[0]
    wanted, says = wish(intent, order, dice)
    return Customer(
        user=f"customer-{dice.randrange(CUSTOMERS):03d}",
        region=dice.choice(REGIONS),
        intent=intent,
        order=order,
        wanted=wanted,
        says=says,
    )


def wish(intent: Intent, order: str, dice: Random) -> tuple[str, str]:
    """The value that the order is to get, and how the customer puts it."""
    address = f"{dice.randrange(1, 90)} {dice.choice(STREETS)}"
    wishes: dict[Intent, tuple[str, str]] = {
        "move": (address, f"Hello, please send {order} to {address} instead."),
        "cancel": ("cancelled", f"I do not need {order} any more, please see that it is cancelled."),
        "reorder": ("", f"I would like to have {order} once more, the same as last time."),
        "complain": ("", f"What came with {order} is broken. Somebody has to look at this."),
    }
    return wishes[intent]
