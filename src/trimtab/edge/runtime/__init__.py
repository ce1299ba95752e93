"""The tool runtime: every call of an agent's tools goes through it.

runtime.py     the front: call, acall, undo; session.py one session of an agent; setting.py what the steps share
call.py        from the wish to the outcome; attempts.py one call, tried; writing.py what changes something
verify.py      did it happen; standin.py what stands in; saga.py taking back; deadline.py the time that is left
drive.py       performs the steps, in a thread or on an event loop; model.py the values; errors.py what tools raise
advice/        others who are asked, and only take away
audit.py       what is told to the audit log
sandbox/       tools that are commands
guard/         retries, breaker, bulkhead, rate
record/        what must survive: ledger and budgets; ports.py what adapters fill
"""

from trimtab.edge.runtime.advice.asking import Advice, Adviser, FakeAdviser, decided
from trimtab.edge.runtime.advice.opa import advisers_of
from trimtab.edge.runtime.audit import UNWRITABLE
from trimtab.edge.runtime.deadline import carried, environment, received, within
from trimtab.edge.runtime.errors import Busy, Failed, NotSent
from trimtab.edge.runtime.model import Attempt, Context, Function, Outcome, Stoppable
from trimtab.edge.runtime.record import (
    SWEPT,
    Budget,
    Claim,
    Ledger,
    MemoryLedger,
    Row,
    Settlement,
    Spent,
    SqliteBudget,
    SqliteLedger,
    UndoEntry,
    as_text,
    claimed,
    released,
    reserved,
    settled,
)
from trimtab.edge.runtime.record.sqlite import File
from trimtab.edge.runtime.record.told import Audit, Told
from trimtab.edge.runtime.runtime import Runtime
from trimtab.edge.runtime.saga import Undone
from trimtab.edge.runtime.sandbox import Command, Limits
from trimtab.edge.runtime.session import Session

__all__ = [
    "SWEPT",
    "UNWRITABLE",
    "Advice",
    "Adviser",
    "Attempt",
    "Audit",
    "Budget",
    "Busy",
    "Claim",
    "Command",
    "Context",
    "Failed",
    "FakeAdviser",
    "File",
    "Function",
    "Ledger",
    "Limits",
    "MemoryLedger",
    "NotSent",
    "Outcome",
    "Row",
    "Runtime",
    "Session",
    "Settlement",
    "Spent",
    "SqliteBudget",
    "SqliteLedger",
    "Stoppable",
    "Told",
    "UndoEntry",
    "Undone",
    "advisers_of",
    "as_text",
    "carried",
    "claimed",
    "decided",
    "environment",
    "received",
    "released",
    "reserved",
    "settled",
    "within",
]
