"""A person's yes to one call of an agent: requested, granted or denied, and used once.

model.py     a request with its answers, and what follows from them
ports.py     what keeps requests
approve.py   asking, answering, revoking, giving out; how well it goes
"""

from trimtab.loop.mitigation.approval.approve import Approvals, Figures
from trimtab.loop.mitigation.approval.model import Request, Response, Status, pack_request, unpack_request
from trimtab.loop.mitigation.approval.ports import ApprovalStore

__all__ = [
    "ApprovalStore",
    "Approvals",
    "Figures",
    "Request",
    "Response",
    "Status",
    "pack_request",
    "unpack_request",
]
