"""OpenAI's Agents SDK: an agent's tools and model calls under its contract."""

from trimtab.adapters.openai_agents.agent import contracted

__all__ = ["contracted"]
