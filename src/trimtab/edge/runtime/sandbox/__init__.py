"""Tools that are commands: a process of their own, confined, that never outlives its call.

command.py     a tool's function made from a command line; what its exit code says
limits.py      what it may use
confine.py     what this machine can do: bubblewrap, namespaces, or neither
process.py     the process and all that it starts: fed, bounded, stopped; aside.py beside whoever waits for it
"""

from trimtab.edge.runtime.sandbox.command import Command
from trimtab.edge.runtime.sandbox.limits import Limits

__all__ = ["Command", "Limits"]
