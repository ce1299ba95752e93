"""What is done about agents that do harm: directives, the signed document that every edge obeys, and people's yes to a call.

ports.py     what keeps directives and counts versions; fakes.py in memory
control.py   giving and taking back directives; the document of an agent
approval/    calls that wait for a person
"""

from trimtab.loop.mitigation.approval import (
    Approvals,
    ApprovalStore,
    Figures,
    Request,
    Response,
    Status,
    pack_request,
    unpack_request,
)
from trimtab.loop.mitigation.control import MOST_STANDING, Control, Wish
from trimtab.loop.mitigation.fakes import MemoryDirectiveStore
from trimtab.loop.mitigation.ports import DirectiveStore, Standing, Undone, next_version, set_of

__all__ = [
    "MOST_STANDING",
    "ApprovalStore",
    "Approvals",
    "Control",
    "DirectiveStore",
    "Figures",
    "MemoryDirectiveStore",
    "Request",
    "Response",
    "Standing",
    "Status",
    "Undone",
    "Wish",
    "next_version",
    "pack_request",
    "set_of",
    "unpack_request",
]
