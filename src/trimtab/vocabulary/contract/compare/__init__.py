"""Two contracts side by side, and a first contract out of what is known.

changes.py     what differs, part by part, and in which direction
pools.py       values worth trying; search.py situations in which the two decide differently
settle.py      what a solver can say of what that leaves open
compare.py     does the change widen what the agent may do, with an example
describe.py    a contract in words
propose.py     a contract proposed from tool schemas and recorded sessions; learn.py what those show
effects.py     what a tool does to the world, roles.py what an argument is for, by their names
"""

from trimtab.vocabulary.contract.compare.changes import Change
from trimtab.vocabulary.contract.compare.compare import Comparison, compare
from trimtab.vocabulary.contract.compare.describe import describe
from trimtab.vocabulary.contract.compare.propose import propose
from trimtab.vocabulary.contract.compare.recorded import RecordedCall, RecordedSession, ToolSchema
from trimtab.vocabulary.contract.compare.search import Example

__all__ = [
    "Change",
    "Comparison",
    "Example",
    "RecordedCall",
    "RecordedSession",
    "ToolSchema",
    "compare",
    "describe",
    "propose",
]
