"""The composition root: the only place that builds adapters."""

from trimtab.app.bootstrap.entering import Outside
from trimtab.app.bootstrap.server import Server, open_server

__all__ = ["Outside", "Server", "open_server"]
