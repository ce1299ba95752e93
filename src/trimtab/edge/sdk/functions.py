"""`@trimtab.traced`: a function of the agent's own as a step."""

import inspect
from collections.abc import AsyncGenerator, Callable, Generator
from contextlib import aclosing
from functools import partial, wraps
from typing import Any, TypeVar, cast, overload

from trimtab.edge.sdk.steps import Step, step
from trimtab.edge.sdk.warn import safe, warn_once

F = TypeVar("F", bound=Callable[..., Any])


@overload
def traced(given: F, /) -> F: ...


@overload
def traced(given: str = "other", /, name: str = "", **words: Any) -> Callable[[F], F]: ...


@safe(lambda: unchanged)
def traced(given: Any = "other", /, name: str = "", **words: Any) -> Any:
    """Make each call a step of a kind, named for the function; its arguments are not looked at."""
    if isinstance(given, str):
        return partial(wrapped, given, str(name), words)
    return wrapped("other", "", {}, given)


def unchanged(function: F) -> F:
    """The function as it is."""
    return function


def wrapped(kind: str, name: str, words: dict[str, Any], function: Any) -> Any:
    """The function as steps: once a call, or once an iteration of what a generator function gives."""
    if not callable(function):
        warn_once(f"traced is for functions, not for {str(function)[:60]!r}")
        return function
    called = name or str(getattr(function, "__name__", "call"))
    begin = partial(step, kind, called, **words)
    if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
        return iterated(begin, function)
    if inspect.iscoroutinefunction(function):

        @wraps(function)
        async def awaited(*args: Any, **kwargs: Any) -> Any:
            with begin():
                return await function(*args, **kwargs)

        return awaited

    @wraps(function)
    def called_(*args: Any, **kwargs: Any) -> Any:
        with begin():
            return function(*args, **kwargs)

    return called_


def iterated(begin: Callable[[], Step], function: Callable[..., Any]) -> Any:
    """A generator function, each iteration a step that others are not below: between two items the caller goes on."""
    if inspect.isasyncgenfunction(function):

        @wraps(function)
        async def items_async(*args: Any, **kwargs: Any) -> AsyncGenerator[Any]:
            with begin().beside():
                async with aclosing(function(*args, **kwargs)) as items:
                    async for item in items:
                        yield item

        return items_async

    @wraps(function)
    def items(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        with begin().beside():
            return cast("object", (yield from function(*args, **kwargs)))

    return items
