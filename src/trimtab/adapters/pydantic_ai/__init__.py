"""Pydantic AI: an agent's tools and model calls under its contract."""

from trimtab.adapters.pydantic_ai.capability import Contracted

__all__ = ["Contracted"]
