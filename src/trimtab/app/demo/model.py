"""The model of the demonstration: a script with seeded chance. It reads its prompt, and does what the prompt makes likely."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from trimtab.app.demo.customer import Customer

MODEL, PROVIDER = "gpt-5-mini", "openai"
"""Whose prices the demonstration counts with; nothing is asked of it."""
RULE = "only then say that it is done"
EMPTY_PROMISES = {True: 0.01, False: 0.55}
"""How often it says that it did what it did not do: with the rule in its prompt, and without."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What the model does next: call a tool, or answer."""

    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict[str, Any])
    answer: str = ""


class Script:
    """The model under one prompt."""

    def __init__(self, prompt: str, dice: Random) -> None:
        """Read the prompt."""
        self.prompt, self._dice = prompt, dice
        self._empty = EMPTY_PROMISES[RULE in prompt]

    def next_move(self, customer: Customer, done: Sequence[tuple[str, bool]]) -> Move:
        """What comes after these calls: each a tool, and whether it went well."""
        if not done:
            return Move(tool="orders_get", arguments={"order": customer.order})
        tool, good = done[-1]
        if tool == "orders_get":
            if self._dice.random() < self._empty:
                return Move(answer=f"Your wish about {customer.order} is taken care of.")
            return acting(customer)
        if not good and tool != "tickets_create":
            said = f"{tool} failed: {customer.says}"
            return Move(tool="tickets_create", arguments={"order": customer.order, "text": said})
        if tool == "tickets_create":
            return Move(answer=f"A colleague will look after {customer.order}.")
        return Move(answer=f"Done: {customer.order} is as you want it.")


def acting(customer: Customer) -> Move:
    """The call that does what the customer asks."""
    order = customer.order
    if customer.intent == "reorder":
        return Move(tool="orders_create", arguments={"like": order})
    if customer.intent == "complain":
        return Move(tool="tickets_create", arguments={"order": order, "text": customer.says})
    changed = "address" if customer.intent == "move" else "status"
    return Move(tool="orders_update", arguments={"order": order, "field": changed, "value": customer.wanted})
