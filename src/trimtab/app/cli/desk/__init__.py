"""How a command reaches the store.

door.py       what a command asks through, and the nearest way to the store
over_http.py  that way; loaded by commands that ask, not by the server
"""

from trimtab.app.cli.desk.door import Desk, open_desk

__all__ = ["Desk", "open_desk"]
