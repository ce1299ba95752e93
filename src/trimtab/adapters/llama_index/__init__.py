"""LlamaIndex: agents of its workflows under their contract."""

from trimtab.adapters.llama_index.agent import contracted

__all__ = ["contracted"]
