"""An agent of OpenAI's Agents SDK, its tools wrapped as they are looked up, also those of MCP servers."""

import copy
import json
from dataclasses import dataclass, fields
from typing import Any

from agents import Agent, FunctionTool, RunContextWrapper, Tool
from agents.tool import (
    resolve_function_tool_failure_error_function,
    set_function_tool_failure_error_function,
)
from agents.tool_context import ToolContext

from trimtab.adapters.openai_agents.hooks import Told
from trimtab.edge.sdk import Stopped, framework

SIGNALS = framework.Signals()


def contracted(agent: Agent[Any]) -> Agent[Any]:
    """The agent under the contract that `trimtab.init` was given; do the same for agents that it hands over to.

    What the contract stops, the model is told as the tool's answer. Say `session.output(result.final_output)` yourself: nothing
    in the SDK can change an answer.
    """
    found = Contracted(**{one.name: getattr(agent, one.name) for one in fields(agent) if one.init})
    found.hooks = Told(agent.hooks)
    return found


@dataclass
class Contracted(Agent[Any]):
    """An agent whose tools are called as its contract says."""

    async def get_all_tools(self, run_context: RunContextWrapper[Any]) -> list[Tool]:
        """The tools that can be used now, each under the contract."""
        tools = await super().get_all_tools(run_context)
        usable = set(framework.usable(one.name for one in tools))
        return [wrapped(one) if isinstance(one, FunctionTool) else one for one in tools if one.name in usable]


def wrapped(tool: FunctionTool) -> FunctionTool:
    """A tool that is called as the contract says; its own errors are said to the model as before."""
    inner = set_function_tool_failure_error_function(copy.copy(tool), None)

    async def invoke(context: ToolContext[Any], given: str) -> Any:
        args: dict[str, Any] = json.loads(given or "{}")

        async def run(found: framework.Args) -> Any:
            return await inner.on_invoke_tool(context, json.dumps(dict(found)))

        try:
            return await framework.acall(tool.name, args, run, SIGNALS)
        except Stopped as stopped:
            return stopped.message
        except Exception as error:  # noqa: BLE001 - whatever a tool raises is said in its own words
            return await said_of(tool, context, error)

    outer = copy.copy(tool)
    outer.on_invoke_tool = invoke
    return outer


async def said_of(tool: FunctionTool, context: ToolContext[Any], error: Exception) -> Any:
    """What the model is told of a tool's error, where the tool has words for it; else it is raised."""
    words = resolve_function_tool_failure_error_function(tool, context)
    if words is None:
        raise error
    found = words(context, error)
    return found if isinstance(found, str) else await found
