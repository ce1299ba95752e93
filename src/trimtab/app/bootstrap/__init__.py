"""The composition root: the only place that builds adapters."""

from trimtab.app.bootstrap.server import Server, open_server

__all__ = ["Server", "open_server"]
