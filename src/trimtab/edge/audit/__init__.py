"""The log of what this agent did, on its disk: one for each process, which nobody else writes.

log.py       what is told: who, what, when, why and by which contract, without anybody's data
writer.py    the order of entries, many in one commit, checkpoints
files.py     the files of a log, and what a crash left of them
folder.py    which log of a folder is ours
payload.py   what entries do not say, sealed for whom it is about
reading.py   logs as an auditor finds them
showing.py   the last checkpoint of a log, shown to a server that signs what it has seen
"""

from trimtab.edge.audit.files import Contradicted, Files, notes_in
from trimtab.edge.audit.folder import MakeKey
from trimtab.edge.audit.log import AuditLog, Whose
from trimtab.edge.audit.payload import Payload, Payloads, open_payloads
from trimtab.edge.audit.reading import Found, folders_of, read_log, read_logs
from trimtab.edge.audit.showing import Door, Showing, Shown, show
from trimtab.edge.audit.writer import Pace, Said, Writer

__all__ = [
    "AuditLog",
    "Contradicted",
    "Door",
    "Files",
    "Found",
    "MakeKey",
    "Pace",
    "Payload",
    "Payloads",
    "Said",
    "Showing",
    "Shown",
    "Whose",
    "Writer",
    "folders_of",
    "notes_in",
    "open_payloads",
    "read_log",
    "read_logs",
    "show",
]
