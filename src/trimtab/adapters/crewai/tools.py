"""Tools of CrewAI, called as the contract says."""

import copy
import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from crewai.tools import BaseTool
from crewai.tools.base_tool import Tool

from trimtab.edge.sdk import Stopped, framework

SIGNALS = framework.Signals()


def wrapped(tool: Any) -> Any:
    """A tool under the contract: one made of a function, or one that is a class; its own errors stay its own."""
    found = copy.copy(tool)
    if isinstance(tool, Tool):
        found.func = governed(tool.name, tool.func)
    else:
        found.__class__ = contracted_class(type(tool))
    return found


def governed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A tool's function, called as the contract says; what that stops is said to the model."""
    if inspect.iscoroutinefunction(function):

        async def acalled(**given: Any) -> Any:
            async def run(args: framework.Args) -> Any:
                return await function(**args)

            try:
                return await framework.acall(name, given, run, SIGNALS)
            except Stopped as stopped:
                return stopped.message

        return acalled

    def called(**given: Any) -> Any:
        try:
            return framework.call(name, given, lambda args: function(**args), SIGNALS)
        except Stopped as stopped:
            return stopped.message

    return called


class Contracted(BaseTool):
    """A tool that is a class, under the contract."""

    def _run(self, **given: Any) -> Any:
        return governed(self.name, super()._run)(**given)

    async def _arun(self, **given: Any) -> Any:
        return await governed(self.name, super()._arun)(**given)


@cache
def contracted_class(kind: type[Any]) -> type[Any]:
    """The class of a tool, with the contract before it."""
    return type(kind.__name__, (Contracted, kind), {"__module__": kind.__module__})
