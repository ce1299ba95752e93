"""An agent of CrewAI: its model told of, its tools called as the contract says.

Not by CrewAI's hooks: they stand before and after a call, never around it, and one that fails lets the call go on.
"""

import copy

from crewai import Agent

from trimtab.adapters.crewai.models import asked_as_told
from trimtab.adapters.crewai.tools import wrapped


def contracted(agent: Agent) -> Agent:
    """The agent under the contract that `trimtab.init` was given; do the same for each agent of a crew.

    What the contract stops, the model is told as the tool's answer. Say `session.input(...)` and `session.output(...)` yourself: a
    task mixes the user's words with those of other agents, and nothing can change an answer.
    """
    found = copy.copy(agent)
    found.tools = [wrapped(one) for one in agent.tools or []]
    found.llm = asked_as_told(agent.llm)
    return found
