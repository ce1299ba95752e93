"""Where the agent is: the session, the agent and the step that what comes next belongs to.

It lives in a context variable: tasks of asyncio inherit it, threads need `carry`, processes need headers.
"""

from collections.abc import Callable
from contextvars import ContextVar, Token, copy_context
from dataclasses import dataclass
from functools import wraps
from typing import NamedTuple, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
SAMPLED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """What every step of a session repeats, so that it is known wherever the step arrives first."""

    session: str = ""
    agent: str = ""
    tenant: str = ""
    user: str = ""
    variant: str = ""


class Place(NamedTuple):
    """The step that is the parent of what comes next; built once a step, hence a tuple. Ids are hex, as W3C writes them."""

    trace_id: str
    span_id: str
    flags: int
    state: str
    lineage: Lineage


NOBODY = Lineage()
HERE: ContextVar[Place | None] = ContextVar("trimtab_place", default=None)


def leave(token: Token[Place | None]) -> None:
    """Go back to where we were; a generator that ends in another context has nothing to go back to."""
    try:
        HERE.reset(token)
    except ValueError:
        return


def carry(function: Callable[P, R]) -> Callable[P, R]:
    """Make a function run where it was carried from: for executors and threads, as often and as parallel as you like."""
    context = copy_context()

    @wraps(function)
    def carried(*args: P.args, **kwargs: P.kwargs) -> R:
        return context.copy().run(function, *args, **kwargs)

    return carried
