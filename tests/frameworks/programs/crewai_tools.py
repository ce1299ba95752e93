"""A tool of CrewAI that is a class, and one that is a coroutine function, under a contract."""

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from crewai import Agent, BaseLLM
from crewai.tools import BaseTool, tool

import trimtab
from trimtab.adapters.crewai import contracted

CONTRACT = """
apiVersion: trimtab/v1
kind: AgentContract
metadata: {name: writer}
spec:
  mode: enforce
  tools:
    write: {effect: irreversible, arguments: {to: {from: [user], otherwise: deny}}}
    look: {effect: read, arguments: {at: {from: [user], otherwise: deny}}}
"""


class Silent(BaseLLM):
    """A model that is never asked."""

    def call(self, *_: Any, **__: Any) -> str:
        """No word."""
        return ""


class Write(BaseTool):
    """A tool that is a class."""

    name: str = "write"
    description: str = "Write to somebody."

    def _run(self, to: str) -> str:
        return f"wrote to {to}"


@tool("look")
async def look(at: str) -> str:
    """Look at something."""
    return f"looked at {at}"


agent = contracted(Agent(role="r", goal="g", backstory="b", tools=[Write(), look], llm=Silent(model="m")))
with trimtab.testing(contract=CONTRACT) as told:
    with trimtab.session() as s:
        s.input("ann")
        write, seen = agent.tools or ()
        said = [
            write.run(to="ann"),
            write.run(to="eve"),
            asyncio.run(seen.arun(at="ann")),
            asyncio.run(seen.arun(at="eve")),
        ]
    tools = [one["attributes"]["trimtab.contract.status"] for one in told.spans if one["kind"] == "tool"]
Path(sys.argv[1]).write_text(json.dumps([said, tools]))
