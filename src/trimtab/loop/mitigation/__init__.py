"""What is done about agents that do harm: directives, and the signed document that every edge obeys.

ports.py     what keeps directives and counts versions; fakes.py in memory
control.py   giving and taking back directives; the document of an agent
"""

from trimtab.loop.mitigation.control import MOST_STANDING, Control, Wish
from trimtab.loop.mitigation.fakes import MemoryDirectiveStore
from trimtab.loop.mitigation.ports import DirectiveStore, Standing, Undone, next_version, set_of

__all__ = [
    "MOST_STANDING",
    "Control",
    "DirectiveStore",
    "MemoryDirectiveStore",
    "Standing",
    "Undone",
    "Wish",
    "next_version",
    "set_of",
]
