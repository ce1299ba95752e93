"""LangChain and LangGraph: an agent's tools and model calls under its contract."""

from trimtab.adapters.langchain.middleware import Contracted

__all__ = ["Contracted"]
