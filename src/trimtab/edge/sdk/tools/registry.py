"""The tools of this process by name."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, TypeGuard

from trimtab.edge.sdk.tools.command import Direct
from trimtab.edge.sdk.tools.entry import Entry
from trimtab.edge.sdk.tools.given import GIVEN, runner

if TYPE_CHECKING:
    from trimtab.edge.runtime import Function, Stoppable


class Functions(Mapping[str, "Function"]):
    """What a contract's runtime calls by name: the tool that is being called, else one that was defined."""

    def __init__(self) -> None:
        """Begin without any."""
        self._defined: dict[str, Function] = {}

    def define(self, name: str, function: "Function") -> None:
        """Know a tool; one that is defined again replaces the one before."""
        self._defined[name] = function

    def __getitem__(self, name: str) -> "Function":
        """The tool of a name, which is about to run."""
        given = GIVEN.get()
        if given is None or given.entry.name != name:
            return self._defined[name]
        given.started = True
        return as_called(given.entry)

    def __contains__(self, name: object) -> bool:
        """Whether there is such a tool."""
        given = GIVEN.get()
        return name in self._defined or (given is not None and given.entry.name == name)

    def __iter__(self) -> Iterator[str]:
        """The names of those that were defined."""
        return iter(self._defined)

    def __len__(self) -> int:
        """How many were defined."""
        return len(self._defined)


FUNCTIONS = Functions()


def as_called(entry: Entry) -> "Function":
    """A tool as the runtime calls it."""
    return entry.itself if isinstance(entry, Direct) else runner(entry)


def enter(name: str, function: Callable[..., Any], without: tuple[str, ...] = ()) -> Entry:
    """Know a function, or a command, as a tool."""
    entry = Direct(name, function) if is_stoppable(function) else Entry(name, function, without)
    FUNCTIONS.define(name, as_called(entry))
    return entry


def is_stoppable(function: Any) -> "TypeGuard[Stoppable]":
    """Whether it keeps its deadline itself, as commands do."""
    return callable(function) and callable(getattr(function, "acall", None))
