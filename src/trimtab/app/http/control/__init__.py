"""What agents must do now: directives, the document that edges obey, calls that wait for a person."""

from trimtab.app.http.control.approvals import (
    approval_figures,
    approve,
    ask_approval,
    break_glass,
    deny,
    list_approvals,
    review_approval,
    revoke_approval,
    show_approval,
    use_approval,
)
from trimtab.app.http.control.directives import direct, list_directives, undo_directive
from trimtab.app.http.control.document import show_control, show_key

__all__ = [
    "approval_figures",
    "approve",
    "ask_approval",
    "break_glass",
    "deny",
    "direct",
    "list_approvals",
    "list_directives",
    "review_approval",
    "revoke_approval",
    "show_approval",
    "show_control",
    "show_key",
    "undo_directive",
    "use_approval",
]
