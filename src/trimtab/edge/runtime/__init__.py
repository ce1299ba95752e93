"""The tool runtime: every call of an agent's tools goes through it.

runtime.py     the front: call, acall, undo; session.py one session of an agent; setting.py what the steps share
call.py        from the wish to the outcome; attempts.py one call, tried; writing.py what changes something
verify.py      did it happen; standin.py what stands in; saga.py taking back; deadline.py the time that is left
drive.py       performs the steps, in a thread or on an event loop; model.py the values; errors.py what tools raise
guard/         retries, breaker, bulkhead, rate
record/        what must survive: ledger and budgets
"""

from trimtab.edge.runtime.deadline import carried, environment, received, within
from trimtab.edge.runtime.errors import Busy, Failed, NotSent
from trimtab.edge.runtime.model import Attempt, Context, Function, Outcome
from trimtab.edge.runtime.record import (
    Budget,
    Claim,
    Ledger,
    MemoryLedger,
    Row,
    Settlement,
    SqliteBudget,
    SqliteLedger,
    UndoEntry,
)
from trimtab.edge.runtime.record.sqlite import File
from trimtab.edge.runtime.runtime import Runtime
from trimtab.edge.runtime.saga import Undone
from trimtab.edge.runtime.session import Session

__all__ = [
    "Attempt",
    "Budget",
    "Busy",
    "Claim",
    "Context",
    "Failed",
    "File",
    "Function",
    "Ledger",
    "MemoryLedger",
    "NotSent",
    "Outcome",
    "Row",
    "Runtime",
    "Session",
    "Settlement",
    "SqliteBudget",
    "SqliteLedger",
    "UndoEntry",
    "Undone",
    "carried",
    "environment",
    "received",
    "within",
]
