"""A function as a tool: what its arguments are called, and how it is called with them."""

import inspect
import typing
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

from trimtab.edge.sdk.tools.plain import plain, restored

OWN = frozenset(["self", "cls"])
NAMED = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
MANY = inspect.Parameter.VAR_KEYWORD


class Entry:
    """One tool of this process; `without` names arguments that no contract sees, such as a framework's context."""

    def __init__(self, name: str, function: Callable[..., Any], without: tuple[str, ...] = ()) -> None:
        """Know the function and its arguments."""
        self.name, self.function = name, function
        self.asynchronous = inspect.iscoroutinefunction(function)
        self.signature = inspect.signature(function)
        parameters = tuple(self.signature.parameters.values())
        self._names = tuple(one.name for one in parameters)
        self._needed = frozenset(one.name for one in parameters if one.default is inspect.Parameter.empty)
        self._simple = all(one.kind in NAMED for one in parameters)
        self._rest = next((one.name for one in parameters if one.kind is MANY), "")
        own = self._names[:1] if self._names[:1] and self._names[0] in OWN else ()
        self.without = frozenset((*without, *own))

    def named(self, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments of a call by name; raises `TypeError` as Python does."""
        if self._simple and len(args) <= len(self._names):
            found = dict(zip(self._names, args, strict=False))
            if found.keys().isdisjoint(kwargs):
                found.update(kwargs)
                if self._needed <= found.keys() <= set(self._names):
                    return found
        found = self.signature.bind(*args, **kwargs).arguments
        return found | found.pop(self._rest, {}) if self._rest else found

    def seen(self, values: Mapping[str, Any], made: Callable[[Any], Any] = plain) -> dict[str, Any]:
        """The arguments as the contract sees them: made plain."""
        return {name: made(value) for name, value in values.items() if name not in self.without}

    def returned(self, value: Any) -> Any:
        """A plain value as the function would have returned it."""
        return restored(value, self.hints.get("return", inspect.Parameter.empty))

    def taken(self, name: str, value: Any) -> Any:
        """A plain value as the function wants this argument."""
        return restored(value, self.hints.get(name, inspect.Parameter.empty))

    @cached_property
    def hints(self) -> dict[str, Any]:
        """The annotations of the function; none where they name what cannot be found."""
        try:
            return typing.get_type_hints(self.function)
        except Exception:  # noqa: BLE001 - annotations may be anything
            return {}

    def run(self, values: Mapping[str, Any]) -> Any:
        """Call the function with these arguments by name."""
        if self._simple:
            return self.function(**values)
        bound = self.signature.bind_partial()
        rest = {name: value for name, value in values.items() if name not in self.signature.parameters}
        bound.arguments.update({name: value for name, value in values.items() if name not in rest})
        if rest:
            bound.arguments[self._rest] = rest
        return self.function(*bound.args, **bound.kwargs)


class Owned(Entry):
    """A tool that a framework owns: it takes its arguments as the model gave them, and its results are its own."""

    def __init__(self, name: str, run: Callable[[Mapping[str, Any]], Any], *, asynchronous: bool) -> None:
        """Know how the framework calls it."""

        def function(**args: Any) -> Any:
            return run(args)

        super().__init__(name, function)
        self.asynchronous = asynchronous
