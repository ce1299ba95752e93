"""`@trimtab.tool`: a function that the agent may call, under its contract where there is one."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar, overload

from trimtab.edge.sdk.lineage.context import HERE, NOBODY, Lineage
from trimtab.edge.sdk.runtime import HELD
from trimtab.edge.sdk.steps import Step, step
from trimtab.edge.sdk.tools.entry import Entry
from trimtab.edge.sdk.tools.given import CALL, Given
from trimtab.edge.sdk.tools.held import at_work
from trimtab.edge.sdk.tools.registry import enter
from trimtab.edge.sdk.tools.tell import tell_kind
from trimtab.edge.sdk.warn import nothing, safe

if TYPE_CHECKING:
    from trimtab.edge.runtime import Context

F = TypeVar("F", bound=Callable[..., Any])


@overload
def tool(given: F, /) -> F: ...


@overload
def tool(given: str = "", /, *, without: tuple[str, ...] = ()) -> Callable[[F], F]: ...


def tool(given: Any = "", /, *, without: tuple[str, ...] = ()) -> Any:
    """Make a function a tool of the agent, named for the function or as you say; each call is a step.

    With a contract it is called as the contract says, and raises `Stopped` where that says no. Arguments named in
    `without` are no business of the contract's: a framework's context, for instance.
    """
    if isinstance(given, str):
        return partial(contracted, name=given, without=without)
    return contracted(given)


def contracted(function: Any, name: str = "", without: tuple[str, ...] = ()) -> Any:
    """The function as a tool."""
    if (
        not callable(function)
        or inspect.isgeneratorfunction(function)
        or inspect.isasyncgenfunction(function)
    ):
        raise TypeError(f"a tool is a function that returns once, which {str(function)[:60]} is not")
    entry = enter(
        name or str(getattr(function, "__name__", "")) or type(function).__name__, function, without
    )
    if entry.asynchronous:

        @wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            return await acall_tool(entry, args, kwargs)

        return awaited

    @wraps(function, updated=())
    def called(*args: Any, **kwargs: Any) -> Any:
        return call_tool(entry, args, kwargs)

    return called


def call_tool(entry: Entry, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
    """Call a tool as a step, under the contract where there is one."""
    with step("tool", entry.name) as m:
        bound = at_work()
        if bound is None:
            told(m, entry, args, kwargs)
            value = entry.function(*args, **kwargs)
            m.set(output=value)
            return value
        given = Given(entry, args, kwargs)
        m.set(input=given.args)
        return bound.call(given, whose(), m)


async def acall_tool(
    entry: Entry, args: tuple[Any, ...], kwargs: Mapping[str, Any], words: Mapping[str, Any] | None = None
) -> Any:
    """Call an asynchronous tool as a step, under the contract where there is one; `words` are told of the step."""
    with step("tool", entry.name, **(words or {})) as m:
        bound = at_work()
        if bound is None:
            told(m, entry, args, kwargs)
            try:
                value = await entry.function(*args, **kwargs)
            except Exception as error:
                tell_kind(m, error)
                raise
            m.set(output=value)
            return value
        given = Given(entry, args, kwargs)
        m.set(input=given.args)
        try:
            return await bound.acall(given, whose(), m)
        except Exception:
            tell_kind(m, given.error)
            raise


def whose() -> Lineage:
    """Whose call it is; nobody's outside of a session."""
    place = HERE.get()
    return NOBODY if place is None else place.lineage


@safe(nothing)
def told(m: Step, entry: Entry, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """Tell the arguments; wrong ones are the function's to refuse."""
    if HELD.runtime is not None:
        with suppress(TypeError):
            m.set(input=entry.seen(entry.named(args, kwargs)))


def this_call() -> "Context | None":
    """Within a tool: the key of this unit of work, which attempt it is, and until when; None without a contract.

    Hand the key to a system that honours idempotency keys.
    """
    return CALL.get()
