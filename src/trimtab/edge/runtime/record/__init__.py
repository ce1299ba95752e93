"""What must survive: units of work, undo entries, used approvals, budgets.

model.py       a row of the ledger, an undo entry, and what is asked of them
ports.py       the ledger, and budgets
memory.py      in memory; sqlite.py in a file; rows.py one rule for all ledgers
budgets.py     one rule for all budgets, and those in a file
told.py        what the audit log is told
keys.py        the key of a unit of work, and the fingerprint of its arguments
"""

from trimtab.edge.runtime.record.budgets import Spent, SqliteBudget, released, reserved
from trimtab.edge.runtime.record.keys import fingerprint_of, key_of_work
from trimtab.edge.runtime.record.memory import MemoryLedger
from trimtab.edge.runtime.record.model import Claim, Row, Settlement, UndoEntry
from trimtab.edge.runtime.record.ports import Budget, Ledger
from trimtab.edge.runtime.record.rows import SWEPT, claimed, settled
from trimtab.edge.runtime.record.sqlite import SqliteLedger
from trimtab.edge.runtime.record.text import as_text
from trimtab.edge.runtime.record.told import Audit, Told

__all__ = [
    "SWEPT",
    "Audit",
    "Budget",
    "Claim",
    "Ledger",
    "MemoryLedger",
    "Row",
    "Settlement",
    "Spent",
    "SqliteBudget",
    "SqliteLedger",
    "Told",
    "UndoEntry",
    "as_text",
    "claimed",
    "fingerprint_of",
    "key_of_work",
    "released",
    "reserved",
    "settled",
]
