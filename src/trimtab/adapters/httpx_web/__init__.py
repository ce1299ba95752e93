"""Calls of other systems over HTTP, for all who carry messages."""

from trimtab.adapters.httpx_web.web import HttpxWeb

__all__ = ["HttpxWeb"]
