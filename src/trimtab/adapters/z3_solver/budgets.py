"""Budgets: what is spent may be any amount, and what a call adds is reckoned."""

from collections.abc import Iterator

import z3

from trimtab.adapters.z3_solver.space import Space
from trimtab.adapters.z3_solver.values import (
    FALSE,
    MAPPING,
    NULL,
    NUMBER,
    Term,
    Value,
    number,
    real,
    some,
    yes,
)
from trimtab.vocabulary.contract import Contract, Tool

Gated = tuple[str, Term]
MOST_AMOUNT = 10**15


def session_limits(space: Space, contract: Contract, tool: Tool) -> Iterator[Gated]:
    """The session's own limits; what the session says it did counts as much as what is reserved."""
    limits = contract.limits
    for name, counts, most in (
        ("calls", True, limits.calls),
        ("writes", tool.writes, limits.writes),
        ("irreversible", tool.effect == "irreversible", limits.irreversible),
    ):
        if most is not None and counts:
            yield "deny", space.spend("session", contract.agent, name) + 1 > most
    for name, counts, most in (
        ("calls", True, limits.calls),
        ("writes", tool.writes, limits.writes),
        ("irreversible", tool.effect == "irreversible", limits.irreversible),
        ("cost_usd", True, limits.cost_usd),
        ("tokens", True, limits.tokens),
        ("seconds", True, limits.duration_s),
    ):
        used = space.session(name)
        if used and most is not None and counts:
            yield "deny", used.number >= real(most)


def sums_of(space: Space, contract: Contract, tool: Tool) -> Iterator[Gated]:
    """The tool's own budgets."""
    for limit in tool.limits:
        if limit.calls is not None:
            spent = space.spend(limit.scope, contract.agent, f"{tool.name}/calls")
            yield "deny", spent + 1 > limit.calls
        for name, most in limit.sums.items():
            amount = amount_at(space, name)
            spent = space.spend(limit.scope, contract.agent, f"{tool.name}/sum({name})")
            yield "deny", some(amount.fault, spent + amount.number > real(most))


def amount_at(space: Space, name: str) -> Value:
    """The argument that is summed: nothing where it is absent, without a value where it is no amount."""
    path = ("args", *name.split("."))
    reached = yes(
        *(yes(space.there(path[:end]), space.value(path[:end]).is_(MAPPING)) for end in range(2, len(path)))
    )
    value = space.value(path)
    given = yes(reached, space.there(path), z3.Not(value.is_(NULL)))
    amount = yes(value.is_(NUMBER), value.number >= 0, value.number < MOST_AMOUNT)
    return number(z3.If(given, value.number, 0), FALSE, yes(given, z3.Not(amount)))
