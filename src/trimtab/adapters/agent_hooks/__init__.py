"""agent-hooks: a contract as one of its interceptors, and its interceptors beside a contract."""

from trimtab.adapters.agent_hooks.dispatcher import Dispatcher
from trimtab.adapters.agent_hooks.host import Interceptors
from trimtab.adapters.agent_hooks.interceptor import Contracted

__all__ = ["Contracted", "Dispatcher", "Interceptors"]
