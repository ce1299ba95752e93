"""Hosts that call a command at each step of their agent: the contract holds over processes that live for one step each.

claude.py      `trimtab hook claude-code`: an event on standard input, an answer on standard output
points.py      what the contract says of each event; wire.py events and answers as Claude Code writes them
replay.py      a session as its lines tell it; memory.py these lines on disk, held by one process at a time
tell.py        the steps that are told; snippet.py what goes into the host's settings
"""

from trimtab.edge.sdk.hooks.claude import run

__all__ = ["run"]
