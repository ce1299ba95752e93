"""The tools of this process by name."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from trimtab.edge.sdk.tools.entry import Entry
from trimtab.edge.sdk.tools.given import runner

if TYPE_CHECKING:
    from trimtab.edge.runtime import Function

FUNCTIONS: "dict[str, Function]" = {}
"""What a contract's runtime calls; a tool that is defined again replaces the one before."""


def enter(name: str, function: Callable[..., Any], without: tuple[str, ...] = ()) -> Entry:
    """Know a function as a tool."""
    entry = Entry(name, function, without)
    FUNCTIONS[name] = runner(entry)
    return entry
