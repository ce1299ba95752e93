"""CrewAI: agents under their contract."""

from trimtab.adapters.crewai.agent import contracted

__all__ = ["contracted"]
