"""Calls of other systems over HTTP."""

from trimtab.adapters.httpx_web.transport import ReachTransport
from trimtab.adapters.httpx_web.web import HttpxWeb

__all__ = ["HttpxWeb", "ReachTransport"]
