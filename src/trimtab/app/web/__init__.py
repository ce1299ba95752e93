"""The console: pages rendered on the server from what the control API answers, never from the store itself."""

from trimtab.app.web.routes import console

__all__ = ["console"]
