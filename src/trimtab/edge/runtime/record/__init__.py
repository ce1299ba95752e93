"""What must survive: units of work, undo entries, used approvals, budgets.

model.py       a row of the ledger, an undo entry, and what is asked of them
ports.py       the ledger, and budgets
memory.py      in memory; sqlite.py in a file, budgets.py beside it; rows.py one rule for both
keys.py        the key of a unit of work, and the fingerprint of its arguments
"""

from trimtab.edge.runtime.record.budgets import SqliteBudget
from trimtab.edge.runtime.record.keys import fingerprint_of, key_of_work
from trimtab.edge.runtime.record.memory import MemoryLedger
from trimtab.edge.runtime.record.model import Claim, Row, Settlement, UndoEntry
from trimtab.edge.runtime.record.ports import Budget, Ledger
from trimtab.edge.runtime.record.sqlite import SqliteLedger

__all__ = [
    "Budget",
    "Claim",
    "Ledger",
    "MemoryLedger",
    "Row",
    "Settlement",
    "SqliteBudget",
    "SqliteLedger",
    "UndoEntry",
    "fingerprint_of",
    "key_of_work",
]
