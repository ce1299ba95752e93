"""Tools of LlamaIndex, called as the contract says."""

import copy
import json
from typing import Any

from llama_index.core.tools import AsyncBaseTool, ToolOutput
from workflows.runtime.types.results import WaitingForEvent

from trimtab.edge.sdk import Stopped, framework


class Refusal(Exception):
    """The tool said itself, in its output, that it failed."""

    def __init__(self, output: ToolOutput) -> None:
        """Keep its words."""
        super().__init__(output.content)
        self.output = output


SIGNALS = framework.Signals(pauses=(WaitingForEvent,), refusals=(Refusal,))


def wrapped(tool: AsyncBaseTool) -> AsyncBaseTool:
    """A tool that is called as the contract says; its own errors stay its own."""
    hidden = getattr(tool, "ctx_param_name", None) or ""
    name = tool.metadata.get_name()

    async def acall(**given: Any) -> ToolOutput:
        called = Called(name)
        beside = {hidden: given[hidden]} if hidden in given else {}

        async def run(args: framework.Args) -> Any:
            return called.value(await tool.acall(**args, **beside))

        args = {key: value for key, value in given.items() if key != hidden}
        try:
            return called.output(args, await framework.acall(name, args, run, SIGNALS))
        except Stopped as stopped:
            return written(name, args, stopped.message, failed=True)
        except Refusal as refusal:
            return refusal.output

    outer = copy.copy(tool)
    outer.acall = acall
    return outer


class Called:
    """One call: the outputs of its attempts beside the values they hold."""

    def __init__(self, name: str) -> None:
        """Begin without an output."""
        self._name = name
        self._outputs: list[tuple[Any, ToolOutput]] = []

    def value(self, output: ToolOutput) -> Any:
        """What an output holds; raises where it says that the tool failed."""
        if output.is_error:
            raise Refusal(output)
        self._outputs.append((output.raw_output, output))
        return output.raw_output

    def output(self, args: framework.Args, value: Any) -> ToolOutput:
        """The output that holds a value; a new one where it comes from the ledger, or was masked."""
        for found, output in self._outputs:
            if found is value:
                return output
        return written(self._name, args, value)


def written(name: str, args: framework.Args, value: Any, *, failed: bool = False) -> ToolOutput:
    """A value as a tool's output."""
    return ToolOutput(
        content=value if isinstance(value, str) else json.dumps(value, default=str),
        tool_name=name,
        raw_input=dict(args),
        raw_output=value,
        is_error=failed,
    )
